import { virDomainJobType } from '../../libvirt/constants/index.ts';

/** How fast a simulated host writes memory to its disk. */
const BYTES_PER_MS = (900 * 2 ** 20) / 1000;
const SHORTEST_MS = 1500;
const LONGEST_MS = 8000;

/** virDomainJobInfo; sizes in bytes, times in milliseconds. */
export interface JobInfo {
  type: number;
  timeElapsed: bigint;
  timeRemaining: bigint;
  dataTotal: bigint;
  dataProcessed: bigint;
  dataRemaining: bigint;
  memTotal: bigint;
  memProcessed: bigint;
  memRemaining: bigint;
  fileTotal: bigint;
  fileProcessed: bigint;
  fileRemaining: bigint;
}

export const NO_JOB: JobInfo = jobInfo(virDomainJobType.VIR_DOMAIN_JOB_NONE, {
  elapsedMs: 0,
  durationMs: 0,
  bytes: 0,
});

/** A machine's memory on its way to the disk of its host. */
export class SaveJob {
  readonly durationMs: number;
  readonly #bytes: number;
  readonly #begin: number;
  readonly #settle: { done(): void; failed(error: Error): void };

  /** @param now milliseconds since the epoch */
  constructor(memoryBytes: number, now: number, settle: { done(): void; failed(error: Error): void }) {
    this.#bytes = memoryBytes;
    this.#begin = now;
    this.#settle = settle;
    this.durationMs = Math.min(LONGEST_MS, Math.max(SHORTEST_MS, memoryBytes / BYTES_PER_MS));
  }

  info(now: number): JobInfo {
    const elapsedMs = Math.min(this.durationMs, Math.max(0, now - this.#begin));
    const type = virDomainJobType.VIR_DOMAIN_JOB_UNBOUNDED;
    return jobInfo(type, { elapsedMs, durationMs: this.durationMs, bytes: this.#bytes });
  }

  done(): void {
    this.#settle.done();
  }

  fail(error: Error): void {
    this.#settle.failed(error);
  }
}

function jobInfo(type: number, at: { elapsedMs: number; durationMs: number; bytes: number }): JobInfo {
  const share = at.durationMs === 0 ? 0 : at.elapsedMs / at.durationMs;
  const total = BigInt(Math.floor(at.bytes));
  const processed = BigInt(Math.floor(at.bytes * share));
  const remaining = total - processed;
  return {
    type,
    timeElapsed: BigInt(Math.floor(at.elapsedMs)),
    timeRemaining: 0n,
    dataTotal: total,
    dataProcessed: processed,
    dataRemaining: remaining,
    memTotal: total,
    memProcessed: processed,
    memRemaining: remaining,
    fileTotal: 0n,
    fileProcessed: 0n,
    fileRemaining: 0n,
  };
}
