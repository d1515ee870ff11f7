import { shellQuote } from './virsh.ts';

/** `file:line`, as HOST_KEY_CHANGED names the place, without the line. */
function fileOf(knownIn: string): string {
  return knownIn.replace(/:\d+$/, '');
}

/**
 * The shell line that makes ssh and Virtlane forget a host's known key (ssh-keygen(1), -R): entries of another port than 22 are named
 * `[host]:port`. Null when the URI names no host.
 */
export function forgetKeyLine(uri: string, knownIn: string): string | null {
  const authority = /^[^:/]+:\/\/(?:[^@/?#]*@)?(\[[^\]]*\]|[^:/?#]*)(?::(\d+))?/.exec(uri);
  const host = decoded(authority?.[1] ?? '').replace(/^\[|\]$/g, '');
  const port = authority?.[2];
  if (host === '') return null;
  const name = port === undefined || port === '22' ? host : `[${host}]:${port}`;
  return `ssh-keygen -f ${shellQuote(fileOf(knownIn))} -R ${shellQuote(name)}`;
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
