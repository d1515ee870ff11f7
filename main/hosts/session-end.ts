import { LinkError } from '../../drivers/rpc/errors.ts';
import { TransportError } from '../../drivers/transport/errors.ts';
import type { HostSession } from './session.ts';

/** Why a session is over. */
export interface SessionEnd {
  reason: unknown;
  /** The login is over too, not only libvirt's connection. */
  linkGone: boolean;
}

/** Resolves when the session's connection or its link has ended, or the signal is aborted. */
export async function sessionEnd(session: HostSession, signal: AbortSignal): Promise<SessionEnd> {
  let stop: () => void = () => undefined;
  const aborted = new Promise<SessionEnd>((resolve) => {
    stop = () => resolve({ reason: null, linkGone: true });
  });
  if (signal.aborted) stop();
  signal.addEventListener('abort', stop, { once: true });
  const ofClient = session.client.closed.then((error) => ({
    reason: error,
    // Silence that keepalive noticed is the link's; an end that came over the link is the daemon's own.
    linkGone: !(error instanceof LinkError) || error.code !== 'LINK_CLOSED',
  }));
  const ofLink = session.link.closed.then((error) => ({
    reason: error ?? new TransportError('CLOSED', 'The link was closed'),
    linkGone: true,
  }));
  const end = await Promise.race([ofClient, ofLink, aborted]);
  signal.removeEventListener('abort', stop);
  return end;
}
