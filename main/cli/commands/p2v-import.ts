import path from 'node:path';
import type { CreateInput, CreateSource } from '../../contract/create.ts';
import type { MachineSpec, NicSpec } from '../../contract/machine-spec.ts';
import { isDiskFileAt } from '../../jobs/p2v/disk-file.ts';
import { localPlace } from '../../jobs/p2v/local-place.ts';
import type { Place } from '../../jobs/p2v/place.ts';
import { CliError, failureOf, UsageError } from '../errors.ts';
import type { FleetSession } from '../fleet-session.ts';
import { hostPath } from '../host-path.ts';
import { readPools } from '../storage-reads.ts';
import { nicOf, poolFor, runCreation, showCreation } from './create.ts';
import { withFields } from './create-fields.ts';
import { oneHost } from './net-change.ts';
import { explained } from './p2v-errors.ts';
import { withImageOn, type ImageOn } from './p2v-place.ts';

export interface ImportFlags {
  readonly name: string;
  readonly host?: string;
  readonly pool?: string;
  readonly disk: string[];
  readonly format: 'raw' | 'qcow2';
  /** Bytes. */
  readonly memory?: number;
  readonly vcpus?: number;
  readonly network: string[];
  readonly firmware?: 'bios' | 'efi';
  readonly newMacs: boolean;
  readonly verify: boolean;
  readonly virtV2v: boolean;
  /** Of a running machine: `snapshot`, `services`, ids of changes. */
  readonly allow: string[];
  readonly keyFile?: string;
  /** `memory.hugepages=true` */
  readonly set: string[];
  readonly start: boolean;
  readonly autostart: boolean;
  readonly dryRun: boolean;
  readonly showXml: boolean;
}

/** Makes a machine of what is saved; `--dry-run` only says what that takes. */
export async function importImage(
  session: FleetSession,
  named: readonly string[],
  flags: ImportFlags,
): Promise<void> {
  if (flags.allow.length > 0) throw new UsageError('--allow is for a machine that runs, as root@server.');
  const ats = named.map(hostPath);
  const [first = null] = ats;
  if (ats.some((at) => at?.host !== first?.host))
    throw new UsageError('All files of a machine are on one computer: name them so.');
  if (first === null) {
    if (flags.keyFile !== undefined)
      throw new UsageError(
        '--key-file is for what lies on another machine, as root@nas:/PATH, or for one that runs.',
      );
    const paths = named.map((one) => path.resolve(one));
    return importFrom(session, await savedAt({ place: localPlace, paths, at: {} }, flags), flags);
  }
  const paths = ats.flatMap((at) => at?.path ?? []);
  await withImageOn(session, first, flags.keyFile, async ({ place, at }) =>
    importFrom(session, await savedAt({ place, paths, at }, flags), flags),
  );
}

async function importFrom(session: FleetSession, from: SavedAt, flags: ImportFlags): Promise<void> {
  await session.connectAny();
  const host = oneHost(session, flags.host ?? only(session, from.on));
  const pools = (await readPools(session)).filter((pool) => pool.host === host);
  const { format } = flags;
  const chosen = flags.disk.length === 0 ? {} : { disks: flags.disk };
  const defaults = await session.client.create.defaults({
    host,
    os: null,
    source: from.kind,
    pool: poolFor(pools, flags.pool).uuid,
    ...(from.kind === 'diskFile'
      ? { diskFile: { ...from, format } }
      : { clonezilla: { ...from, format, ...chosen } }),
  });
  const { disks = [], warnings = [] } = { ...defaults.clonezilla, ...defaults.diskFile };
  const source: CreateSource = {
    ...(from.kind === 'diskFile' ? from : { ...from, disks, verify: flags.verify }),
    ...prepareOf(flags),
  };
  await importMachine(session, { host, spec: defaults.spec, source, warnings }, flags);
}

/** A machine that is made of another one. */
interface Imported {
  /** By id. */
  readonly host: string;
  readonly spec: MachineSpec;
  readonly source: CreateSource;
  readonly warnings: readonly string[];
}

/** Makes it as the flags want it otherwise, or says what that takes. */
export async function importMachine(
  session: FleetSession,
  { host, spec, source, warnings }: Imported,
  flags: ImportFlags,
): Promise<void> {
  const input: CreateInput = {
    host,
    name: flags.name,
    count: 1,
    title: null,
    description: null,
    os: null,
    source,
    spec: withFields(changed(spec, flags), flags.set),
    start: flags.start,
    autostart: flags.autostart,
    xml: null,
  };
  for (const warning of warnings) session.output.note(warning);
  try {
    if (flags.dryRun || flags.showXml) await showCreation(session, input, flags.showXml);
    else await runCreation(session, input);
  } catch (error) {
    throw flags.newMacs ? error : naming(error);
  }
}

/** A MAC that another machine has is mended by an option, which is named there. */
function naming(error: unknown): unknown {
  const failure = failureOf(error);
  const { problems = [] } = failure;
  const isMac = ({ field }: { field: string }): boolean => /^spec\.nics\.\d+\.mac$/.test(field);
  if (!problems.some(isMac)) return error;
  const named = problems.map((problem) =>
    isMac(problem) ? { ...problem, message: `${problem.message} --new-macs gives it others.` } : problem,
  );
  return new CliError({ ...failure, problems: named });
}

/** By the host's own virt-v2v, or not at all. */
export function prepareOf({ virtV2v }: ImportFlags): { prepare?: 'virt-v2v' } {
  return virtV2v ? { prepare: 'virt-v2v' } : {};
}

/** Of two hosts the one that the image is not on is meant. */
function only({ connectedHosts }: FleetSession, on: string | undefined): string | undefined {
  const others = connectedHosts.filter(({ id }) => id !== on);
  return on !== undefined && others.length === 1 ? others[0]?.id : undefined;
}

/** Left out: on this computer. */
type SavedAt = ({ kind: 'clonezilla'; path: string } | { kind: 'diskFile'; paths: string[] }) &
  Partial<ImageOn>;

/** One image, or the files of a machine's disks. */
async function savedAt({ place, paths, at }: Placed, { disk, verify }: ImportFlags): Promise<SavedAt> {
  const areDisks = await explained(async () => {
    const found: boolean[] = [];
    for (const one of paths) found.push(await isDiskFileAt(place, one));
    return found;
  });
  const [first = ''] = paths;
  if (!areDisks.includes(true) && paths.length === 1) return { kind: 'clonezilla', path: first, ...at };
  const other = paths[areDisks.indexOf(false)];
  if (other !== undefined)
    throw new UsageError(`${other} is no VHDX or VHD. Name one image, or the files of one machine’s disks.`);
  if (verify) throw new UsageError('A VHDX or VHD has no checksums of what is in it: leave --verify out.');
  if (disk.length > 0) throw new UsageError('Name the files of those disks alone: leave --disk out.');
  return { kind: 'diskFile', paths, ...at };
}

interface Placed {
  readonly place: Place;
  readonly paths: string[];
  readonly at: Partial<ImageOn>;
}

function changed(spec: MachineSpec, flags: ImportFlags): MachineSpec {
  const { memory, vcpus, firmware } = flags;
  return {
    ...spec,
    nics: nicsOf(spec.nics, flags),
    ...(memory === undefined ? {} : { memory: { ...spec.memory, sizeMiB: Math.round(memory / 1024 ** 2) } }),
    ...(vcpus === undefined ? {} : { cpu: { ...spec.cpu, vcpus, topology: null } }),
    ...(firmware === undefined ? {} : { firmware }),
  };
}

/** The machine's cards in the networks that are named, in order; more of them than it had get cards of their own. */
function nicsOf(cards: readonly NicSpec[], { network, newMacs }: ImportFlags): NicSpec[] {
  const own = cards.map((card) => (newMacs ? { ...card, mac: null } : card));
  if (network.length === 0) return own;
  const [first] = own;
  return network.flatMap((text, index) => nicOf(own[index] ?? (first && { ...first, mac: null }), text));
}
