import type { MigrateInput, MigratePlan } from './migrate.ts';
import { shellQuote, virshMachine, virshPrefix, type VirshSubject } from './virsh.ts';

/** A machine, and what a move of it in virsh's words must know beside what was chosen. */
export interface VirshMove {
  readonly source: VirshSubject;
  /** libvirt's URI of the host that it goes to, and the key file that is saved for it. */
  readonly target: Pick<VirshSubject, 'uri' | 'keyFile'>;
  readonly input: MigrateInput;
  /** Of just that input, and of the machine as it is now. */
  readonly plan: Pick<
    MigratePlan,
    'kind' | 'via' | 'peerUri' | 'items' | 'disks' | 'media' | 'cpu' | 'nvram'
  >;
  readonly paused: boolean;
  /** It has a definition. */
  readonly persistent: boolean;
  /** It starts with its host. */
  readonly autostart: boolean;
}

/** What is not in the command, as virsh cannot do it or a person must. */
export type VirshNote =
  /** The data would not go through this computer. */
  | { readonly kind: 'relay' }
  /** Files of one that is off: their bytes do not go. `afterwards`: what comes when they are there; only a person knows when that is. */
  | { readonly kind: 'files'; readonly paths: readonly string[]; readonly afterwards: string }
  /** What must be written into what the editor shows: from, to. */
  | { readonly kind: 'edit'; readonly changes: readonly (readonly [string, string])[] }
  /** CDs of its own, which virsh does not send: from, to. */
  | { readonly kind: 'media'; readonly paths: readonly string[] }
  /** Files that must be there before, exactly as large. */
  | { readonly kind: 'volumes'; readonly paths: readonly string[] }
  /** Disks that would be deleted: virsh does not look whether anything else needs them. */
  | { readonly kind: 'deletion'; readonly paths: readonly string[] }
  /** Disks that the target's pool does not know yet: the command takes them for files that both hosts see. */
  | { readonly kind: 'unlooked'; readonly paths: readonly string[] }
  /** Post-copy begins by itself after the first round alone. */
  | { readonly kind: 'rounds' };

export interface VirshMigration {
  /** For a POSIX shell, over several lines; what fails ends it, also where it is pasted. */
  readonly command: string;
  /** What is changed while it goes, from another shell. */
  readonly meanwhile: readonly string[];
  readonly notes: readonly VirshNote[];
}

/** The move as a person would make it with virsh 9.0 or newer (virsh(1), “migrate”); null: something stops it. Pure. */
export function virshMigration(move: VirshMove): VirshMigration | null {
  if (move.plan.items.some(({ level }) => level === 'stop')) return null;
  return move.plan.kind === 'offline' ? offline(move) : live(move);
}

/** The definition goes through a file, by what Virtlane does as well: the hosts need not reach each other. */
function offline(move: VirshMove): VirshMigration {
  const { source, input, plan } = move;
  const [here, there] = prefixes(move);
  const machine = virshMachine(source);
  const { name } = input;
  const changes = [
    ...(name === null || name === source.name ? [] : [[source.name, name] as const]),
    ...changesOf(move),
  ];
  const paths = [
    ...copiedOf(move).map(wayOf),
    ...plan.media.map(wayOf),
    ...(plan.nvram === null ? [] : [plan.nvram]),
  ];
  const then = [
    ...(input.keepDefinition ? noAutostart(move, here) : [`${here} undefine ${machine} --keep-nvram`]),
    ...autostartThere(move),
  ];
  return {
    command: withFiles([
      `${here} dumpxml --inactive --security-info --migratable ${machine} > ${INACTIVE}`,
      ...edited(changes, [INACTIVE]),
      `${there} define ${INACTIVE}`,
      // Before they are there, what is here is all that there is.
      ...(paths.length === 0 ? then : []),
    ]),
    meanwhile: [],
    notes: [
      ...edit(changes),
      ...(paths.length === 0 ? [] : [{ kind: 'files' as const, paths, afterwards: then.join(' && ') }]),
      ...unlooked(move),
      ...deletion(move),
    ],
  };
}

function live(move: VirshMove): VirshMigration {
  const { source, input, plan, persistent } = move;
  const [here] = prefixes(move);
  const machine = virshMachine(source);
  const changes = changesOf(move);
  const moved = copiedOf(move).filter(({ source: from, path }) => from !== path);
  // What it has now and what it has from its next start on are two things.
  const both = [
    { file: LIVE, option: '--xml', flags: '' },
    ...(persistent ? [{ file: INACTIVE, option: '--persistent-xml', flags: ' --inactive' }] : []),
  ];
  const files = changes.length === 0 ? [] : both;
  const commands = [
    ...files.map(
      ({ file, flags }) => `${here} dumpxml${flags} --security-info --migratable ${machine} > ${file}`,
    ),
    ...edited(
      changes,
      files.map(({ file }) => file),
    ),
    ...(input.keepDefinition ? noAutostart(move, here) : []),
    [
      `${here} migrate ${flagsOf(move).join(' ')}`,
      ...files.map(({ file, option }) => `${option} ${file}`),
      `${machine} ${destination(move)}`,
      ...(input.address === null ? [] : [`--migrateuri ${shellQuote(`tcp://${bracketed(input.address)}`)}`]),
    ].join(' '),
    ...autostartThere(move),
  ];
  return {
    command: files.length === 0 ? chain(commands) : withFiles(commands),
    meanwhile: [
      ...(input.downtimeMs === null
        ? []
        : [`${here} migrate-setmaxdowntime ${machine} ${String(input.downtimeMs)}`]),
      ...(input.postCopy && input.postCopyAfter === null ? [`${here} migrate-postcopy ${machine}`] : []),
    ],
    notes: [
      ...(plan.via === 'relay' ? [{ kind: 'relay' as const }] : []),
      ...edit(changes),
      ...(moved.length === 0 ? [] : [{ kind: 'volumes' as const, paths: moved.map(({ path }) => path) }]),
      ...(plan.media.length === 0 ? [] : [{ kind: 'media' as const, paths: plan.media.map(wayOf) }]),
      ...unlooked(move),
      ...deletion(move),
      ...((input.postCopyAfter ?? 1) > 1 ? [{ kind: 'rounds' as const }] : []),
    ],
  };
}

const LIVE = '"$d/live.xml"';
const INACTIVE = '"$d/inactive.xml"';

/** One command of many: pasted lines that stand alone would go on after one that failed. */
function chain(commands: readonly string[]): string {
  return commands.join(' &&\n');
}

/** In a folder that nobody else reads and that goes with the shell: a definition has passwords of screens in it. */
function withFiles(commands: readonly string[]): string {
  return `(${chain(['d=$(mktemp -d)', `trap 'rm -rf "$d"' EXIT INT TERM`, ...commands])})`;
}

function edited(changes: readonly unknown[], files: readonly string[]): string[] {
  return changes.length === 0 ? [] : [`\${EDITOR:-vi} ${files.join(' ')}`];
}

function edit(changes: readonly (readonly [string, string])[]): VirshNote[] {
  return changes.length === 0 ? [] : [{ kind: 'edit', changes }];
}

function deletion(move: VirshMove): VirshNote[] {
  const paths = copiedOf(move).map(({ source }) => source);
  return move.input.deleteSource && paths.length > 0 ? [{ kind: 'deletion', paths }] : [];
}

function unlooked({ plan }: VirshMove): VirshNote[] {
  const paths = plan.disks.filter(({ way }) => way === 'either').map(({ source }) => source);
  return paths.length > 0 ? [{ kind: 'unlooked', paths }] : [];
}

function wayOf({ source, path }: { readonly source: string; readonly path: string }): string {
  return source === path ? source : `${source} → ${path}`;
}

function copiedOf({ plan }: VirshMove): MigratePlan['disks'] {
  return plan.disks.filter(({ way }) => way === 'copy');
}

/** In the order of virsh's own help. */
function flagsOf(move: VirshMove): string[] {
  const { source, input, paused, persistent } = move;
  const copied = copiedOf(move).map(({ target }) => target);
  const isTop = input.disks.some(({ target, way }) => way === 'top' && copied.includes(target));
  const when = (wanted: boolean, flag: string): string[] => (wanted ? [flag] : []);
  return [
    '--live',
    ...when(input.drive !== 'app', '--p2p'),
    ...when(input.drive === 'tunnel', '--tunnelled'),
    '--persistent',
    ...when(persistent && !input.keepDefinition, '--undefinesource'),
    ...when(paused, '--suspend'),
    ...when(copied.length > 0, isTop ? '--copy-storage-inc' : '--copy-storage-all'),
    ...when(copied.length > 0, `--migrate-disks ${shellQuote(copied.join(','))}`),
    ...when(input.unsafe, '--unsafe'),
    ...when(input.compression !== 'none', `--compressed --comp-methods ${input.compression}`),
    ...when(input.autoConverge, '--auto-converge'),
    '--abort-on-error',
    ...when(input.postCopy, '--postcopy'),
    ...when(input.postCopyAfter !== null, '--postcopy-after-precopy'),
    ...when(input.bandwidthMiBs !== null, `--bandwidth ${String(input.bandwidthMiBs)}`),
    ...when(input.tls, '--tls'),
    ...(input.tlsName === null ? [] : [`--tls-destination ${shellQuote(input.tlsName)}`]),
    ...when(input.parallel !== null, `--parallel --parallel-connections ${String(input.parallel)}`),
    ...(input.name === null || input.name === source.name ? [] : [`--dname ${shellQuote(input.name)}`]),
    '--verbose',
  ];
}

/** Where virsh, or the source's libvirtd, logs in. */
function destination({ target, plan: { peerUri } }: VirshMove): string {
  return peerUri === null ? virshPrefix(target).replace(/^virsh -c /, '') : shellQuote(peerUri);
}

function prefixes({ source, target }: VirshMove): [string, string] {
  return [virshPrefix(source), virshPrefix(target)];
}

/** What the definition has to say otherwise there. */
function changesOf(move: VirshMove): (readonly [string, string])[] {
  const { input, plan } = move;
  const { networks, cpu } = input;
  const both = plan.cpu?.baseline ?? 'CPU';
  const model = cpu === 'baseline' ? `${both}, by virsh hypervisor-cpu-baseline` : cpu;
  return [
    ...[...copiedOf(move), ...plan.media]
      .filter((disk) => disk.source !== disk.path)
      .map((disk) => [disk.source, disk.path] as const),
    ...Object.entries(networks),
    ...(model === null ? [] : [['<cpu>', model] as const]),
  ];
}

/** A definition that stays where the machine was would start a second copy with that host. */
function noAutostart({ source, autostart }: VirshMove, here: string): string[] {
  return autostart ? [`${here} autostart --disable ${virshMachine(source)}`] : [];
}

function autostartThere(move: VirshMove): string[] {
  const { source, input, autostart } = move;
  const [, there] = prefixes(move);
  const arrived = virshMachine({ ...source, name: input.name ?? source.name });
  return autostart ? [`${there} autostart ${arrived}`] : [];
}

function bracketed(address: string): string {
  return address.includes(':') && !address.startsWith('[') ? `[${address}]` : address;
}
