import { virErrorDomain, virErrorLevel, virErrorNumber } from './error-codes.ts';

/** What libvirt says of a failure, under its own names (virError of virterror.h). */
export interface LibvirtErrorFields {
  code: string;
  domain: string;
  level: 'none' | 'warning' | 'error';
  message: string;
  str1: string | null;
  str2: string | null;
  str3: string | null;
  int1: number;
  int2: number;
  /** The procedure that failed; empty when it is not known. */
  procedure: string;
}

const errorNames = namesOf(virErrorNumber);
const domainNames = namesOf(virErrorDomain);

/** `VIR_ERR_NO_DOMAIN` for 42; `VIR_ERR_999` for a number of a newer libvirt. */
export const errorName = (code: number): string => errorNames.get(code) ?? `VIR_ERR_${code}`;
/** `VIR_FROM_QEMU` for 10; `VIR_FROM_999` for a number of a newer libvirt. */
export const errorDomainName = (domain: number): string => domainNames.get(domain) ?? `VIR_FROM_${domain}`;

/** The host's refusal or failure of a call: the call arrived and was answered. */
export class LibvirtError extends Error {
  /** `VIR_ERR_*` */
  readonly code: string;
  readonly codeNumber: number;
  /** `VIR_FROM_*`: the part of libvirt that speaks */
  readonly domain: string;
  readonly domainNumber: number;
  readonly level: 'none' | 'warning' | 'error';
  readonly str1: string | null;
  readonly str2: string | null;
  readonly str3: string | null;
  readonly int1: number;
  readonly int2: number;
  readonly procedure: string;

  constructor(fields: { code: string; message: string } & Partial<LibvirtErrorFields>) {
    super(fields.message);
    this.name = 'LibvirtError';
    this.code = fields.code;
    this.codeNumber = numberOf(virErrorNumber, fields.code);
    this.domain = fields.domain ?? 'VIR_FROM_NONE';
    this.domainNumber = numberOf(virErrorDomain, this.domain);
    this.level = fields.level ?? 'error';
    this.str1 = fields.str1 ?? null;
    this.str2 = fields.str2 ?? null;
    this.str3 = fields.str3 ?? null;
    this.int1 = fields.int1 ?? 0;
    this.int2 = fields.int2 ?? 0;
    this.procedure = fields.procedure ?? '';
  }
}

export type LinkErrorCode =
  /** The link to the host ended; whether a call that was sent took effect is not known. */
  | 'LINK_CLOSED'
  /** The answer did not come in time; the host may still act on the call. */
  | 'TIMEOUT'
  /** The caller gave up; the host may still act on a call that was sent. */
  | 'CANCELLED'
  /** The peer does not speak the protocol as it is written. */
  | 'PROTOCOL';

/** A call that got no answer, and why. */
export class LinkError extends Error {
  readonly code: LinkErrorCode;
  readonly procedure: string | null;

  constructor(code: LinkErrorCode, message: string, details: { procedure?: string; cause?: unknown } = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.name = 'LinkError';
    this.code = code;
    this.procedure = details.procedure ?? null;
  }
}

/** How long and how far a call is waited for. */
export interface CallOptions {
  signal?: AbortSignal;
  /** Milliseconds until the call fails with TIMEOUT; 0 waits for ever. 30,000 unless told. */
  timeoutMs?: number;
  /** The host answers it by itself and at once, whatever its machines do: it may have the place that is kept from what can take long. */
  brief?: boolean;
}

export function levelName(level: number): 'none' | 'warning' | 'error' {
  if (level === virErrorLevel.VIR_ERR_NONE) return 'none';
  return level === virErrorLevel.VIR_ERR_WARNING ? 'warning' : 'error';
}

function namesOf(table: Readonly<Record<string, number>>): ReadonlyMap<number, string> {
  return new Map(Object.entries(table).map(([name, number]) => [number, name]));
}

/** The number of a name of the table, or the one that a made-up name ends in. */
function numberOf(table: Readonly<Record<string, number>>, name: string): number {
  return table[name] ?? Number(/\d+$/.exec(name)?.[0] ?? 1);
}
