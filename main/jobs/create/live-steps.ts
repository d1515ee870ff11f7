import type { CreateInput } from '../../contract/create.ts';
import { takesDirect } from '../direct/way.ts';
import type { PlannedStep } from '../engine/step.ts';
import type { ChangesParams } from '../p2v/live/changes-step.ts';
import { packingOf } from '../source/devices.ts';
import { summingOf } from '../p2v/live/device-sums.ts';
import { mapperOf } from '../p2v/live/device-used.ts';
import { FIRST_BOOT, firstBootOf, type FirstBoot } from '../p2v/live/first-boot/offers.ts';
import { layoutFactsOf } from '../p2v/live/layout-facts.ts';
import { readParams, type ReadParams } from '../p2v/live/read-step.ts';
import { DIRECT, snapshotBytes } from '../p2v/live/report/changes.ts';
import { placesOn } from '../p2v/live/report/places.ts';
import type { RestParams } from '../p2v/live/rest-step.ts';
import { identityOf } from '../p2v/live/same-source.ts';
import { snapshotPath, type PlannedSnapshot } from '../p2v/live/snapshot-step.ts';
import { isRaw } from '../../storage/image.ts';
import type { NewVolume } from './disks.ts';
import type { CreateFacts } from './facts.ts';
import { convertSteps, rawName } from './image-disks.ts';
import { momentsOf } from './live-moments.ts';

/** What goes by a card's MAC is of use where the new machine has that. @param mac null: it goes by none */
export function keepsMac(mac: string | null, { nics }: CreateInput['spec']): boolean {
  return mac === null || nics.some((nic) => nic.mac?.toLowerCase() === mac);
}

/** The steps that copy a running machine. */
export interface LiveSteps {
  /** Those of one new disk. */
  disk(volume: Omit<NewVolume, 'image'>, name: string, id: string): PlannedStep[];
  /** All of them, in order, with those on the source in between: nothing of it stands still for longer than it has to. */
  around(disks: readonly PlannedStep[]): PlannedStep[];
}

const IDS = {
  services: 'source-services',
  files: 'source-files',
  snapshots: 'source-snapshots',
  filesHeld: 'source-files-held',
  key: 'source-key',
  direct: 'source-direct',
  shut: 'source-direct-shut',
  start: 'source-start',
  ahead: 'source-changes-ahead',
  changes: 'source-changes',
  filesBack: 'source-files-back',
  release: 'source-release',
} as const;

/**
 * @param token what tells the job's own snapshots, and the volumes that are converted, from others; from the machine's UUID
 * @returns null where the source was not seen
 */
export function liveSteps(
  input: CreateInput,
  { live, host, pools }: CreateFacts,
  token: string,
): LiveSteps | null {
  const { source } = input;
  if (source.kind !== 'live' || live === null || typeof live === 'string') return null;
  const { facts } = live;
  const disks = facts.disks.filter(({ name }) => source.disks.includes(name));
  const { snapshots: chosen, services, isLate } = momentsOf(source, facts);
  const tag = `virtlane-${token}`;
  const snapshots = chosen.map((place): PlannedSnapshot => ({
    group: place.group.name,
    origin: place.volume.name,
    name: `${tag}-${place.volume.name}`,
    sizeBytes: snapshotBytes(place),
  }));
  const boots = firstBootOf(facts, disks).filter(
    ({ change, mac }) => source.allow.includes(change.id) && keepsMac(mac, input.spec),
  );
  // What a snapshot holds is as it was again as soon as that is made.
  const heldBoots = boots.filter(({ place }) => chosen.some(({ path }) => path === place.device));
  const liveBoots = boots.filter((boot) => !heldBoots.includes(boot));
  const isPhysical = new Set(chosen.flatMap(({ group }) => group.devices.flatMap(({ path }) => path ?? [])));
  const step = { host: host.id };
  const from = { source: { target: source.target, keyFile: source.keyFile } };
  const on = `on ${source.target}`;
  const quiesce: PlannedStep = {
    ...step,
    id: IDS.services,
    kind: 'p2v.quiesce',
    title: `Stop ${services.join(', ')} ${on}`,
    params: { ...from, tag, services },
  };
  const snapshot: PlannedStep = {
    ...step,
    id: IDS.snapshots,
    kind: 'p2v.snapshot',
    title: `Make snapshots of ${chosen.map(({ path }) => path).join(', ')} ${on}`,
    params: {
      ...from,
      tag,
      snapshots: snapshots.map((each) => ({ ...each })),
      withFiles: heldBoots.length > 0,
      rests: services.length > 0 ? IDS.services : null,
      physical: disks
        .flatMap((disk) => placesOn(disk).map(({ path }) => path))
        .filter((path) => isPhysical.has(path)),
    },
  };
  const start: PlannedStep = {
    ...step,
    id: IDS.start,
    kind: 'p2v.release',
    title: `Start ${services.join(', ')} ${on} again`,
    params: { ...from, services: IDS.services, snapshots: null },
    optional: true,
  };
  const release: PlannedStep = {
    ...step,
    id: IDS.release,
    kind: 'p2v.release',
    title: `Remove the snapshots ${on}`,
    params: {
      ...from,
      services: null,
      snapshots: { tag, snapshots: snapshots.map((each) => ({ ...each })) },
    },
    optional: true,
  };
  const put: PlannedStep = {
    ...step,
    id: IDS.files,
    kind: 'p2v.files',
    title: `Put ${pathsOf(boots)} ${on} for the first boot`,
    params: { ...from, tag, files: boots.flatMap(({ files }) => files) },
  };
  const takeBack = (id: string, those: readonly FirstBoot[], only: string[] | null): PlannedStep => ({
    ...step,
    id,
    kind: 'p2v.release',
    title: `Take back ${pathsOf(those)} ${on}`,
    params: { ...from, services: null, snapshots: null, files: { step: IDS.files, only } },
    optional: true,
  });
  const files = {
    put: has(boots, put),
    held: has(
      heldBoots,
      takeBack(
        IDS.filesHeld,
        heldBoots,
        liveBoots.length === 0 ? null : heldBoots.flatMap((boot) => boot.files.map(({ path }) => path)),
      ),
    ),
    back: has(liveBoots, takeBack(IDS.filesBack, liveBoots, null)),
  };
  const wayParams = { ...from, tag, host: host.id, hostName: host.name };
  const isDirect = (pool: string): boolean =>
    source.allow.includes(DIRECT) && takesDirect(pools.find(({ uuid }) => uuid === pool));
  const way = {
    open: [
      {
        ...step,
        id: IDS.key,
        kind: 'p2v.key',
        title: `Put a key for ${host.name} ${on}`,
        params: wayParams,
      },
      {
        ...step,
        id: IDS.direct,
        kind: 'p2v.direct',
        title: `Let ${source.target} write to the new disks on ${host.name} itself, where it reaches that`,
        params: { ...wayParams, key: IDS.key },
      },
    ],
    shut: {
      ...step,
      id: IDS.shut,
      kind: 'p2v.shut',
      title: `Take that back on ${host.name} and ${source.target}`,
      params: { ...wayParams, direct: IDS.direct, key: IDS.key },
      optional: true,
    },
  };
  const changes = (
    readings: readonly Reading[],
    of: Pick<PlannedStep, 'id' | 'title'> & Looking,
  ): PlannedStep => {
    const { id, title, ...looking } = of;
    const params: ChangesParams = {
      ...from,
      disks: readings.map(
        ({
          id: read,
          params: { host: at, pool, poolName, name, facts: layout, identity, snapshots: held },
        }) => ({
          host: at,
          pool,
          poolName,
          name,
          facts: layout,
          identity,
          read,
          snapshotted: (held?.paths ?? []).map(({ volume }) => volume),
        }),
      ),
      packing: packingOf(facts.tools),
      summing: summingOf(facts),
      ...looking,
    };
    return { ...step, id, kind: 'p2v.changes', title, params, weight: 10 };
  };
  return {
    disk({ host: at, pool, poolName, format, capacityBytes, name: volume }, name, id) {
      const raw = rawName({ name: volume, format }, token);
      const layout = layoutFactsOf(facts, name);
      const own = new Set(layout.groups.map((group) => group.name));
      const paths = snapshots.flatMap((each, index) =>
        own.has(each.group)
          ? {
              volume: `/dev/${each.group}/${each.origin}`,
              snapshot: snapshotPath(each),
              mapper: mapperOf(chosen[index]?.content ?? { kind: 'unknown' }, facts.tools),
            }
          : [],
      );
      const params: ReadParams = {
        host: at,
        pool,
        poolName,
        name: raw,
        isConverted: !isRaw(format),
        ...from,
        facts: layout,
        identity: identityOf(facts, name),
        lease: snapshots.length + boots.length > 0 && !isLate ? tag : null,
        packing: packingOf(facts.tools),
        summing: summingOf(facts),
        snapshots: paths.length === 0 ? null : { step: IDS.snapshots, paths, later: isLate },
        way: isDirect(pool) ? { tag, hostName: host.name, step: IDS.direct } : null,
      };
      return [
        {
          ...step,
          id,
          kind: READ,
          title: `Copy ${name} of ${source.target} to ${volume} in ${poolName}`,
          params,
          weight: 50,
        },
        ...convertSteps({ host: at, pool, poolName, format, capacityBytes, name: volume }, { id, raw }),
      ];
    },
    around(steps) {
      const reading = steps.filter(({ kind }) => kind === READ);
      const converting = steps.filter(({ kind }) => kind !== READ);
      const readings = reading.map((each): Reading => ({
        id: each.id,
        params: readParams.parse(each.params),
      }));
      const straight = new Set(readings.flatMap(({ id, params }) => (params.way === null ? [] : [id])));
      const direct = reading.filter(({ id }) => straight.has(id));
      const through = reading.filter(({ id }) => !straight.has(id));
      // A way that nobody uses is closed by both of its ends after a while.
      const read = [...has(direct, ...way.open), ...direct, ...has(direct, way.shut), ...through];
      const names = readings.map(({ params }) => params.facts.disk.name).join(', ');
      const lease = services.length + snapshots.length + boots.length > 0 ? tag : null;
      if (!isLate)
        return [
          ...has(services, quiesce),
          ...files.put,
          ...has(snapshots, snapshot),
          ...has(services, start),
          ...files.held,
          ...read,
          changes(readings, {
            id: IDS.changes,
            title: `Copy what has changed on ${names} of ${source.target}, until nothing does`,
            since: null,
            lease,
            rests: null,
            withFiles: liveBoots.length > 0,
            until: 'rest',
          }),
          ...files.back,
          ...has(snapshots, release),
          ...converting,
        ];
      return [
        ...read,
        changes(readings, {
          id: IDS.ahead,
          title: `Copy what has changed on ${names} of ${source.target} meanwhile`,
          since: null,
          lease: null,
          rests: null,
          withFiles: false,
          until: 'once',
        }),
        ...files.put,
        ...has(services, quiesce),
        ...has(snapshots, snapshot),
        ...files.held,
        changes(readings, {
          id: IDS.changes,
          title: `Copy what has changed on ${names} of ${source.target}, until nothing does${services.length === 0 ? '' : `, while ${services.join(', ')} ${services.length === 1 ? 'stands' : 'stand'} still`}`,
          since: IDS.ahead,
          lease,
          rests: services.length > 0 ? IDS.services : null,
          withFiles: liveBoots.length > 0,
          until: 'rest',
        }),
        ...has(services, start),
        ...files.back,
        ...readings.flatMap(({ id, params }) => restSteps({ id, params }, { ...step, tag })),
        ...has(snapshots, release),
        ...converting,
      ];
    },
  };
}

const READ = 'p2v.read';

/** A step that reads a disk. */
interface Reading {
  readonly id: string;
  readonly params: ReadParams;
}

type Looking = Pick<ChangesParams, 'since' | 'lease' | 'rests' | 'withFiles' | 'until'>;

function has(some: readonly unknown[], ...those: PlannedStep[]): PlannedStep[] {
  return some.length > 0 ? those : [];
}

function pathsOf(boots: readonly FirstBoot[]): string {
  return boots.map(({ change }) => change.id.slice(FIRST_BOOT.length)).join(', ');
}

/** What snapshots hold of a disk that was read before there were any. */
function restSteps(
  { id, params }: Reading,
  { host, tag }: { readonly host: string; readonly tag: string },
): PlannedStep[] {
  if (params.snapshots === null) return [];
  const { pool, poolName, name, source, facts, packing, snapshots } = params;
  const rest: RestParams = {
    host: params.host,
    pool,
    poolName,
    name,
    source,
    facts,
    packing,
    read: id,
    lease: tag,
    snapshots: { step: snapshots.step, paths: snapshots.paths },
  };
  return [
    {
      host,
      id: `${id}-rest`,
      kind: 'p2v.rest',
      title: `Copy what the snapshots of ${facts.disk.name} of ${source.target} hold`,
      params: rest,
      weight: 50,
    },
  ];
}
