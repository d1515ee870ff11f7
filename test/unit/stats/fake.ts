import type { RemoteApi } from '../../../drivers/libvirt/api.ts';
import { remoteProgram } from '../../../drivers/libvirt/protocol/programs.ts';
import type { DomainStatsRecord, TypedParam } from '../../../drivers/libvirt/protocol/structs.ts';
import { param } from '../../../drivers/libvirt/typed-params.ts';
import { uuidFromString } from '../../../drivers/libvirt/uuid.ts';
import { LibvirtError } from '../../../drivers/rpc/errors.ts';
import { decodeBody, encodeBody } from '../../../drivers/xdr/xdr.ts';
import type { Clock, StatsClient, StatsRemote } from '../../../main/stats/index.ts';

/** A clock that moves only when it is told to. Its wall may be set apart from its monotonic time. */
export class FakeClock implements Clock {
  #time = 1_000_000;
  wallOffset = 1_700_000_000_000;
  readonly #timers = new Map<object, { due: number; callback: () => void; own: boolean }>();

  now(): number {
    return this.#time + this.wallOffset;
  }

  monotonic(): number {
    return this.#time;
  }

  setTimer(callback: () => void, delayMs: number): () => void {
    const key = {};
    this.#timers.set(key, { due: this.#time + delayMs, callback, own: false });
    return () => this.#timers.delete(key);
  }

  /** Timers that were set by what is tested. */
  get timers(): number {
    return [...this.#timers.values()].filter((timer) => !timer.own).length;
  }

  /** Lets time pass: timers fire in their order, and what they start settles before the next. */
  async advance(ms: number): Promise<void> {
    const end = this.#time + ms;
    await settled();
    for (;;) {
      const next = [...this.#timers]
        .filter(([, timer]) => timer.due <= end)
        .toSorted((a, b) => a[1].due - b[1].due)[0];
      if (next === undefined) break;
      this.#timers.delete(next[0]);
      this.#time = Math.max(this.#time, next[1].due);
      next[1].callback();
      await settled();
    }
    this.#time = end;
    await settled();
  }

  sleep(ms: number): Promise<void> {
    return new Promise((resolve) =>
      this.#timers.set({}, { due: this.#time + ms, callback: resolve, own: true }),
    );
  }
}

/** Everything that could go on without time passing has gone on. */
export async function settled(): Promise<void> {
  for (let turn = 0; turn < 5; turn += 1) await new Promise((resolve) => setImmediate(resolve));
}

export const uuidOf = (number: number): string =>
  `00000000-0000-0000-0000-${number.toString(16).padStart(12, '0')}`;

/** What a bulk call tells of a machine that has used `cpuSec` of CPU time, and so on. */
export interface FakeMachine {
  number: number;
  id: number;
  cpuSec: number;
  vcpus?: number;
  readBytes?: number;
  extra?: TypedParam[];
}

export function record(machine: FakeMachine): DomainStatsRecord {
  const vcpus = machine.vcpus ?? 2;
  return {
    dom: { name: `vm-${machine.number}`, uuid: uuidFromString(uuidOf(machine.number)), id: machine.id },
    params: [
      param('state.state', 'int', 1),
      param('state.reason', 'int', 1),
      param('cpu.time', 'ullong', BigInt(Math.round(machine.cpuSec * 1e9))),
      param('balloon.current', 'ullong', 1_048_576n),
      param('vcpu.current', 'uint', vcpus),
      param('block.count', 'uint', 1),
      param('block.0.name', 'string', 'vda'),
      param('block.0.rd.bytes', 'ullong', BigInt(machine.readBytes ?? 0)),
      ...(machine.extra ?? []),
    ],
  };
}

export const unsupported = (): LibvirtError =>
  new LibvirtError({ code: 'VIR_ERR_NO_SUPPORT', message: 'this function is not supported' });

const refuse = (): Promise<never> => Promise.reject(unsupported());

/** Calls of a fake host; the call for all machines answers records, which are read from their bytes. */
export type FakeCalls = Partial<StatsRemote & Pick<RemoteApi, 'connectGetAllDomainStats'>>;

/** A host that refuses all calls but those given. */
export function fakeClient({ connectGetAllDomainStats = refuse, ...calls }: FakeCalls): StatsClient & {
  readonly remote: StatsRemote;
} {
  return {
    callDecoded: async (_name, args, { decoder, ...options }) =>
      decodeBody(decoder, bulkReply((await connectGetAllDomainStats(args, options)).retStats)),
    remote: {
      connectListAllDomains: refuse,
      domainGetInfo: refuse,
      domainGetXmlDesc: refuse,
      domainMemoryStats: refuse,
      domainBlockStatsFlags: refuse,
      domainInterfaceStats: refuse,
      domainSetMemoryStatsPeriod: refuse,
      nodeGetCpuStats: refuse,
      nodeGetMemoryStats: refuse,
      ...calls,
    },
  };
}

/** The body of a reply with these records, as the protocol's table writes it. */
export function bulkReply(retStats: DomainStatsRecord[]): Uint8Array {
  return encodeBody(remoteProgram.procedures.connectGetAllDomainStats.ret, { retStats });
}
