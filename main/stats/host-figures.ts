import type { NodeFigure } from '../../drivers/libvirt/protocol/structs.ts';
import type { HostFigures } from '../contract/figures.ts';
import { growth, sumKnown } from './rates.ts';

/** What a host said of itself: nanoseconds of all its CPUs, KiB of its memory. */
export interface HostSample {
  /** Null when this host does not tell. */
  readonly cpu: ReadonlyMap<string, number> | null;
  readonly memory: ReadonlyMap<string, number> | null;
}

export function nodeFigures(params: readonly NodeFigure[]): ReadonlyMap<string, number> {
  return new Map(params.map(({ field, value }) => [field, Number(value)]));
}

/** Kinds of time of virNodeGetCPUStats that make up the whole; `intr` is of FreeBSD hosts only. */
const CPU_KINDS = ['kernel', 'user', 'idle', 'iowait', 'intr'] as const;

/** Shares of the host's CPU time between two samples need no clock: the counters are the clock. Null when the host tells nothing. */
export function hostFigures(before: HostSample | null, after: HostSample): HostFigures | null {
  if (after.cpu === null && after.memory === null) return null;
  const grown = new Map(
    CPU_KINDS.map((kind) => [kind, growth(before?.cpu?.get(kind), after.cpu?.get(kind))]),
  );
  const whole = sumKnown(grown.values());
  const share = (kinds: readonly (typeof CPU_KINDS)[number][]): number | null => {
    const part = sumKnown(kinds.map((kind) => grown.get(kind) ?? null));
    return part === null || whole === null || whole <= 0 || grown.get('idle') == null
      ? null
      : (part / whole) * 100;
  };
  const memory = after.memory;
  const caches = sumKnown([memory?.get('buffers') ?? null, memory?.get('cached') ?? null]);
  const [total, free] = [memory?.get('total') ?? null, memory?.get('free') ?? null];
  return {
    cpu: share(['kernel', 'user', 'intr']),
    cpuUser: share(['user']),
    cpuSystem: share(['kernel', 'intr']),
    cpuWait: share(['iowait']),
    memoryUsedKiB: total === null || free === null ? null : Math.max(0, total - free - (caches ?? 0)),
    memoryTotalKiB: total,
    memoryCacheKiB: caches,
  };
}
