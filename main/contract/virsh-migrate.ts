import type { MigrateInput, MigratePlan } from './migrate.ts';
import { shellQuote, virshMachine, virshPrefix, type VirshSubject } from './virsh.ts';

/** A machine, and what a move of it in virsh's words must know beside what was chosen. */
export interface VirshMove {
  readonly source: VirshSubject;
  /** libvirt's URI of the host that it goes to, and the key file that is saved for it. */
  readonly target: Pick<VirshSubject, 'uri' | 'keyFile'>;
  readonly input: MigrateInput;
  readonly plan: Pick<MigratePlan, 'kind' | 'via' | 'disks' | 'cpu'>;
  readonly paused: boolean;
  /** It has a definition. */
  readonly persistent: boolean;
  /** It starts with its host. */
  readonly autostart: boolean;
}

/** What is not in the lines, as virsh cannot do it or a person must. */
export type VirshNote =
  /** The data would not go through this computer. */
  | { readonly kind: 'relay' }
  /** Disks of one that is off: their bytes do not go. */
  | { readonly kind: 'disks'; readonly disks: readonly string[] }
  /** What must be written into the file with the definition: from, to. */
  | { readonly kind: 'edit'; readonly changes: readonly (readonly [string, string])[] }
  /** Files that must be there before, exactly as large. */
  | { readonly kind: 'volumes'; readonly paths: readonly string[] }
  /** Post-copy begins by itself after the first round alone. */
  | { readonly kind: 'rounds' };

export interface VirshMigration {
  /** One after another. */
  readonly lines: readonly string[];
  /** What is changed while it goes, from another shell. */
  readonly meanwhile: readonly string[];
  readonly notes: readonly VirshNote[];
}

/** The move as a person would make it with virsh 9.0 or newer (virsh(1), “migrate”). Pure. */
export function virshMigration(move: VirshMove): VirshMigration {
  return move.plan.kind === 'offline' ? offline(move) : live(move);
}

/** The definition goes through a file, by what Virtlane does as well: the hosts need not reach each other. */
function offline(move: VirshMove): VirshMigration {
  const { source, input, plan } = move;
  const [here, there] = prefixes(move);
  const machine = virshMachine(source);
  const file = fileOf(source.name);
  const { name } = input;
  const changes = [
    ...(name === null || name === source.name ? [] : [[source.name, name] as const]),
    ...changesOf(move),
  ];
  const copied = plan.disks.filter(({ way }) => way === 'copy');
  return {
    lines: [
      `${here} dumpxml --inactive --security-info --migratable ${machine} > ${file}`,
      `${there} define ${file}`,
      ...(input.keepDefinition ? noAutostart(move, here) : [`${here} undefine ${machine} --keep-nvram`]),
      ...afterwards(move),
    ],
    meanwhile: [],
    notes: [
      ...(copied.length === 0
        ? []
        : [{ kind: 'disks' as const, disks: copied.map(({ source: from, path }) => `${from} → ${path}`) }]),
      ...(changes.length === 0 ? [] : [{ kind: 'edit' as const, changes }]),
    ],
  };
}

function live(move: VirshMove): VirshMigration {
  const { source, input, plan } = move;
  const [here] = prefixes(move);
  const machine = virshMachine(source);
  const file = fileOf(source.name);
  const changes = changesOf(move);
  const moved = plan.disks.filter(({ way, source: from, path }) => way === 'copy' && from !== path);
  return {
    lines: [
      ...(changes.length === 0 ? [] : [`${here} dumpxml --security-info --migratable ${machine} > ${file}`]),
      ...(input.keepDefinition ? noAutostart(move, here) : []),
      [
        `${here} migrate ${flagsOf(move).join(' ')}`,
        ...(changes.length === 0
          ? []
          : [`--xml ${file}${move.persistent ? ` --persistent-xml ${file}` : ''}`]),
        `${machine} ${destination(move)}`,
        ...(input.address === null
          ? []
          : [`--migrateuri ${shellQuote(`tcp://${bracketed(input.address)}`)}`]),
      ].join(' '),
      ...afterwards(move),
    ],
    meanwhile: [
      ...(input.downtimeMs === null
        ? []
        : [`${here} migrate-setmaxdowntime ${machine} ${String(input.downtimeMs)}`]),
      ...(input.postCopy && input.postCopyAfter === null ? [`${here} migrate-postcopy ${machine}`] : []),
    ],
    notes: [
      ...(plan.via === 'relay' ? [{ kind: 'relay' as const }] : []),
      ...(changes.length === 0 ? [] : [{ kind: 'edit' as const, changes }]),
      ...(moved.length === 0 ? [] : [{ kind: 'volumes' as const, paths: moved.map(({ path }) => path) }]),
      ...((input.postCopyAfter ?? 1) > 1 ? [{ kind: 'rounds' as const }] : []),
    ],
  };
}

/** In the order of virsh's own help. */
function flagsOf({ source, input, plan, paused, persistent }: VirshMove): string[] {
  const copied = plan.disks.filter(({ way }) => way === 'copy').map(({ target }) => target);
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
function destination({ target, input }: VirshMove): string {
  if (input.drive === 'app') return virshPrefix(target).replace(/^virsh -c /, '');
  return shellQuote(input.peerUri ?? target.uri.replace(/\?.*$/, ''));
}

function prefixes({ source, target }: VirshMove): [string, string] {
  return [virshPrefix(source), virshPrefix(target)];
}

/** What the definition has to say otherwise there. */
function changesOf({ input, plan }: VirshMove): (readonly [string, string])[] {
  const { networks, cpu } = input;
  const both = plan.cpu?.baseline ?? 'CPU';
  const model = cpu === 'baseline' ? `${both}, by virsh hypervisor-cpu-baseline` : cpu;
  return [
    ...plan.disks
      .filter((disk) => disk.way === 'copy' && disk.source !== disk.path)
      .map((disk) => [disk.source, disk.path] as const),
    ...Object.entries(networks),
    ...(model === null ? [] : [['<cpu>', model] as const]),
  ];
}

/** A definition that stays where the machine was would start a second copy with that host. */
function noAutostart({ source, autostart }: VirshMove, here: string): string[] {
  return autostart ? [`${here} autostart --disable ${virshMachine(source)}`] : [];
}

function afterwards(move: VirshMove): string[] {
  const { source, input, plan, autostart } = move;
  const [here, there] = prefixes(move);
  const arrived = virshMachine({ ...source, name: input.name ?? source.name });
  const copied = plan.disks.filter(({ way }) => way === 'copy');
  return [
    ...(autostart ? [`${there} autostart ${arrived}`] : []),
    ...(input.deleteSource ? copied.map(({ source: path }) => `${here} vol-delete ${shellQuote(path)}`) : []),
  ];
}

/** Where the definition is kept for the time of it: in the folder that one is in. */
function fileOf(name: string): string {
  return shellQuote(`./${name.replaceAll(/[^\w.@+-]/g, '_')}.xml`);
}

function bracketed(address: string): string {
  return address.includes(':') && !address.startsWith('[') ? `[${address}]` : address;
}
