import { shellQuote } from '../../main/contract/virsh.ts';

/** `file:line`, as HOST_KEY_CHANGED names the place, without the line. */
function fileOf(knownIn: string): string {
  return knownIn.replace(/:\d+$/, '');
}

/**
 * The shell line that makes ssh and Virtlane forget a host's known key (ssh-keygen(1), -R): entries of another port than 22 are named
 * `[host]:port`. Null when the URI names no host.
 */
export function forgetKeyLine(uri: string, knownIn: string): string | null {
  let url: URL;
  try {
    url = new URL(uri);
  } catch {
    return null;
  }
  const host = decodeURIComponent(url.hostname).replace(/^\[|\]$/g, '');
  if (host === '') return null;
  const name = url.port === '' || url.port === '22' ? host : `[${host}]:${url.port}`;
  return `ssh-keygen -f ${shellQuote(fileOf(knownIn))} -R ${shellQuote(name)}`;
}
