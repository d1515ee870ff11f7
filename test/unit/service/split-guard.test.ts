import assert from 'node:assert/strict';
import { test } from 'node:test';
import { OWN_METADATA } from '../../../drivers/libvirt/model/index.ts';
import { param } from '../../../drivers/libvirt/typed-params.ts';
import { LibvirtError, LinkError } from '../../../drivers/rpc/errors.ts';
import type { Machine } from '../../../main/service/fleet.ts';
import {
  FORCED_OFF,
  refuseLeftBehind,
  refuseMoving,
  refuseResume,
  refuseSplit,
  STARTED,
} from '../../../main/service/migrate-guard.ts';
import type { Services } from '../../../main/service/services.ts';

const PAUSED = 3;
const POSTCOPY_FAILED = 13;
const OFF = 5;
const UUID = 'aaaaaaaa-0000-4000-8000-000000000001';

function session(id: string, state: readonly [number, number] | null, twin: string | null = null) {
  const none = () => Promise.reject(new LibvirtError({ code: 'VIR_ERR_NO_DOMAIN', message: 'no domain' }));
  return {
    id,
    client: {
      remote: {
        connectGetCapabilities: () =>
          Promise.resolve({ capabilities: `<capabilities><host><uuid>${id}</uuid></host></capabilities>` }),
        domainGetJobStats: () => Promise.resolve({ type: 0, params: [] }),
        domainGetMetadata: ({ uri }: { uri: string }) =>
          twin !== null && uri === OWN_METADATA.twin
            ? Promise.resolve({ metadata: twin })
            : Promise.reject(new LibvirtError({ code: 'VIR_ERR_NO_DOMAIN_METADATA', message: 'none' })),
        domainLookupByUuid: () => (state === null ? none() : Promise.resolve({ dom: {} })),
        domainGetState: () =>
          state === null ? none() : Promise.resolve({ state: state[0], reason: state[1] }),
      },
    },
  };
}

/** A machine whose memory is on two hosts, and what the other one shows; `away`: it is not connected. */
function split(other: readonly [number, number] | null | 'away') {
  const there = other === 'away' ? null : session('b', other);
  const hosts = [
    { id: 'a', name: 'kvm-a' },
    { id: 'b', name: 'kvm-b' },
  ];
  const services = {
    workflows: { open: () => Promise.resolve(null) },
    fleet: { store: { hosts: () => hosts }, hosts: { connection: () => ({ session: there }) } },
  } as unknown as Services;
  const machine = {
    session: session('a', [PAUSED, POSTCOPY_FAILED]),
    dom: {},
    domain: { uuid: UUID, name: 'web-1' },
    host: hosts[0],
  } as unknown as Machine;
  return { services, machine };
}

test('a machine whose memory is on two hosts is neither resumed nor forced off, and nobody is told to force it off', async () => {
  for (const other of [[1, 10], [PAUSED, 5], 'away'] as const) {
    const { services, machine } = split(other);
    await assert.rejects(refuseLeftBehind(machine, 'saved'), /is not saved/);
    for (const refused of [
      refuseResume(services, machine, 'b'),
      refuseSplit(services, machine, 'forced off'),
    ])
      await assert.rejects(refused, (error: Error) => {
        assert.match(error.message, /some of its memory is on kvm-a.*--postcopy-resume/);
        assert.doesNotMatch(error.message, /Force it off/);
        return true;
      });
  }
});

/** A machine on the only host of the list; `stats`: what libvirt tells of its job. */
function alone(state: readonly [number, number], stats: () => Promise<unknown>) {
  const { services, machine } = split(null);
  const one = session('a', state);
  const remote = { ...one.client.remote, domainGetJobStats: stats };
  const store = { hosts: () => [{ id: 'a', name: 'kvm-a' }] };
  return {
    services: {
      workflows: services.workflows,
      fleet: { store, hosts: services.fleet.hosts },
    } as unknown as Services,
    machine: { ...machine, session: { ...one, client: { remote } } } as unknown as Machine,
  };
}

const idle = () => Promise.resolve({ type: 0, params: [] });

test('what is paused as by a migration, on the only host of the list, is not resumed, as nobody can be asked', async () => {
  const { services, machine } = alone([PAUSED, 2], idle);
  await assert.rejects(
    refuseResume(services, machine, null),
    /before the other host was asked.*virsh resume/,
  );
});

test('that another host has nothing of it is no proof: the one that it was going to is named, and asked', async () => {
  const { services, machine } = split(null);
  const paused = { ...machine, session: session('a', [PAUSED, 2]) } as unknown as Machine;
  await assert.rejects(refuseResume(services, paused, null), /say which host that was/);
  for (const named of ['a', 'x'])
    await assert.rejects(refuseResume(services, paused, named), /kvm-a itself, or not in the list/);
  await refuseResume(services, paused, 'b');
  const there = split([1, 1]);
  const twin = { ...there.machine, session: paused.session } as unknown as Machine;
  await assert.rejects(refuseResume(there.services, twin, 'b'), /runs on kvm-b/);
});

test('what a person has paused is not resumed either while it runs on another host', async () => {
  for (const [state, is] of [
    [[1, 1], 'runs'],
    [[OFF, 1], 'off'],
  ] as const) {
    const { services, machine } = split(state);
    const domain = { ...machine.domain, host: 'a', state: 'paused' };
    const store = {
      domains: () => [domain, { ...domain, host: 'b' }],
      host: (id: string) => ({ id, name: `kvm-${id}` }),
    };
    const { workflows, fleet } = services;
    const known = { workflows, fleet: { store, hosts: fleet.hosts } } as unknown as Services;
    const paused = { ...machine, domain, session: session('a', [PAUSED, 1]) } as unknown as Machine;
    const resumed = refuseResume(known, paused, null);
    if (is === 'off') await resumed;
    else await assert.rejects(resumed, /runs on kvm-b and is not resumed on kvm-a: .+ Force it off on kvm-a/);
  }
});

test('what Virtlane paused as it ran on both hosts is resumed only after the other one was asked, and is not kept', async () => {
  const paused = (other: readonly [number, number] | null | 'away') => {
    const { services, machine } = split(other);
    const marked = session('a', [PAUSED, 1], '<twin host="kvm-b"/>');
    return { services, machine: { ...machine, session: marked } as unknown as Machine };
  };
  const away = paused('away');
  await assert.rejects(
    refuseResume(away.services, away.machine, 'b'),
    /as it ran on kvm-b, too.+connect kvm-b\./,
  );
  await assert.rejects(refuseLeftBehind(away.machine, 'saved'), /is not saved/);
  const there = paused([1, 1]);
  await assert.rejects(
    refuseResume(there.services, there.machine, 'b'),
    /runs on kvm-b.+Force it off on kvm-a/,
  );
  const none = paused(null);
  await assert.rejects(refuseResume(none.services, none.machine, null), /say which host kvm-b is/);
  await refuseResume(none.services, none.machine, 'b');
  const { hosts } = none.services.fleet;
  const store = { hosts: () => [{ id: 'a', name: 'kvm-a' }] };
  const only = { ...none.services, fleet: { store, hosts } } as unknown as Services;
  await assert.rejects(refuseResume(only, none.machine, null), /before kvm-b was asked: add that host/);
});

test('libvirt tells of a move that another program drives; where it does not say so soon, nobody is kept from forcing the machine off', async () => {
  const out = { type: 2, params: [param('operation', 'int', 5)] };
  const save = { type: 2, params: [param('operation', 'int', 2)] };
  const invalid = () =>
    Promise.reject(new LibvirtError({ code: 'VIR_ERR_OPERATION_INVALID', message: 'no' }));
  const asked = (state: readonly [number, number], stats: () => Promise<unknown>, done = FORCED_OFF) => {
    const { services, machine } = alone(state, stats);
    return refuseMoving(services, machine, done);
  };
  const silent = () => Promise.reject(new LinkError('TIMEOUT', 'no answer'));
  await assert.rejects(
    asked([1, 1], () => Promise.resolve(out)),
    /web-1 is being moved from kvm-a by another program, and is not forced off/,
  );
  await assert.rejects(asked([PAUSED, 2], invalid), /is being moved to kvm-a/);
  await asked([1, 1], () => Promise.resolve(save));
  await asked([OFF, 3], invalid);
  await asked([1, 1], silent);
  await asked([OFF, 3], silent, STARTED);
  await assert.rejects(asked([1, 1], silent, 'deleted'), /does not say whether web-1 is being moved/);
});

test('where it runs on no other host, what is left of it may be forced off', async () => {
  for (const other of [null, [OFF, 3]] as const) {
    const { services, machine } = split(other);
    await refuseSplit(services, machine, 'forced off');
  }
});
