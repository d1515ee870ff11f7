import type { CreateInput, CreateProblem } from '../../contract/create.ts';
import type { SeenSource } from '../p2v/live/looks.ts';
import { runsOthers } from '../p2v/live/others-services.ts';
import { machineShape } from '../p2v/live/machine-shape.ts';
import { DIRECT, movingOn, SERVICE, SNAPSHOT, snapshotId } from '../p2v/live/report/changes.ts';
import { FIRST_BOOT, firstBootOf } from '../p2v/live/first-boot/offers.ts';
import { groupsOn } from '../p2v/live/report/places.ts';
import { diskNamed } from '../p2v/saved-machine.ts';
import type { CreateFacts } from './facts.ts';
import { firmwareWarnings, plannedDisks, preallocationProblems, roomWarnings } from './filled-disks.ts';
import { filledDisks } from './image-places.ts';
import { noDiskOf } from './live-defaults.ts';
import { momentsOf, momentWarnings } from './live-moments.ts';
import { takesDirect } from '../direct/way.ts';
import { keepsMac } from './live-steps.ts';

type LiveSource = Extract<CreateInput['source'], { kind: 'live' }>;

/** What stands against a copy of a running machine. */
export function liveProblems(input: CreateInput, { live }: CreateFacts): CreateProblem[] {
  const { source, spec, count } = input;
  if (source.kind !== 'live') return [];
  if (live === null || typeof live === 'string')
    return [{ field: 'source.target', message: live ?? `${source.target} was not looked at.` }];
  const { report, facts } = live;
  const shape = machineShape(facts);
  const planned = plannedDisks(input, shape);
  const split = facts.groups.filter((group) => {
    const on = facts.disks.filter((disk) => groupsOn(disk, facts).includes(group)).map(({ name }) => name);
    return on.some((name) => source.disks.includes(name)) && !on.every((name) => source.disks.includes(name));
  });
  return [
    ...report.problems.map((message) => ({ field: 'source.target', message })),
    ...(count > 1 ? [{ field: 'count', message: 'It is one machine: make one of it, and clone that.' }] : []),
    ...(new Set(source.disks).size < source.disks.length
      ? [{ field: 'source.disks', message: 'A disk is named twice.' }]
      : []),
    ...(filledDisks(spec).length < source.disks.length
      ? [
          {
            field: 'spec.disks',
            message: `${source.disks.join(', ')} are to be copied: each needs a new disk.`,
          },
        ]
      : []),
    ...split.map(({ name }) => ({
      field: 'source.disks',
      message: `The volume group ${name} lies on several disks: take all of them or none.`,
    })),
    ...source.disks
      .filter((name) => diskNamed(shape, name) === undefined)
      .map((name) => ({ field: 'source.disks', message: noDiskOf(live, name) })),
    ...planned.flatMap(({ name, plan }) =>
      (plan?.problems ?? []).map((problem) => ({
        field: 'source.disks',
        message: `${name} cannot be copied. ${problem}`,
      })),
    ),
    ...preallocationProblems(planned),
    ...allowProblems(source, live),
  ];
}

function allowProblems({ allow, disks, target }: LiveSource, { facts }: SeenSource): CreateProblem[] {
  const taken = facts.disks.filter(({ name }) => disks.includes(name));
  const moving = movingOn(taken, facts);
  const able = new Set([
    ...moving.snapshots.map(snapshotId),
    ...(facts.services ?? []).filter((name) => !runsOthers(name)).map((name) => `${SERVICE}${name}`),
    ...firstBootOf(facts, taken).map(({ change }) => change.id),
    ...(facts.tools.includes('ssh') ? [DIRECT] : []),
  ]);
  return allow
    .filter((id) => !able.has(id))
    .map((id) => ({
      field: 'source.allow',
      message: id.startsWith(SNAPSHOT)
        ? `No snapshot of ${id.slice(SNAPSHOT.length)} can be made on ${target}: it is no volume of these disks that is written to, or its group has no room.`
        : id.startsWith(SERVICE)
          ? runsOthers(id.slice(SERVICE.length))
            ? `${id.slice(SERVICE.length)} of ${target} is not stopped: its containers or guests would not all run again as they do now, or they run on without it. Stop them yourself while it is copied.`
            : `The service ${id.slice(SERVICE.length)} does not run on ${target}.`
          : id.startsWith(FIRST_BOOT)
            ? `${id.slice(FIRST_BOOT.length)} of ${target} is no file of these disks that the first boot needs, or it is known no more how. Look at it again.`
            : id === DIRECT
              ? `${target} has no ssh, by which it could write to the host itself.`
              : `${id} is no change that a copy asks for.`,
    }));
}

/** What a person should know before. */
export function liveWarnings(input: CreateInput, { live, pools }: CreateFacts): string[] {
  const { source, spec } = input;
  if (source.kind !== 'live' || live === null || typeof live === 'string') return [];
  const { report, facts } = live;
  const left = facts.disks.map(({ name }) => name).filter((name) => !source.disks.includes(name));
  const macs = new Set(facts.nics.map(({ mac }) => mac));
  const skipped = report.changes.filter(({ id, kind }) => kind === 'snapshot' && !source.allow.includes(id));
  const taken = facts.disks.filter(({ name }) => source.disks.includes(name));
  const shape = machineShape(facts);
  const moments = momentsOf(source, facts);
  return [
    ...report.warnings,
    ...firmwareWarnings(shape.hardware, spec),
    ...roomWarnings(plannedDisks(input, shape), { source, pools, what: source.target }),
    ...skipped.map(
      ({ id }) =>
        `Without a snapshot of ${id.slice(SNAPSHOT.length)} what is written to is read again until nothing changes any more, which on a busy machine does not come.`,
    ),
    ...momentWarnings(moments),
    ...(source.allow.includes(DIRECT) && moments.isLate && moments.snapshots.length > 0
      ? ['What the snapshots hold is read last, and goes through this computer.']
      : []),
    ...(source.allow.includes(DIRECT) ? undirected(spec, pools) : []).map(
      ({ name, type }) =>
        `What becomes of disks in ${name} goes through this computer: a pool of the type ${type} has no files that ${source.target} could write to itself.`,
    ),
    ...firstBootOf(facts, taken).flatMap(({ change: { id, why }, mac }) => {
      if (!source.allow.includes(id)) return [`Without ${id.slice(FIRST_BOOT.length)}: ${why}`];
      if (keepsMac(mac, spec)) return [];
      return [
        `${id.slice(FIRST_BOOT.length)} is not written: it goes by the MAC ${mac}, which the new machine has not. See to the names of its cards at its console.`,
      ];
    }),
    ...(left.length === 0
      ? []
      : [`${left.join(', ')} of ${source.target} ${left.length === 1 ? 'is' : 'are'} left out.`]),
    ...(spec.nics.some(({ mac }) => mac !== null && macs.has(mac.toLowerCase()))
      ? [
          `It has the MACs of ${source.target}, and its addresses: shut that machine down before this one is started on the same network.`,
        ]
      : [
          `It has the addresses of ${source.target} where these are set in its files: the two may disturb each other on one network.`,
        ]),
  ];
}

/** Pools of disks that are filled, to which no source writes itself. */
function undirected(spec: CreateInput['spec'], pools: CreateFacts['pools']): CreateFacts['pools'] {
  const isUsed = (uuid: string): boolean =>
    spec.disks.some(
      ({ device, source }) => device === 'disk' && source.kind === 'new' && source.pool === uuid,
    );
  return pools.filter((pool) => isUsed(pool.uuid) && !takesDirect(pool));
}
