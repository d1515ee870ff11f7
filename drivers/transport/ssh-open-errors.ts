import { endpoint, errorText, TransportError } from './errors.ts';
import type { SocketVerdict } from './ssh-probe.ts';
import type { SshTarget } from './ssh-target.ts';

/** Reasons of a refused channel (RFC 4254, 5.1). */
export const OPEN_REASON = {
  ADMINISTRATIVELY_PROHIBITED: 1,
  CONNECT_FAILED: 2,
  UNKNOWN_CHANNEL_TYPE: 3,
} as const;

/** The reason code ssh2 puts on the error of a refused channel; null when the channel was not refused by the server. */
export function openReason(error: unknown): number | null {
  if (typeof error !== 'object' || error === null || !('reason' in error)) return null;
  return typeof error.reason === 'number' ? error.reason : null;
}

function advice(path: string): { permission: string; missing: string; silent: string } {
  if (!path.includes('libvirt')) return { permission: '', missing: '', silent: '' };
  return {
    permission: ' Add the user to the group libvirt there (sudo usermod -aG libvirt USER) and connect again.',
    missing: ' Is libvirt installed, and does libvirtd or virtqemud run there?',
    silent: ' Start it there: sudo systemctl start libvirtd (or virtqemud.socket).',
  };
}

/** The error for a unix socket of a host that could not be opened. */
export function unixOpenError(
  target: SshTarget,
  path: string,
  found: { verdict: SocketVerdict; cause: unknown },
): TransportError {
  const { alias, port, user } = target;
  const detail = {
    host: alias,
    port,
    path,
    phase: 'channel' as const,
    detail: errorText(found.cause),
    cause: found.cause,
  };
  const help = advice(path);
  const permission = help.permission.replace('USER', user);
  switch (found.verdict) {
    case 'missing':
      return new TransportError('NO_SUCH_SOCKET', `There is no ${path} on ${alias}.${help.missing}`, detail);
    case 'notSocket':
      return new TransportError('NO_SUCH_SOCKET', `${path} on ${alias} is not a socket`, detail);
    case 'silent':
      return new TransportError(
        'NO_SUCH_SOCKET',
        `Nothing listens on ${path} on ${alias}.${help.silent}`,
        detail,
      );
    case 'denied':
      return new TransportError(
        'PERMISSION',
        `${user} may not open ${path} on ${alias}.${permission}`,
        detail,
      );
    case 'open':
      return new TransportError(
        'FORWARDING_DISABLED',
        `The SSH server of ${alias} does not allow forwarding to sockets: set AllowStreamLocalForwarding to yes in its sshd_config.`,
        detail,
      );
    case 'present':
      return new TransportError(
        'PERMISSION',
        `${path} on ${alias} could not be opened: ${user} may not do it, or nothing listens there, or the SSH server forbids forwarding to sockets.${permission}`,
        detail,
      );
    case 'unclear':
      return new TransportError(
        'NO_SUCH_SOCKET',
        `${path} on ${alias} could not be opened: it does not exist, or ${user} may not open it.${help.missing}${permission}`,
        detail,
      );
  }
}

/** The error for a TCP port as seen from a host. */
export function tcpOpenError(
  target: SshTarget,
  destination: { host: string; port: number },
  cause: unknown,
): TransportError {
  const at = endpoint(destination.host, destination.port);
  const text = errorText(cause);
  const detail = {
    host: target.alias,
    port: destination.port,
    phase: 'channel' as const,
    detail: text,
    cause,
  };
  const reason = openReason(cause);
  if (reason === OPEN_REASON.ADMINISTRATIVELY_PROHIBITED || reason === OPEN_REASON.UNKNOWN_CHANNEL_TYPE) {
    return new TransportError(
      'FORWARDING_DISABLED',
      `The SSH server of ${target.alias} does not allow forwarding to ${at}: see AllowTcpForwarding and PermitOpen in its sshd_config.`,
      detail,
    );
  }
  if (/timed out/i.test(text)) {
    return new TransportError('TIMEOUT', `${at} does not answer ${target.alias}`, detail);
  }
  if (/no route|unreachable/i.test(text)) {
    return new TransportError('UNREACHABLE', `${target.alias} has no route to ${at}`, detail);
  }
  if (/not known|resolve|name resolution/i.test(text)) {
    return new TransportError('DNS', `${target.alias} does not know the name ${destination.host}`, detail);
  }
  return new TransportError('REFUSED', `Nothing listens on ${at} as seen from ${target.alias}`, detail);
}
