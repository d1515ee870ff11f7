import assert from 'node:assert/strict';
import { test } from 'node:test';
import { LibvirtError } from '../../../drivers/rpc/errors.ts';
import type { Machine } from '../../../main/service/fleet.ts';
import { refuseLeftBehind, refuseResume, refuseSplit } from '../../../main/service/migrate-guard.ts';
import type { Services } from '../../../main/service/services.ts';

const PAUSED = 3;
const POSTCOPY_FAILED = 13;
const OFF = 5;
const UUID = 'aaaaaaaa-0000-4000-8000-000000000001';

function session(id: string, state: readonly [number, number] | null) {
  const none = () => Promise.reject(new LibvirtError({ code: 'VIR_ERR_NO_DOMAIN', message: 'no domain' }));
  return {
    id,
    client: {
      remote: {
        connectGetCapabilities: () =>
          Promise.resolve({ capabilities: `<capabilities><host><uuid>${id}</uuid></host></capabilities>` }),
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
    for (const refused of [refuseResume(services, machine), refuseSplit(services, machine, 'forced off')])
      await assert.rejects(refused, (error: Error) => {
        assert.match(error.message, /some of its memory is on kvm-a.*--postcopy-resume/);
        assert.doesNotMatch(error.message, /Force it off/);
        return true;
      });
  }
});

test('where it runs on no other host, what is left of it may be forced off', async () => {
  for (const other of [null, [OFF, 3]] as const) {
    const { services, machine } = split(other);
    await refuseSplit(services, machine, 'forced off');
  }
});
