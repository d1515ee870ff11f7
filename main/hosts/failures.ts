import { LibvirtError, LinkError } from '../../drivers/rpc/errors.ts';
import { TransportError, type TransportErrorCode } from '../../drivers/transport/errors.ts';
import type { Failure, LibvirtFailure } from '../contract/failure.ts';
import type { FailureCode } from '../contract/failure-codes.ts';

/** A Failure on its way up: thrown where the sentence and the code are known already. */
export class FailureError extends Error {
  override readonly name = 'FailureError';
  readonly failure: Failure;

  constructor(failure: Failure, cause?: unknown) {
    super(failure.message, cause === undefined ? undefined : { cause });
    this.failure = failure;
  }
}

/** The request itself is wrong; nothing was sent to a host. */
export class BadInput extends FailureError {
  constructor(message: string) {
    super({ code: 'BAD_INPUT', message });
  }
}

export interface FailureContext {
  /** One sentence: what did not happen and where. */
  message: string;
  host?: { id: string; name: string };
}

/** Longest text of a lower layer that is passed on. */
const MAX_DETAIL = 4000;

/**
 * What a person is told of an error of any layer. libvirt's error keeps all its words; an SSH or socket error keeps its text as
 * `detail`; an error that we did not expect is INTERNAL and gives nothing of itself away (log it where it is caught).
 */
export function toFailure(error: unknown, context: FailureContext): Failure {
  const host = context.host === undefined ? {} : { host: context.host };
  const base = { message: context.message, ...host };
  if (error instanceof FailureError) return { ...host, ...error.failure };
  if (error instanceof LibvirtError)
    return { code: libvirtCode(error), ...base, libvirt: libvirtWords(error) };
  if (error instanceof LinkError) {
    return { code: LINK_CODES[error.code], ...base, ...detail(linkWords(error)) };
  }
  if (error instanceof TransportError) {
    const hostKey = error.hostKey === null ? {} : { hostKey: error.hostKey };
    return { code: transportCode(error), ...base, ...detail(transportWords(error)), ...hostKey };
  }
  if (isAbort(error)) return { code: 'CANCELLED', ...base };
  return { code: 'INTERNAL', ...base };
}

/** What libvirt or the link said of a failure, as a sentence to follow another: without the name of the call that waited, which tells a person nothing. */
export function saidOf({ libvirt, detail = '' }: Failure): string {
  const said = (libvirt?.message ?? detail.replace(CALL, '')).trim();
  if (said === '') return '';
  const sentence = libvirt === undefined ? said.charAt(0).toUpperCase() + said.slice(1) : said;
  return /[.!?]$/.test(sentence) ? sentence : `${sentence}.`;
}

/** `domainGetXmlDesc: ` of a LinkError. */
const CALL = /^[a-z]+[A-Z][A-Za-z0-9]*: /;

/** The failure of an attempt to connect: whatever it waited for, nothing was done on the host. */
export function notReached(failure: Failure): Failure {
  const nothingDone = failure.code === 'LINK_LOST' || failure.code === 'TIMEOUT';
  return nothingDone ? { ...failure, code: 'HOST_UNREACHABLE' } : failure;
}

/** Whether the error is one that `toFailure` explains; others are faults of ours and belong into the log. */
export function isExpected(error: unknown): boolean {
  return (
    error instanceof FailureError ||
    error instanceof LibvirtError ||
    error instanceof LinkError ||
    error instanceof TransportError ||
    isAbort(error)
  );
}

function isAbort(error: unknown): boolean {
  return error instanceof Error && error.name === 'AbortError';
}

const LINK_CODES: Record<LinkError['code'], FailureCode> = {
  LINK_CLOSED: 'LINK_LOST',
  TIMEOUT: 'TIMEOUT',
  CANCELLED: 'CANCELLED',
  // The other side does not speak the protocol; the link was given up because of it.
  PROTOCOL: 'LINK_LOST',
};

const TRANSPORT_CODES: Record<TransportErrorCode, FailureCode> = {
  DNS: 'HOST_UNREACHABLE',
  REFUSED: 'HOST_UNREACHABLE',
  UNREACHABLE: 'HOST_UNREACHABLE',
  TIMEOUT: 'HOST_UNREACHABLE',
  AUTH_FAILED: 'AUTH_FAILED',
  HOST_KEY_CHANGED: 'HOST_KEY_CHANGED',
  HOST_KEY_REFUSED: 'HOST_KEY_REFUSED',
  PERMISSION: 'PERMISSION',
  NO_SUCH_SOCKET: 'LIBVIRT_NOT_RUNNING',
  FORWARDING_DISABLED: 'UNSUPPORTED',
  EXEC: 'UNSUPPORTED',
  CANCELLED: 'CANCELLED',
  CLOSED: 'LINK_LOST',
  BAD_CONFIG: 'BAD_INPUT',
};

function transportCode(error: TransportError): FailureCode {
  return TRANSPORT_CODES[error.code];
}

function libvirtCode(error: LibvirtError): FailureCode {
  if (NOT_FOUND.has(error.code)) return 'NOT_FOUND';
  if (CONFLICT.has(error.code)) return 'CONFLICT';
  if (UNSUPPORTED.has(error.code)) return 'UNSUPPORTED';
  if (PERMISSION.has(error.code)) return 'PERMISSION';
  if (error.code === 'VIR_ERR_OPERATION_ABORTED') return 'CANCELLED';
  return 'LIBVIRT';
}

const NOT_FOUND = new Set([
  'VIR_ERR_NO_DOMAIN',
  'VIR_ERR_NO_STORAGE_POOL',
  'VIR_ERR_NO_STORAGE_VOL',
  'VIR_ERR_NO_NETWORK',
  'VIR_ERR_NO_DOMAIN_SNAPSHOT',
  'VIR_ERR_NO_DOMAIN_CHECKPOINT',
  'VIR_ERR_DEVICE_MISSING',
]);
const CONFLICT = new Set(['VIR_ERR_OPERATION_INVALID', 'VIR_ERR_DOM_EXIST', 'VIR_ERR_RESOURCE_BUSY']);
const UNSUPPORTED = new Set([
  'VIR_ERR_NO_SUPPORT',
  'VIR_ERR_OPERATION_UNSUPPORTED',
  'VIR_ERR_ARGUMENT_UNSUPPORTED',
  'VIR_ERR_CONFIG_UNSUPPORTED',
  'VIR_ERR_NO_CONNECT',
]);
const PERMISSION = new Set([
  'VIR_ERR_OPERATION_DENIED',
  'VIR_ERR_ACCESS_DENIED',
  'VIR_ERR_AUTH_FAILED',
  'VIR_ERR_AUTH_CANCELLED',
  'VIR_ERR_AUTH_UNAVAILABLE',
]);

function libvirtWords(error: LibvirtError): LibvirtFailure {
  return {
    code: error.code,
    codeNumber: error.codeNumber,
    domain: error.domain,
    level: error.level,
    message: error.message,
  };
}

function linkWords(error: LinkError): string {
  const cause = error.cause instanceof Error ? error.cause.message : '';
  return cause === '' || error.message.includes(cause) ? error.message : `${error.message}: ${cause}`;
}

function transportWords(error: TransportError): string {
  if (error.detail === null || error.message.includes(error.detail)) return error.message;
  return `${error.message}\n${error.detail}`;
}

function detail(text: string): { detail?: string } {
  return text === '' ? {} : { detail: text.slice(0, MAX_DETAIL) };
}
