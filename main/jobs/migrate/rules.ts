import type { MigrateInput, MigrateFix } from '../../contract/migrate.ts';
import { parseTarget } from '../../hosts/target.ts';
import type { HostFacts } from './source-facts.ts';

const SSH_PORT = 22;

/** What a move is asked to be, and what the machine and its links make of it. */
export interface Combined {
  readonly input: MigrateInput;
  readonly via: 'direct' | 'relay' | 'none';
  readonly wasPaused: boolean;
  /** It is off: how its memory would go says nothing. */
  readonly offline: boolean;
  /** Disks are copied. */
  readonly copies: boolean;
}

interface Rule {
  readonly forbids: (asked: Combined) => boolean;
  readonly message: string;
  readonly remedy: string;
  readonly fix?: MigrateFix;
  /** Also of a machine that is off. */
  readonly always?: true;
}

/** These need a way from host to host: `auto` takes it then. */
export function needsDirect({ drive, tls, postCopy, parallel }: MigrateInput): boolean {
  return drive !== 'app' || tls || postCopy || parallel !== null;
}

const tunnelled = ({ input }: Combined): boolean => input.drive === 'tunnel';
const relayed = ({ via }: Combined): boolean => via === 'relay';
const direct: MigrateFix = { kind: 'way', via: 'direct' };

/** What does not go together: by libvirt and QEMU (qemu_migration.c, qemu_migration_params.c), or since a lost link would cost the machine. */
const RULES: readonly Rule[] = [
  {
    forbids: (asked) => tunnelled(asked) && asked.copies,
    message: 'libvirt copies no disks through its tunnel.',
    remedy: 'Leave the tunnel out, or have the disks on storage that both hosts see.',
  },
  {
    forbids: (asked) => tunnelled(asked) && asked.input.postCopy,
    message: 'There is no post-copy through libvirt’s tunnel.',
    remedy: 'Leave one of the two out.',
  },
  {
    forbids: (asked) => tunnelled(asked) && asked.input.parallel !== null,
    message: 'libvirt’s tunnel is one connection: there are no parallel ones through it.',
    remedy: 'Leave one of the two out.',
  },
  {
    // Through this computer another rule has it.
    forbids: (asked) => tunnelled(asked) && !relayed(asked) && asked.input.address !== null,
    message:
      'Through libvirt’s tunnel the memory goes to no address of its own: the link of the two libvirtds is its way.',
    remedy: 'Leave the address out, and say where the source’s libvirtd logs in, or leave the tunnel out.',
  },
  {
    forbids: (asked) => tunnelled(asked) && asked.input.tls,
    message: 'Through libvirt’s tunnel QEMU does not encrypt: the link of the two libvirtds does.',
    remedy: 'Leave TLS out, or the tunnel.',
  },
  {
    forbids: (asked) => relayed(asked) && asked.input.drive !== 'app',
    message: 'The source’s libvirtd does not send through this computer.',
    remedy: 'Let the data go from host to host, or let Virtlane drive.',
    fix: direct,
  },
  {
    forbids: (asked) => relayed(asked) && asked.input.tls,
    message: 'Through this computer the data is encrypted by SSH, and not by the hosts’ certificates.',
    remedy: 'Let the data go from host to host, or leave TLS out.',
    fix: direct,
  },
  {
    forbids: (asked) => relayed(asked) && asked.input.postCopy,
    message:
      'Post-copy does not go through this computer: a machine whose memory is on both hosts would stand still with every lost link.',
    remedy: 'Let the data go from host to host, or leave post-copy out.',
    fix: direct,
  },
  {
    forbids: (asked) => relayed(asked) && asked.input.parallel !== null,
    message: 'Through this computer there are no parallel connections: all of them would share one.',
    remedy: 'Let the data go from host to host, or leave them out.',
    fix: direct,
  },
  {
    forbids: ({ input, wasPaused }) => input.postCopy && wasPaused,
    message: 'A machine that is paused has nothing that could go on: there is no post-copy for it.',
    remedy: 'Leave post-copy out, or resume it first.',
  },
  {
    forbids: ({ input }) => input.postCopy && input.parallel !== null,
    message: 'QEMU does no post-copy over parallel connections.',
    remedy: 'Leave one of the two out.',
  },
  {
    forbids: ({ input }) => input.postCopy && input.compression === 'mt',
    message: 'QEMU does no post-copy with memory that threads compress.',
    remedy: 'Leave one of the two out, or use xbzrle.',
  },
  {
    forbids: ({ input }) => input.postCopyAfter !== null && !input.postCopy,
    message: 'When post-copy begins is said, but not that it may.',
    remedy: 'Allow post-copy.',
  },
  {
    forbids: ({ input }) =>
      (input.compression === 'zlib' || input.compression === 'zstd') && input.parallel === null,
    message: 'zlib and zstd compress what goes over parallel connections alone.',
    remedy: 'Use parallel connections, or xbzrle or mt.',
  },
  {
    forbids: ({ input }) =>
      (input.compression === 'xbzrle' || input.compression === 'mt') && input.parallel !== null,
    message: 'xbzrle and mt compress what goes over one connection alone.',
    remedy: 'Leave the parallel connections out, or use zlib or zstd.',
  },
  {
    forbids: ({ input }) => input.tlsName !== null && !input.tls,
    message: 'The name in a certificate is said, but not that TLS is used.',
    remedy: 'Use TLS.',
  },
  {
    forbids: ({ input }) => input.keepDefinition && input.deleteSource,
    always: true,
    message: 'The definition that is to stay would be one without disks.',
    remedy: 'Keep its disks, too, or let the definition go.',
  },
];

/** What forbids the move as it is asked. Pure. */
export function brokenRules(asked: Combined): readonly Omit<Rule, 'forbids' | 'always'>[] {
  return RULES.filter(({ forbids, always }) => (always === true || !asked.offline) && forbids(asked));
}

/** The target's libvirtd in a shape that runs no program on the source: no query, no password. */
const PEER_URI =
  /^qemu\+(ssh|libssh|libssh2|tls|tcp):\/\/([A-Za-z0-9._-]+@)?(\[[0-9A-Fa-f:]+\]|[A-Za-z0-9._-]+)(:\d{1,5})?\/system$/;

/** Names and addresses by which every host means itself. */
const LOOPBACK = /^(localhost|127\.[0-9.]+|\[?::1\]?)$/i;

/** What libvirtd calls itself at the place that every such URI names. */
const SYSTEM = 'qemu:///system';

/** Some URI of a peer can be this target: one of another driver, or of a user's session, would be another daemon of its host. */
export function mayBePeer({ host: { uri } }: Pick<HostFacts, 'host'>): boolean {
  return parseTarget(uri).libvirtUri === SYSTEM;
}

/**
 * Where the source's libvirtd logs in: as it was asked, else as this program does, by the address and the port that ~/.ssh/config of this computer gives, as
 * the source does not know its names. Null: this cannot be it, or may be another libvirtd, which would get the machine.
 */
export function peerUriOf(
  { peerUri }: Pick<MigrateInput, 'peerUri'>,
  target: Pick<HostFacts, 'host' | 'login'>,
): string | null {
  const uri = mayBePeer(target) ? (peerUri ?? ownUri(target)) : null;
  const host = uri === null ? null : (PEER_URI.exec(uri)?.[3] ?? null);
  return host === null || (peerUri === null && LOOPBACK.test(host)) ? null : uri;
}

/** As this computer reaches it; null where that says nothing of other computers. */
function ownUri({ host, login }: Pick<HostFacts, 'host' | 'login'>): string | null {
  const target = parseTarget(host.uri);
  if (target.kind === 'tcp') return target.uri;
  // A socket may be of any daemon; behind a jump an address is of that one's network, and in the source's another host may have it.
  if (target.kind !== 'ssh' || target.socket !== null || login === null || login.jumped) return null;
  const { host: name, port, user } = login;
  const bracketed = name.includes(':') && !name.startsWith('[') ? `[${name}]` : name;
  return `qemu+ssh://${user}@${bracketed}${port === SSH_PORT ? '' : `:${String(port)}`}/system`;
}
