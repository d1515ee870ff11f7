import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { LibvirtClient } from '../../../drivers/libvirt/client.ts';
import { virDomainJobOperation as OPERATION } from '../../../drivers/libvirt/constants/domain-block.ts';
import { param, type TypedParam } from '../../../drivers/libvirt/typed-params.ts';
import { LibvirtError } from '../../../drivers/rpc/errors.ts';
import { settleAfterwards } from '../../../main/jobs/migrate/drive.ts';
import { migrationPorts } from '../../../main/jobs/migrate/ports.ts';
import type { HostSession } from '../../../main/hosts/session.ts';
import { FakeClock } from '../hosts/fake-clock.ts';

const UUID = '0f2c2b6e-5f3b-4f0e-9a51-2f6a7f3d1c11';
const SUBJECT = {
  uuid: UUID,
  name: 'web',
  toName: 'kvm-b',
  wasPaused: false,
  definitionGoes: true,
  postCopy: false,
};

/** A machine that runs on the source, and is not on the target; libvirt works on a job of it until that is aborted. */
class Hosts {
  readonly aborted: number[] = [];
  #job: number | null;

  constructor(job: number) {
    this.#job = job;
  }

  settled(phase: 'preparing' | 'performing' | 'finishing') {
    const ports = migrationPorts({
      clock: new FakeClock(),
      subject: SUBJECT,
      session: (side) => ({ client: side === 'source' ? this.#source : TARGET }) as unknown as HostSession,
      log: () => undefined,
      cancelled: new AbortController().signal,
      drive: null,
      again: null,
    });
    const surroundings = {
      postCopy: false,
      definitionGoes: true,
      note: () => Promise.resolve(),
      cancelled: new AbortController().signal,
      isAway: () => false,
      wait: () => Promise.resolve(),
    };
    return settleAfterwards({ ...ports, ...surroundings }, phase, false);
  }

  get #source(): LibvirtClient {
    const params = (): TypedParam[] => (this.#job === null ? [] : [param('operation', 'int', this.#job)]);
    const remote = {
      domainLookupByUuid: () => Promise.resolve({ dom: { name: 'web', uuid: new Uint8Array(16), id: 3 } }),
      domainGetState: () => Promise.resolve({ state: 1, reason: 1 }),
      domainGetJobStats: () => Promise.resolve({ type: this.#job === null ? 0 : 2, params: params() }),
      domainAbortJob: () => {
        this.aborted.push(this.#job ?? -1);
        this.#job = null;
        return Promise.resolve({});
      },
    };
    const qemu = { domainMonitorCommand: () => Promise.resolve({ result: '{"return":[]}' }) };
    return { remote, qemu } as unknown as LibvirtClient;
  }
}

const TARGET = {
  remote: {
    domainLookupByUuid: () => Promise.reject(new LibvirtError({ code: 'VIR_ERR_NO_DOMAIN', message: '' })),
  },
} as unknown as LibvirtClient;

for (const phase of ['preparing', 'performing', 'finishing'] as const) {
  test(`a move that another program left (${phase}) is ended at its source`, async () => {
    const hosts = new Hosts(OPERATION.VIR_DOMAIN_JOB_OPERATION_MIGRATION_OUT);
    assert.deepEqual(await hosts.settled(phase), { on: 'source' });
    assert.equal(hosts.aborted.length, 1);
  });

  test(`it is over, and somebody backs the machine up (${phase}): that goes on`, async () => {
    const hosts = new Hosts(OPERATION.VIR_DOMAIN_JOB_OPERATION_BACKUP);
    assert.deepEqual(await hosts.settled(phase), { on: 'source' });
    assert.deepEqual(hosts.aborted, []);
  });
}
