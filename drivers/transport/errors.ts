/** Every way in which a link to a host can fail, as one closed list. */
export const TRANSPORT_ERROR_CODES = [
  /** The name of the host has no address. */
  'DNS',
  /** The machine answers, and nothing listens on that port. */
  'REFUSED',
  /** There is no route to the host. */
  'UNREACHABLE',
  /** Nothing came within the time limit; `phase` says what was waited for. */
  'TIMEOUT',
  /** The SSH server accepted none of the ways to log in. */
  'AUTH_FAILED',
  /** The SSH server shows another key than the one known, or one that was revoked; `hostKey` has both. */
  'HOST_KEY_CHANGED',
  /** The person did not accept the unknown key of an SSH server. */
  'HOST_KEY_REFUSED',
  /** The user who is logged in may not open that socket. */
  'PERMISSION',
  /** The socket does not exist, or nothing listens on it. */
  'NO_SUCH_SOCKET',
  /** The SSH server's configuration forbids forwarding to sockets or ports. */
  'FORWARDING_DISABLED',
  /** The login may run no programs on the host, or one did what no program should. */
  'EXEC',
  /** The caller's signal was aborted, or the person gave up the login. */
  'CANCELLED',
  /** The link ended while it was in use or being opened. */
  'CLOSED',
  /** The target, ~/.ssh/config or a key file asks for something that cannot be done. */
  'BAD_CONFIG',
] as const;

export type TransportErrorCode = (typeof TRANSPORT_ERROR_CODES)[number];

/** What was going on when a link failed. */
export type TransportPhase = 'dns' | 'tcp' | 'banner' | 'keys' | 'login' | 'channel' | 'open';

/** A host key that is not the one known. Fingerprints as `ssh-keygen -l` prints them: `SHA256:…`. */
export interface HostKeyConflict {
  known: string[];
  offered: string;
  /** Type of the key offered, `ssh-ed25519` and so on. */
  keyType: string;
  /** Where the known key stands, as `file:line`. */
  knownIn: string;
}

export interface TransportErrorDetail {
  host?: string;
  port?: number;
  /** Path of the socket concerned. */
  path?: string;
  phase?: TransportPhase;
  /** Text of the lower layer (the system, the SSH server). Never a secret. */
  detail?: string;
  hostKey?: HostKeyConflict;
  cause?: unknown;
}

/** A link could not be opened or was lost. `message` is a sentence for a person and names host and what failed. */
export class TransportError extends Error {
  override readonly name = 'TransportError';
  readonly code: TransportErrorCode;
  readonly host: string | null;
  readonly port: number | null;
  readonly path: string | null;
  readonly phase: TransportPhase | null;
  readonly detail: string | null;
  readonly hostKey: HostKeyConflict | null;

  constructor(code: TransportErrorCode, message: string, detail: TransportErrorDetail = {}) {
    super(message, detail.cause === undefined ? undefined : { cause: detail.cause });
    this.code = code;
    this.host = detail.host ?? null;
    this.port = detail.port ?? null;
    this.path = detail.path ?? null;
    this.phase = detail.phase ?? null;
    this.detail = detail.detail ?? null;
    this.hostKey = detail.hostKey ?? null;
  }
}

/** The `code` of a system error (`ECONNREFUSED`), or null. */
export function systemCode(error: unknown): string | null {
  if (typeof error !== 'object' || error === null || !('code' in error)) return null;
  return typeof error.code === 'string' ? error.code : null;
}

/** The text of whatever was thrown. */
export function errorText(error: unknown): string {
  if (error instanceof Error && error.message !== '') return error.message;
  return systemCode(error) ?? String(error);
}

/** `host:port`, with brackets around an IPv6 address. */
export function endpoint(host: string, port: number): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}

/** Turns an error of connecting a TCP socket into a TransportError that names the host. */
export function tcpError(error: unknown, host: string, port: number): TransportError {
  const at = endpoint(host, port);
  const detail = { host, port, detail: errorText(error), cause: error };
  switch (systemCode(error)) {
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
    case 'EAI_NODATA':
    case 'EAI_NONAME':
      return new TransportError('DNS', `The name ${host} has no address`, { ...detail, phase: 'dns' });
    case 'ECONNREFUSED':
      return new TransportError('REFUSED', `${at} refuses the connection: nothing listens on that port`, {
        ...detail,
        phase: 'tcp',
      });
    case 'EHOSTUNREACH':
    case 'ENETUNREACH':
    case 'EHOSTDOWN':
    case 'ENETDOWN':
    case 'EADDRNOTAVAIL':
      return new TransportError('UNREACHABLE', `There is no route to ${at}`, { ...detail, phase: 'tcp' });
    case 'ETIMEDOUT':
      return new TransportError('TIMEOUT', `${at} does not answer`, { ...detail, phase: 'tcp' });
    default:
      return new TransportError('CLOSED', `The connection to ${at} failed: ${errorText(error)}`, {
        ...detail,
        phase: 'tcp',
      });
  }
}

/** The error of an aborted signal. */
export function cancelled(what: string, cause?: unknown): TransportError {
  return new TransportError('CANCELLED', `${what} was cancelled`, { cause });
}
