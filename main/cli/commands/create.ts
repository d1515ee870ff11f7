import path from 'node:path';
import type { CreateInput, CreateSource, Medium } from '../../contract/create.ts';
import type { DefaultsOutput } from '../../contract/create-defaults.ts';
import type { DiskSpec, NicSpec } from '../../contract/machine-spec.ts';
import { plainDisk } from '../../contract/plain-disk.ts';
import type { Pool } from '../../contract/storage.ts';
import { eachOnce } from '../../contract/tags.ts';
import type { Unattended } from '../../contract/unattended.ts';
import { CliError, UsageError } from '../errors.ts';
import { EXIT } from '../exit-codes.ts';
import type { FleetSession } from '../fleet-session.ts';
import { withOfferedFile } from '../serve-file.ts';
import { readPools } from '../storage-reads.ts';
import { containerOf, isFolder } from './create-container.ts';
import { balancerOf, cloudInitOf } from './create-first-boot.ts';
import { readGiven, readUnattended } from './create-unattended.ts';
import { nearSystems } from '../near-systems.ts';
import { fieldLines, withFields } from './create-fields.ts';
import { LOOKING, runJob } from './jobs.ts';
import { oneHost } from './net-change.ts';
import { showPlan, specLines } from './show-plan.ts';

export interface CreateFlags {
  readonly host?: string;
  readonly os?: string;
  readonly iso?: string;
  readonly cloudImage?: string;
  readonly checksum?: string;
  readonly disk: string[];
  readonly pxe: boolean;
  readonly tree?: string;
  readonly extraArgs?: string;
  readonly mirror?: string;
  /** What a container is made of: an archive, a folder, or `host`. */
  readonly container?: string;
  readonly init?: string;
  readonly arg: string[];
  readonly env: string[];
  readonly unprivileged: boolean;
  readonly count: number;
  /** Bytes. */
  readonly memory?: number;
  readonly vcpus?: number;
  readonly diskSize?: number;
  readonly pool?: string;
  readonly network: string[];
  readonly firmware?: 'bios' | 'efi';
  readonly arch?: string;
  readonly virtType?: 'kvm' | 'qemu';
  readonly graphics?: 'vnc' | 'spice' | 'none';
  readonly unattended: boolean;
  readonly user?: string;
  readonly sshKey: string[];
  readonly passwordFile?: string;
  readonly hostname?: string;
  readonly package: string[];
  readonly timezone?: string;
  readonly locale?: string;
  readonly keyboard?: string;
  readonly edition?: number;
  readonly productKeyFile?: string;
  readonly virtioWin?: string;
  readonly cloudInit?: string;
  readonly template?: string;
  /** What a load balancer stands in front of. */
  readonly backend: string[];
  readonly copy: boolean;
  readonly start: boolean;
  readonly autostart: boolean;
  readonly dryRun: boolean;
  readonly showXml: boolean;
  readonly showFields: boolean;
  readonly title?: string;
  readonly description?: string;
  readonly tag: string[];
  /** `memory.hugepages=true` */
  readonly set: string[];
  /** A file of XML; - is standard input. */
  readonly xml?: string;
}

/** What is known of the host when the input is made. */
interface On {
  readonly session: FleetSession;
  readonly host: string;
  readonly pools: readonly Pool[];
  /** New volumes go there. */
  readonly pool: Pool;
  /** A file of this computer that the core may read. */
  readonly file: { readonly id: string; readonly name: string } | null;
}

/** Makes a machine, or several by a pattern; `--dry-run` only says what that takes. */
export async function createMachine(session: FleetSession, name: string, flags: CreateFlags): Promise<void> {
  await session.connectAny();
  const host = oneHost(session, flags.host);
  const pools = (await readPools(session)).filter((pool) => pool.host === host);
  const pool = poolFor(pools, flags.pool);
  const near = nearSystems(flags.os ?? '');
  if (near.length > 0) session.output.note(`--os ${flags.os}: did you mean ${near.join(', ')}?`);
  const make = async (file: On['file']): Promise<void> => {
    const input = await inputOf({ session, host, pools, pool, file }, name, flags);
    if (flags.showFields) return showFields(session, input);
    if (flags.dryRun || flags.showXml) return showCreation(session, input, flags.showXml);
    await runCreation(session, input);
  };
  const local = [flags.iso, flags.cloudImage, flags.container].find(
    (text) => text !== undefined && isLocalFile(text),
  );
  if (local === undefined || flags.dryRun || flags.showXml || flags.showFields) await make(null);
  else await withOfferedFile(session, local, (id) => make({ id, name: path.basename(local) }));
}

/** Makes the machines, and says which they are. */
export async function runCreation(session: FleetSession, input: CreateInput): Promise<void> {
  let machines: readonly { name: string; uuid: string }[] = [];
  await runJob(session, async () => {
    const started = await session.client.create.run(input);
    ({ machines } = started);
    for (const warning of started.warnings) session.output.note(warning);
    return started;
  });
  const host = session.hostName(input.host);
  const created = machines.map((machine) => ({ host, hostId: input.host, ...machine }));
  session.output.either(created, () => {
    for (const machine of machines)
      session.output.line(`${machine.name} (${host}): ${input.start ? 'created and started' : 'created'}`);
  });
}

/** Says what `runCreation` would do, or its XML. @throws {CliError} BAD_INPUT where something stands against it */
export async function showCreation(session: FleetSession, input: CreateInput, xml: boolean): Promise<void> {
  const plan = await session.output.during(LOOKING, () => session.client.create.plan(input));
  showPlan(session, plan, { name: input.name, xml, first: specLines(input.spec) });
}

function showFields({ output }: FleetSession, { spec }: CreateInput): void {
  output.either(spec, () => {
    for (const line of fieldLines(spec)) output.line(line);
  });
}

/**
 * The pool of that name, or the one that new disks go to.
 * @param host its name, where more than one is spoken of
 * @throws {CliError} NOT_FOUND; of a name it is the command that is wrong
 */
export function poolFor(pools: readonly Pool[], named: string | undefined, host = 'The host'): Pool {
  const running = pools.filter(({ state }) => state === 'running');
  const found =
    named === undefined
      ? (running.find(({ name }) => name === 'default') ?? running[0])
      : pools.find(({ name, uuid }) => name === named || uuid === named);
  if (found !== undefined) return found;
  if (named === undefined)
    throw new CliError({ code: 'NOT_FOUND', message: `${host} has no pool that is started.` });
  const has = pools.length === 0 ? 'none' : pools.map(({ name }) => name).join(', ');
  throw new CliError(
    { code: 'NOT_FOUND', message: `${host} has no pool ${named}. It has ${has}.` },
    EXIT.usage,
  );
}

async function inputOf(on: On, name: string, flags: CreateFlags): Promise<CreateInput> {
  const kind = kindOf(flags);
  const { host, pool, session } = on;
  const catalogue = kind === 'cloudImage' && isCatalogueId(flags.cloudImage ?? '');
  const defaults = await session.client.create.defaults({
    host,
    os: flags.os ?? null,
    source: kind,
    pool: pool.uuid,
    ...(catalogue && flags.cloudImage !== undefined ? { image: flags.cloudImage } : {}),
    ...(flags.arch === undefined ? {} : { arch: flags.arch }),
    ...(flags.virtType === undefined ? {} : { virtType: flags.virtType }),
  });
  const input: CreateInput = {
    host,
    name,
    count: flags.count,
    title: flags.title ?? null,
    description: flags.description ?? null,
    tags: flags.tag,
    os: flags.os ?? null,
    source: await sourceOf(on, kind, flags),
    spec: specOf(on, defaults, flags),
    start: flags.start,
    autostart: flags.autostart,
    xml: null,
  };
  const read = flags.xml === undefined ? input : await withXml(on, input, flags.xml, flags);
  return { ...read, spec: withFields(read.spec, flags.set) };
}

/** The fields follow the XML; what was said beside it is written into it. */
async function withXml(on: On, input: CreateInput, file: string, flags: CreateFlags): Promise<CreateInput> {
  const xml = await readGiven('--xml', file);
  const { spec, base, title, description, tags } = await on.session.client.create.readXml({ ...input, xml });
  return {
    ...input,
    title: flags.title ?? title,
    description: flags.description ?? description,
    tags: eachOnce([...tags, ...flags.tag]),
    spec: specOf(on, { spec }, { ...flags, disk: [] }),
    xml,
    xmlBase: base,
  };
}

/** An image of a machine is `p2v import`'s. */
type Kind = Exclude<CreateSource['kind'], 'clonezilla' | 'diskFile' | 'live'>;

function kindOf({ iso, cloudImage, disk, pxe, tree, container }: CreateFlags): Kind {
  const named: Kind[] = [
    ...(iso === undefined ? [] : ['iso' as const]),
    ...(cloudImage === undefined ? [] : ['cloudImage' as const]),
    ...(pxe ? ['network' as const] : []),
    ...(tree === undefined ? [] : ['tree' as const]),
    ...(container === undefined ? [] : ['container' as const]),
  ];
  const [kind, other] = named;
  if (other !== undefined)
    throw new UsageError(
      'One of --iso, --tree, --cloud-image, --pxe and --container says where the system is from.',
    );
  if (kind !== undefined) return kind;
  if (disk.length > 0) return 'disk';
  throw new UsageError(
    'Say where the system is from: --iso, --tree, --cloud-image, --disk, --pxe or --container.',
  );
}

async function sourceOf(on: On, kind: Kind, flags: CreateFlags): Promise<CreateSource> {
  const { iso = '', cloudImage = '' } = flags;
  switch (kind) {
    case 'disk':
    case 'network':
      return { kind };
    case 'iso':
      return {
        kind,
        medium: mediumOf(on, iso, flags),
        ...(flags.virtioWin === undefined ? {} : { drivers: driversOf(on, flags.virtioWin) }),
        ...(flags.unattended ? { unattended: await unattendedOf(on, flags) } : {}),
      };
    case 'tree':
      return {
        kind,
        url: await treeOf(on, flags),
        pool: on.pool.uuid,
        arguments: flags.extraArgs ?? '',
        ...(flags.unattended ? { unattended: await unattendedOf(on, flags) } : {}),
      };
    case 'container':
      return containerOf(flags, { pool: on.pool.uuid, archive: (text) => mediumOf(on, text, flags) });
    case 'cloudImage':
      return {
        kind,
        image: isCatalogueId(cloudImage)
          ? { kind: 'catalogue', id: cloudImage, pool: on.pool.uuid }
          : mediumOf(on, cloudImage, flags),
        copy: flags.copy,
        cloudInit: await cloudInitOf({ ...on, os: flags.os ?? null, image: cloudImage }, flags),
        ...(flags.template === undefined ? {} : { template: flags.template }),
        ...balancerOf(on.session, flags),
      };
  }
}

/** `debian-12`: no ending, no folder, no pool. */
function isCatalogueId(text: string): boolean {
  return /^[a-z]+[a-z-]*(-[\d.]+)?(-aarch64)?$/.test(text) && !/[.](qcow2|img|raw|iso)$/.test(text);
}

function isUrl(text: string): boolean {
  return /^https?:\/\//.test(text);
}

/** A path: what is in a pool is named without a folder, or by `pool/volume`. */
function isLocalFile(text: string): boolean {
  return !isFolder(text) && /^([.]{0,2}\/|[A-Za-z]:\\)/.test(text);
}

function mediumOf(on: On, text: string, { checksum = null }: { checksum?: string | null }): Medium {
  if (isUrl(text)) return { kind: 'url', url: text, pool: on.pool.uuid, checksum };
  if (on.file !== null) return { kind: 'file', file: on.file.id, pool: on.pool.uuid, name: on.file.name };
  if (isLocalFile(text))
    return { kind: 'file', file: 'preview', pool: on.pool.uuid, name: path.basename(text) };
  return { kind: 'volume', ...volumeOf(on, text) };
}

function volumeOf({ pools, pool }: On, text: string): { pool: string; name: string } {
  const slash = text.indexOf('/');
  if (slash === -1) return { pool: pool.uuid, name: text };
  return { pool: poolFor(pools, text.slice(0, slash)).uuid, name: text.slice(slash + 1) };
}

/** An address, or `auto`: the tree of the system that --os names. */
async function treeOf(on: On, { tree = '', os, arch }: CreateFlags): Promise<string> {
  if (tree !== 'auto') {
    if (isUrl(tree)) return tree;
    throw new UsageError('--tree takes a URL, or auto with --os.');
  }
  const { systems, hostArch } = await on.session.client.create.options({ host: on.host });
  const system = systems.find(({ id }) => id === os);
  const found = system?.trees.find((one) => one.arch === (arch ?? hostArch));
  if (found !== undefined) return found.url;
  throw new UsageError(
    system === undefined
      ? '--tree auto needs --os: which system is installed.'
      : `No tree of ${system.name} is known for ${arch ?? hostArch}: give its URL.`,
  );
}

async function unattendedOf(on: On, flags: CreateFlags): Promise<Unattended> {
  const { systems } = await on.session.client.create.options({ host: on.host });
  const system = systems.find(({ id }) => id === flags.os);
  if (system === undefined) throw new UsageError('--unattended needs --os: which system is installed.');
  if (system.unattended === undefined)
    throw new UsageError(`${system.name} cannot be installed unattended by this program.`);
  return readUnattended(system.unattended, flags);
}

/** `stable`: the newest one is fetched, where the pool does not have it. */
function driversOf(on: On, text: string): NonNullable<Extract<CreateSource, { kind: 'iso' }>['drivers']> {
  return text === 'stable'
    ? { kind: 'stable', pool: on.pool.uuid }
    : { kind: 'volume', ...volumeOf(on, text) };
}

function specOf(on: On, { spec }: Pick<DefaultsOutput, 'spec'>, flags: CreateFlags): CreateInput['spec'] {
  const { memory, vcpus, firmware, graphics, diskSize } = flags;
  const sized = spec.disks.map((disk) =>
    disk.source.kind === 'new' && diskSize !== undefined
      ? { ...disk, source: { ...disk.source, sizeBytes: diskSize } }
      : disk,
  );
  const given = flags.disk.map((text) => existingDisk(on, text, spec.disks[0]));
  return {
    ...spec,
    disks: given.length > 0 ? [...given, ...sized.filter(({ device }) => device === 'cdrom')] : sized,
    nics: flags.network.length === 0 ? spec.nics : flags.network.flatMap((text) => nicOf(spec.nics[0], text)),
    ...(memory === undefined ? {} : { memory: { ...spec.memory, sizeMiB: Math.round(memory / 1024 ** 2) } }),
    ...(vcpus === undefined ? {} : { cpu: { ...spec.cpu, vcpus, topology: null } }),
    ...(firmware === undefined ? {} : { firmware, secureBoot: firmware === 'efi' && spec.secureBoot }),
    ...(graphics === undefined ? {} : { graphics: { ...spec.graphics, type: graphics } }),
  };
}

function existingDisk(on: On, text: string, like: DiskSpec | undefined): DiskSpec {
  if (isLocalFile(text))
    throw new UsageError(
      `--disk takes a volume that the host has, as volume or pool/volume, and no path (${text}). A file of this computer is brought there by vol upload.`,
    );
  const bus = like?.device === 'disk' ? like.bus : 'virtio';
  return plainDisk({ kind: 'volume', ...volumeOf(on, text) }, bus);
}

/** A card like another one, in `user`, `bridge:br0` or a network by its name; `none`: none. */
export function nicOf(like: NicSpec | undefined, text: string): NicSpec[] {
  if (text === 'none') return [];
  const rest = like ?? { model: 'virtio', mac: null, vlan: null, filter: null, linkUp: true };
  const [, bridge] = /^bridge:(.+)$/.exec(text) ?? [];
  if (bridge !== undefined) return [{ ...rest, source: { kind: 'bridge', bridge, virtualPort: null } }];
  if (text === 'user') return [{ ...rest, source: { kind: 'user' } }];
  return [{ ...rest, source: { kind: 'network', network: text, portGroup: null } }];
}
