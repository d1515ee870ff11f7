import type { Clock } from '../../hosts/clock.ts';
import type { StepContext } from '../engine/step.ts';
import type { SumProgram } from '../source/devices.ts';
import { whileRenewing } from '../source/lease.ts';
import type { SourceHost } from '../source/source-host.ts';
import { DirectWay, type DirectWayDeps } from './direct-way.ts';
import { directResult, hostOfPlan, type WayOfStep } from './way.ts';

/** The way for a disk. */
export type WayOf = (disk: Pick<DirectWayDeps, 'disk' | 'bytes' | 'summed'>) => DirectWay;

/** What a step that sends a disk says of the way. */
export interface Sent {
  /** Null: none was agreed to. */
  readonly way: WayOfStep | null;
  /** Where to, by its id in the plan. */
  readonly host: string;
  readonly summing: { readonly program: SumProgram };
}

/** Does work with the way that an earlier step has opened, which both machines leave open meanwhile; null: there is none. */
export async function overWay<T>(
  { way, host: id, summing }: Sent,
  { source, clock, step }: { readonly source: SourceHost; readonly clock: Clock; readonly step: StepContext },
  work: (way: WayOf | null) => Promise<T>,
): Promise<T> {
  const found = way === null ? undefined : directResult.safeParse(step.result(way.step)).data;
  if (way === null || found === undefined || !('open' in found)) return work(null);
  const { tag, hostName } = way;
  // The step itself tells that it waits for the host.
  const host = { ...hostOfPlan({ host: id, hostName }, step, clock), onAway: () => undefined };
  const sender = { ...found.open, tag, summing: summing.program };
  const wayOf: WayOf = (disk) =>
    new DirectWay({ source, host, sender, ...disk, log: (text) => step.log(text, 'remark') });
  const held = { tag, leased: ['direct'] } as const;
  return whileRenewing(source, held, step.signal, () =>
    whileRenewing(host, held, step.signal, () => work(wayOf)),
  );
}
