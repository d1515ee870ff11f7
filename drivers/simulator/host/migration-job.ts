import { virDomainJobOperation, virDomainJobType } from '../../libvirt/constants/index.ts';
import { param, type TypedParam } from '../../libvirt/typed-params.ts';
import { NO_JOB, type JobInfo } from './save-job.ts';

/** Between simulated hosts so much goes in a millisecond. */
const BYTES_PER_MS = (4 * 2 ** 30) / 1000;
const SHORTEST_MS = 4000;
const LONGEST_MS = 15_000;
const PAGE = 4096;
/** Rounds over the memory; each has what was changed in the one before. */
const ROUNDS = 4;
const CHANGED = 0.15;

/** A machine's disks and memory on their way to another host. Sizes in bytes. */
export class MigrationJob {
  readonly durationMs: number;
  readonly #size: { readonly disks: number; readonly memory: number };
  readonly #begin: number;

  /** @param now milliseconds since the epoch */
  constructor(size: { readonly disks: number; readonly memory: number }, now: number) {
    this.#size = size;
    this.#begin = now;
    const { disks, memory } = size;
    this.durationMs = Math.min(LONGEST_MS, Math.max(SHORTEST_MS, (disks + memory) / BYTES_PER_MS));
  }

  info(now: number): JobInfo {
    const { disks, memory } = this.#size;
    const { disksDone, memoryLeft } = this.#at(now);
    const total = BigInt(Math.floor(disks + memory));
    const left = BigInt(Math.floor(disks - disksDone + memoryLeft));
    const type = virDomainJobType.VIR_DOMAIN_JOB_UNBOUNDED;
    const timeElapsed = BigInt(Math.max(0, now - this.#begin));
    const dataProcessed = total - left;
    return { ...NO_JOB, type, timeElapsed, dataTotal: total, dataProcessed, dataRemaining: left };
  }

  /** virDomainGetJobStats */
  stats(now: number): { type: number; params: TypedParam[] } {
    const { disksDone, memoryLeft, round } = this.#at(now);
    const rate = (this.#size.disks + this.#size.memory) / (this.durationMs / 1000);
    const figures = {
      disk_total: this.#size.disks,
      disk_processed: disksDone,
      // Counted only when the disks are over.
      memory_total: round === 0 ? 0 : this.#size.memory,
      memory_remaining: round === 0 ? 0 : memoryLeft,
      memory_iteration: round,
      memory_bps: rate,
      memory_dirty_rate: (rate * CHANGED) / PAGE,
      memory_page_size: PAGE,
      downtime: round === 0 ? 0 : (memoryLeft / rate) * 1000,
    };
    return {
      type: virDomainJobType.VIR_DOMAIN_JOB_UNBOUNDED,
      params: [
        param('operation', 'int', virDomainJobOperation.VIR_DOMAIN_JOB_OPERATION_MIGRATION_OUT),
        ...Object.entries(figures).map(([field, value]) => param(field, 'ullong', BigInt(Math.floor(value)))),
      ],
    };
  }

  #at(now: number): { disksDone: number; memoryLeft: number; round: number } {
    const { disks, memory } = this.#size;
    const share = Math.min(1, Math.max(0, (now - this.#begin) / this.durationMs));
    const diskShare = disks / (disks + memory);
    if (share < diskShare) return { disksDone: (disks * share) / diskShare, memoryLeft: memory, round: 0 };
    const through = ((share - diskShare) / (1 - diskShare)) * ROUNDS;
    const round = Math.min(ROUNDS, Math.floor(through) + 1);
    const first = memory * CHANGED ** (round - 1);
    return { disksDone: disks, memoryLeft: first * (1 - Math.min(1, through - round + 1)), round };
  }
}
