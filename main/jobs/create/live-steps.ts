import type { CreateInput } from '../../contract/create.ts';
import type { PlannedStep } from '../engine/step.ts';
import { packingOf } from '../p2v/live/device-reader.ts';
import { FIRST_BOOT, firstBootOf, type FirstBoot } from '../p2v/live/first-boot/offers.ts';
import { layoutFactsOf } from '../p2v/live/layout-facts.ts';
import { holdsData, movingOn, SERVICE, snapshotBytes, snapshotId } from '../p2v/live/report/changes.ts';
import { placesOn } from '../p2v/live/report/places.ts';
import { identityOf } from '../p2v/live/same-source.ts';
import { snapshotPath, type PlannedSnapshot } from '../p2v/live/snapshot-step.ts';
import type { NewVolume } from './disks.ts';
import type { CreateFacts } from './facts.ts';
import { convertSteps, rawName } from './image-disks.ts';

/** What goes by a card's MAC is of use where the new machine has that. @param mac null: it goes by none */
export function keepsMac(mac: string | null, { nics }: CreateInput['spec']): boolean {
  return mac === null || nics.some((nic) => nic.mac?.toLowerCase() === mac);
}

/** The steps on the source around the reading of its disks, in a plan with these for the disks alone. */
export interface LiveSteps {
  readonly before: readonly PlannedStep[];
  /** Of one new disk. */
  disk(volume: Omit<NewVolume, 'image'>, name: string, id: string): PlannedStep[];
  /** Right after the last disk was read. */
  readonly after: readonly PlannedStep[];
}

/**
 * @param token what tells the job's own snapshots, and the volumes that are converted, from others; from the machine's UUID
 * @returns null where the source was not seen
 */
export function liveSteps(input: CreateInput, { live, host }: CreateFacts, token: string): LiveSteps | null {
  const { source } = input;
  if (source.kind !== 'live' || live === null || typeof live === 'string') return null;
  const { facts } = live;
  const address = { target: source.target, keyFile: source.keyFile };
  const disks = facts.disks.filter(({ name }) => source.disks.includes(name));
  const moving = movingOn(disks, facts);
  const tag = `virtlane-${token}`;
  const chosen = moving.snapshots.filter((place) => source.allow.includes(snapshotId(place)));
  const snapshots = chosen.map((place): PlannedSnapshot => ({
    group: place.group.name,
    origin: place.volume.name,
    name: `${tag}-${place.volume.name}`,
    sizeBytes: snapshotBytes(place),
  }));
  const services = source.allow.flatMap((id) => (id.startsWith(SERVICE) ? [id.slice(SERVICE.length)] : []));
  const others = [...moving.twice, ...moving.snapshots.filter((place) => !chosen.includes(place))];
  // What a snapshot holds still needs them no longer than that is made.
  const soon = services.length > 0 && snapshots.length > 0 && !others.some(holdsData);
  const boots = firstBootOf(facts, disks).filter(
    ({ change, mac }) => source.allow.includes(change.id) && keepsMac(mac, input.spec),
  );
  const files = boots.flatMap((boot) => boot.files);
  // What a snapshot holds is as it was again as soon as that is made.
  const held = boots.filter(({ place }) => chosen.some(({ path }) => path === place.device));
  const step = { host: host.id };
  const quiesce = 'source-services';
  const snapshot = 'source-snapshots';
  const start = (id: string): PlannedStep => ({
    ...step,
    id,
    kind: 'p2v.release',
    title: `Start ${services.join(', ')} on ${source.target} again`,
    params: { source: address, services: quiesce, snapshots: null },
    optional: true,
  });
  const put = 'source-files';
  const takeBack = (id: string, those: readonly FirstBoot[], only: string[] | null): PlannedStep => ({
    ...step,
    id,
    kind: 'p2v.release',
    title: `Take back ${pathsOf(those)} on ${source.target}`,
    params: { source: address, services: null, snapshots: null, files: { step: put, only } },
    optional: true,
  });
  const isPhysical = new Set(chosen.flatMap(({ group }) => group.devices.flatMap(({ path }) => path ?? [])));
  return {
    before: [
      ...(services.length === 0
        ? []
        : [
            {
              ...step,
              id: quiesce,
              kind: 'p2v.quiesce',
              title: `Stop ${services.join(', ')} on ${source.target}`,
              params: { source: address, tag, services },
            },
          ]),
      ...(boots.length === 0
        ? []
        : [
            {
              ...step,
              id: put,
              kind: 'p2v.files',
              title: `Put ${pathsOf(boots)} on ${source.target} for the first boot`,
              params: { source: address, tag, files },
            },
          ]),
      ...(snapshots.length === 0
        ? []
        : [
            {
              ...step,
              id: snapshot,
              kind: 'p2v.snapshot',
              title: `Make snapshots of ${chosen.map(({ path }) => path).join(', ')} on ${source.target}`,
              params: {
                source: address,
                tag,
                snapshots: snapshots.map((each) => ({ ...each })),
                withFiles: held.length > 0,
                physical: disks
                  .flatMap((disk) => placesOn(disk).map(({ path }) => path))
                  .filter((path) => isPhysical.has(path)),
              },
            },
          ]),
      ...(soon ? [start('source-start')] : []),
      ...(held.length === 0
        ? []
        : [
            takeBack(
              'source-files-held',
              held,
              held.length === boots.length
                ? null
                : held.flatMap((boot) => boot.files.map(({ path }) => path)),
            ),
          ]),
    ],
    disk({ host: at, pool, poolName, format, capacityBytes, name: volume }, name, id) {
      const place = { host: at, pool, poolName };
      const raw = rawName({ name: volume, format }, token);
      const own = new Set(layoutFactsOf(facts, name).groups.map((group) => group.name));
      const paths = snapshots
        .filter(({ group }) => own.has(group))
        .map((each) => ({ volume: `/dev/${each.group}/${each.origin}`, snapshot: snapshotPath(each) }));
      return [
        {
          ...step,
          id,
          kind: 'p2v.read',
          title: `Copy ${name} of ${source.target} to ${volume} in ${poolName}`,
          params: {
            ...place,
            name: raw,
            source: address,
            facts: layoutFactsOf(facts, name),
            identity: identityOf(facts, name),
            lease: services.length + snapshots.length + boots.length > 0 ? tag : null,
            rests: services.length > 0 && !soon,
            withFiles: boots.some((boot) => !held.includes(boot)),
            packing: packingOf(facts.tools),
            snapshots: paths.length === 0 ? null : { step: snapshot, paths },
          },
          weight: 50,
        },
        ...convertSteps({ host: at, pool, poolName, format, capacityBytes, name: volume }, { id, raw }),
      ];
    },
    after: [
      ...(services.length === 0 || soon ? [] : [start('source-start')]),
      ...(held.length === boots.length
        ? []
        : [
            takeBack(
              'source-files-back',
              boots.filter((boot) => !held.includes(boot)),
              null,
            ),
          ]),
      ...(snapshots.length === 0
        ? []
        : [
            {
              ...step,
              id: 'source-release',
              kind: 'p2v.release',
              title: `Remove the snapshots on ${source.target}`,
              params: {
                source: address,
                services: null,
                snapshots: { tag, snapshots: snapshots.map((each) => ({ ...each })) },
              },
              optional: true,
            },
          ]),
    ],
  };
}

function pathsOf(boots: readonly FirstBoot[]): string {
  return boots.map(({ change }) => change.id.slice(FIRST_BOOT.length)).join(', ');
}

/** All that is done on the source, with the steps of the new disks: nothing of it stands still for longer than it is read. */
export function aroundReading(
  { before, after }: Pick<LiveSteps, 'before' | 'after'>,
  disks: readonly PlannedStep[],
): PlannedStep[] {
  const isReading = ({ kind }: PlannedStep): boolean => kind === 'p2v.read';
  return [...before, ...disks.filter(isReading), ...after, ...disks.filter((step) => !isReading(step))];
}
