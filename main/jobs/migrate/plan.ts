import type { MigrateInput, MigratePlan } from '../../contract/migrate.ts';
import { nvramOf } from '../../storage/machine-files.ts';
import type { Plan } from '../engine/step.ts';
import { checkMigration } from './check.ts';
import { mended } from './check-items.ts';
import { planDisks, type CopiedDisk } from './disks.ts';
import { shownReplaced } from './own-copies.ts';
import { planMedia, type CarriedCd } from './media.ts';
import { isOwn, liveSteps, type MigrateFacts } from './live.ts';
import { shownNetworks } from './networks.ts';
import { needsDirect, peerUriOf } from './rules.ts';
import { shownRoom } from './room.ts';
import { offlineSteps, sentDisks } from './offline.ts';

export interface PlannedMigration {
  readonly shown: MigratePlan;
  readonly plan: Plan;
  readonly secrets: Record<string, string>;
}

/** What moving a machine takes. Pure; nothing is changed. */
export function planMigration(input: MigrateInput, facts: MigrateFacts): PlannedMigration {
  const { source, target, copiedTo } = facts;
  const offline = source.state === 'shutoff';
  const planned = planDisks(input, facts);
  const disks = offline ? sentDisks(planned, facts) : planned;
  // What is off is sent by this program, whatever its links are.
  const media = planMedia(input.pool, facts, disks.copied);
  const isSent = disks.copied.length + media.length > 0;
  const via = !offline ? viaOf(input, facts) : isSent ? 'relay' : 'none';
  const fallsBack = via === 'direct' && facts.canRelay && !needsDirect(input);
  const items = checkMigration({
    input,
    source,
    target,
    copiedTo,
    disks,
    backed: new Set([...facts.volumes].flatMap(([disk, volume]) => (volume?.backed === true ? [disk] : []))),
    media,
    offline,
    via,
    fallsBack,
  }).map((item) => (item.id === 'route' && fallsBack ? mended(item, { kind: 'way', via: 'relay' }) : item));
  if (!offline && input.via === 'relay' && !facts.canRelay)
    items.push({
      id: 'route',
      level: 'stop',
      message:
        'The data cannot go through this computer: one of the hosts is connected by neither SSH nor a socket of this computer.',
      remedy: 'Connect both by SSH, or let the data go from host to host.',
      fix: { kind: 'way', via: 'direct' },
    });
  const secrets: Record<string, string> = {};
  const steps = offline
    ? offlineSteps(input, facts, { copied: disks.copied, media, secrets })
    : liveSteps(input, facts, { copied: disks.copied, media, relayed: via === 'relay', fallsBack });
  const { name } = source.model;
  return {
    shown: {
      kind: offline ? 'offline' : 'live',
      via,
      peerUri: offline || input.drive === 'app' ? null : peerUriOf(input, target),
      items,
      disks: [...disks.shown],
      media: media.map(({ target: drive, source: { path: from }, path }) => ({
        target: drive,
        source: from,
        path,
      })),
      replaces: shownReplaced([...disks.copied, ...media], facts),
      stays: staysAt(
        facts,
        [...disks.copied, ...media].filter((one) => !input.deleteSource || !isOwn(one, facts)),
      ),
      nvram: nvramOf(source.model),
      steps: steps.map(({ title }) => title),
      cpu: target.sharedCpu && {
        baseline: target.sharedCpu.baseline?.model ?? null,
        models: [...target.sharedCpu.models],
      },
      networks: shownNetworks(input, source, target),
      ...shownRoom({ source, target, disks, offline }),
    },
    plan: {
      kind: 'migrate',
      name,
      uuid: source.uuidOfMachine,
      hosts: [source.host, target.host],
      steps,
      secrets: Object.keys(secrets),
      failed: `${name} was not migrated to ${target.host.name}.`,
      stayed: `${name} is on ${source.host.name} as before.`,
      cancelled: `${name} was not migrated to ${target.host.name}: that was cancelled. It is on ${source.host.name} as before.`,
    },
    secrets,
  };
}

function viaOf(input: MigrateInput, { canRelay }: MigrateFacts): 'direct' | 'relay' {
  const { via } = input;
  // Whether the hosts reach each other cannot be asked; through this computer it works everywhere.
  return via === 'direct' || (via === 'auto' && (!canRelay || needsDirect(input))) ? 'direct' : 'relay';
}

/** What the source keeps of what went over. */
function staysAt(
  { source, volumes }: MigrateFacts,
  gone: readonly (CopiedDisk | CarriedCd)[],
): MigratePlan['stays'] {
  return gone.map((one) => {
    const volume = volumes.get(one.target) ?? null;
    const path = typeof one.source === 'string' ? one.source : one.source.path;
    const pool = source.pools.find(({ uuid }) => uuid === volume?.pool)?.name ?? null;
    return {
      target: one.target,
      pool,
      name: volume?.name ?? path,
      path,
      bytes: volume?.allocationBytes ?? null,
    };
  });
}
