import { once } from 'node:events';
import { connect } from 'node:net';
import type { HostSuggestion } from '../contract/host.ts';
import { localSockets } from '../hosts/direct-links.ts';
import { parseTarget } from '../hosts/target.ts';
import type { Services } from './services.ts';

const MAX_SUGGESTIONS = 20;
const LOCAL_URI = 'qemu:///system';

/** Targets that fit what is typed so far: this computer, entries of ~/.ssh/config, hosts that ssh knows. */
export async function suggestHosts(
  text: string,
  { sshNames, fleet }: Pick<Services, 'sshNames' | 'fleet'>,
): Promise<HostSuggestion[]> {
  const typed = text.trim();
  const at = typed.lastIndexOf('@');
  const user = at === -1 ? '' : typed.slice(0, at + 1);
  const wanted = typed.slice(at + 1).toLowerCase();
  const [names, local] = await Promise.all([sshNames(), localLibvirt()]);
  const found: HostSuggestion[] = [];
  if (local !== null) found.push({ target: local, source: 'local', label: 'This computer' });
  for (const name of names.config) found.push({ target: `${user}${name}`, source: 'sshConfig', label: name });
  for (const { host, port } of names.known) {
    const where = port === 22 ? host : `${host.includes(':') ? `[${host}]` : host}:${port}`;
    found.push({ target: `${user}${where}`, source: 'knownHosts', label: where });
  }
  const uris = new Set(fleet.store.hosts().map((host) => host.uri));
  const seen = new Set<string>();
  return found
    .filter(({ target, label, source }) => {
      const fits = `${label} ${source === 'local' ? target : ''}`.toLowerCase().includes(wanted);
      if (!fits || seen.has(target) || isListed(target, uris)) return false;
      seen.add(target);
      return true;
    })
    .slice(0, MAX_SUGGESTIONS);
}

function isListed(target: string, uris: ReadonlySet<string>): boolean {
  try {
    return uris.has(parseTarget(target).uri);
  } catch {
    // What cannot be understood as a host is not worth offering.
    return true;
  }
}

/** The URI of this computer's own libvirt when a socket is there that takes connections; null otherwise. */
export async function localLibvirt(): Promise<string | null> {
  if (process.platform === 'win32') return null;
  const target = parseTarget(LOCAL_URI);
  if (target.kind !== 'local') return null;
  for (const path of localSockets(target)) if (await takesConnections(path)) return LOCAL_URI;
  return null;
}

async function takesConnections(path: string): Promise<boolean> {
  const socket = connect({ path });
  try {
    await once(socket, 'connect', { signal: AbortSignal.timeout(1000) });
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}
