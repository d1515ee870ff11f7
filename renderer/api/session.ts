import { socketProtocols } from '../../main/contract/pipe.ts';

const KEY = 'virtlane.session';

/** Where storage is switched off the session lasts until the page is loaded again. */
let kept = '';

/** The one-time token of the URL that browser mode opened, taken out of the address bar and the history. */
function takeToken(): string | null {
  const match = /^#token=([^&]+)/.exec(location.hash);
  if (match?.[1] === undefined) return null;
  history.replaceState(null, '', `${location.pathname}${location.search}#/`);
  return decodeURIComponent(match[1]);
}

/**
 * Turns the token of the address, when it has one, into a session. It is kept in this origin's storage: other windows of this server have it
 * too, servers on other ports do not, which a cookie would be sent to.
 */
export async function openSession(): Promise<void> {
  const token = takeToken();
  if (token === null) return;
  const response = await fetch('/session', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ token }),
  });
  // A refusal is no end: the token was used, and the session of that time may still be good. The WebSocket will tell.
  if (!response.ok) return;
  kept = ((await response.json()) as { session: string }).session;
  try {
    localStorage.setItem(KEY, kept);
  } catch {
    // Storage is switched off.
  }
}

/** Opens a WebSocket of this server, with the session. */
export function openSocket(path: string): WebSocket {
  const scheme = location.protocol === 'https:' ? 'wss' : 'ws';
  const socket = new WebSocket(`${scheme}://${location.host}${path}`, socketProtocols(stored()));
  socket.binaryType = 'arraybuffer';
  return socket;
}

function stored(): string {
  try {
    return localStorage.getItem(KEY) ?? kept;
  } catch {
    return kept;
  }
}
