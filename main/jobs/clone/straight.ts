import type { Pool } from '../../contract/storage.ts';
import { takesDirect, type WayOfStep } from '../direct/way.ts';
import type { PlannedStep } from '../engine/step.ts';
import type { NewVolume } from '../create/disks.ts';
import type { CloneFacts } from './facts.ts';
import type { Journey } from './journey.ts';

/** How a disk comes to another host by the hosts themselves; `why`: it does not. */
export type StraightWay = (WayOfStep & { readonly sourceName: string }) | { readonly why: string };

/** The way from host to host that a job opens for itself. */
export interface Straight {
  wayOf(sent: Pick<Journey, 'from'> & { readonly made: NewVolume }): StraightWay;
  /** Around the steps that send by it. */
  around(send: readonly PlannedStep[]): PlannedStep[];
}

const IDS = { key: 'direct-key', open: 'direct', shut: 'direct-shut' } as const;

/** @param token what tells the job's own key from others: the machine's UUID; empty while it is only planned */
export function straightOf(
  { source, sourcePools, host, pools }: Pick<CloneFacts, 'source' | 'sourcePools' | 'host' | 'pools'>,
  token: string,
): Straight {
  const tag = `virtlane-${token}`;
  const way = {
    source: { host: source.id, hostName: source.name },
    tag,
    host: host.id,
    hostName: host.name,
  };
  return {
    wayOf({ from, made }) {
      const read = sourcePools.find(({ uuid }) => uuid === from.pool);
      const written = pools.find(({ uuid }) => uuid === made.pool);
      if (!isRead(read)) return { why: noFolder(from.poolName, source.name) };
      if (!takesDirect(written)) return { why: noFolder(made.poolName, host.name) };
      return { tag, hostName: host.name, step: IDS.open, sourceName: source.name };
    },
    around(send) {
      if (send.length === 0) return [];
      return [
        {
          id: IDS.key,
          kind: 'clone.key',
          host: source.id,
          title: `Put a key for ${host.name} on ${source.name}, made for this job alone`,
          params: way,
        },
        {
          id: IDS.open,
          kind: 'clone.direct',
          host: host.id,
          title: `Let ${source.name} write to the new disks on ${host.name} itself, where it reaches that`,
          params: { ...way, key: IDS.key },
        },
        ...send,
        {
          id: IDS.shut,
          kind: 'clone.shut',
          host: host.id,
          title: `Take that back on ${host.name} and ${source.name}`,
          params: { ...way, direct: IDS.open, key: IDS.key },
          optional: true,
        },
      ];
    },
  };
}

/** Its volumes are files at a path of the host, as those of `takesDirect`, or on another one's share. */
function isRead(pool: Pool | undefined): boolean {
  return takesDirect(pool) || pool?.type === 'netfs';
}

function noFolder(pool: string, host: string): string {
  return `the pool ${pool} of ${host} is no folder that its programs read and write`;
}
