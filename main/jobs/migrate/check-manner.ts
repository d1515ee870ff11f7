import type { MigrateItem } from '../../contract/migrate.ts';
import { nameProblem } from '../create/names.ts';
import { mended, ok, stop, warn, type Checked } from './check-items.ts';
import { brokenRules, mayBePeer, peerUriOf } from './rules.ts';

/** libvirt that knows zlib and zstd (9.4). */
const MULTIFD_COMPRESSION = 9_004_000;

/** What of the way it is asked to go speaks against it. */
export function checkManner(checked: Checked): MigrateItem[] {
  const { input, source, target, via, offline, disks } = checked;
  const found = checkName(checked);
  if (input.keepDefinition)
    found.push(
      warn(
        'manner',
        `${source.host.name} keeps a definition of ${source.model.name}: started there while it runs on ${target.host.name}, it is a second copy.`,
      ),
    );
  const wasPaused = source.state === 'paused';
  const asked = { input, via, wasPaused, offline, copies: disks.copied.length > 0 };
  const broken = brokenRules(asked).map(({ message, remedy, fix }) =>
    mended(stop('manner', message, remedy), fix),
  );
  if (broken.length > 0) return [...found, ...broken];
  if (offline) return found;
  return [...found, ...checkCompression(checked), ...checkPeer(checked), ...checkPromises(checked)];
}

function checkCompression({ input: { compression }, source, target }: Checked): MigrateItem[] {
  const old = [source, target].filter(({ libvirt }) => libvirt < MULTIFD_COMPRESSION);
  if ((compression !== 'zlib' && compression !== 'zstd') || old.length === 0) return [];
  const names = old.map(({ host }) => host.name).join(' and ');
  return [
    stop(
      'manner',
      `The libvirt of ${names} compresses by ${compression} only from 9.4 on.`,
      'Leave the compression out.',
    ),
  ];
}

function checkName({ input, source, target }: Checked): MigrateItem[] {
  const { name } = input;
  if (name === null || name === source.model.name) return [];
  const wrong = nameProblem(name);
  if (wrong !== null) return [stop('name', wrong, 'Choose another name.')];
  // That it is taken there is said already.
  if (target.sameName !== null) return [];
  return [ok('name', `It is called ${name} on ${target.host.name}.`)];
}

function checkPeer(checked: Checked): MigrateItem[] {
  const { input, source, target } = checked;
  if (input.drive === 'app') return [];
  const [here, there] = [source.host.name, target.host.name];
  if (!mayBePeer(target))
    return [
      stop(
        'manner',
        `${here} by itself moves to qemu:///system of a host alone, and ${there} is ${target.host.uri}.`,
        'Let Virtlane drive.',
      ),
    ];
  const uri = peerUriOf(input, target);
  if (uri === null)
    return [
      stop(
        'manner',
        `${input.peerUri ?? target.host.uri} is no address by which ${here} reaches the libvirtd of ${there}.${behind(checked)}`,
        'Say it as qemu+tls://HOST/system, or with ssh or tcp in place of tls, and nothing more.',
      ),
    ];
  return [
    warn(
      'manner',
      `${here} logs in to ${uri} by itself; whether it can shows when it begins.${opens(input, uri)} Where the link of the two breaks while ${there} is told to start it, libvirt may let it run on both: Virtlane pauses it on ${here} as soon as it sees that, and cannot prevent it as where it drives itself.`,
      'If that matters, let Virtlane drive.',
    ),
  ];
}

/** Why an address that is good here is not taken for one there. */
function behind({ input, source, target }: Checked): string {
  return input.peerUri === null && target.login?.jumped === true
    ? ` This computer reaches ${target.host.name} through another SSH server (ProxyJump): ${source.host.name} may find another host by the same address.`
    : '';
}

/** Of a tunnel: that anybody between the hosts can read the memory. */
function opens({ drive }: Checked['input'], uri: string): string {
  return drive === 'tunnel' && uri.startsWith('qemu+tcp:')
    ? ' The memory goes over that link, not encrypted.'
    : '';
}

/** What only shows when it begins. */
function checkPromises({ input, source, target }: Checked): MigrateItem[] {
  const found: MigrateItem[] = [];
  const both = `${source.host.name} and ${target.host.name}`;
  if (input.postCopy)
    found.push(
      warn(
        'manner',
        `Once post-copy is begun ${source.model.name} needs ${both} and their network until all of its memory is over; where the target fails in the switch, or Virtlane itself ends in that moment, what its memory held is lost. Whether their QEMUs may do it shows when it begins.`,
        'Where they may not (vm.unprivileged_userfaultfd), it stays where it is.',
      ),
    );
  if (input.tls)
    found.push(
      warn(
        'manner',
        `Whether ${both} have certificates for it (/etc/pki/qemu) shows when it begins.`,
        'Where they have not, it stays where it is.',
      ),
    );
  return found;
}
