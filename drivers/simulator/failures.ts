import { LibvirtError } from '../rpc/errors.ts';

/** How libvirt begins the message of an error (virErrorMsg), for the errors that the simulation gives. */
const PREFIXES = {
  VIR_ERR_INTERNAL_ERROR: 'internal error',
  VIR_ERR_NO_SUPPORT: 'this function is not supported by the connection driver',
  VIR_ERR_INVALID_ARG: 'invalid argument',
  VIR_ERR_OPERATION_FAILED: 'operation failed',
  VIR_ERR_XML_ERROR: 'XML error',
  VIR_ERR_SYSTEM_ERROR: '',
  VIR_ERR_NO_NAME: '',
  VIR_ERR_XML_DETAIL: '',
  VIR_ERR_STORAGE_VOL_EXIST: '',
  VIR_ERR_ARGUMENT_UNSUPPORTED: 'argument unsupported',
  VIR_ERR_CONFIG_UNSUPPORTED: 'unsupported configuration',
  VIR_ERR_OPERATION_UNSUPPORTED: 'Operation not supported',
  VIR_ERR_NO_DOMAIN: 'Domain not found',
  VIR_ERR_NO_NETWORK: 'Network not found',
  VIR_ERR_NO_STORAGE_POOL: 'Storage pool not found',
  VIR_ERR_NO_STORAGE_VOL: 'Storage volume not found',
  VIR_ERR_OPERATION_INVALID: 'Requested operation is not valid',
  VIR_ERR_NO_SECRET: 'Secret not found',
  VIR_ERR_NO_NWFILTER: 'Network filter not found',
  VIR_ERR_NO_NODE_DEVICE: 'Node device not found',
  VIR_ERR_NO_INTERFACE: 'Interface not found',
  VIR_ERR_NO_DOMAIN_SNAPSHOT: 'Domain snapshot not found',
  VIR_ERR_NO_DOMAIN_CHECKPOINT: 'Domain checkpoint not found',
  VIR_ERR_OPERATION_ABORTED: 'operation aborted',
  VIR_ERR_AGENT_UNRESPONSIVE: 'Guest agent is not responding',
  VIR_ERR_NO_DOMAIN_METADATA: 'metadata not found',
  VIR_ERR_NO_DOMAIN_BACKUP: 'Domain backup job id not found',
} as const;

export type FailureName = keyof typeof PREFIXES;
export type FailureOrigin =
  | 'VIR_FROM_QEMU'
  | 'VIR_FROM_XML'
  | 'VIR_FROM_DOMAIN'
  | 'VIR_FROM_STORAGE'
  | 'VIR_FROM_STREAMS'
  | 'VIR_FROM_NETWORK'
  | 'VIR_FROM_RPC'
  | 'VIR_FROM_REMOTE'
  | 'VIR_FROM_NODEDEV'
  | 'VIR_FROM_NWFILTER'
  | 'VIR_FROM_SECRET'
  | 'VIR_FROM_INTERFACE';

/** An error as libvirt's QEMU driver would report it: `Domain not found: no domain with matching name 'x'`. */
export function failure(
  code: FailureName,
  detail: string,
  domain: FailureOrigin = 'VIR_FROM_QEMU',
): LibvirtError {
  const prefix = PREFIXES[code];
  return new LibvirtError({
    code,
    domain,
    message: prefix === '' ? detail : `${prefix}: ${detail}`,
    // virReportError leaves the format in str1 and what was put into it in str2.
    str1: prefix === '' ? '%s' : `${prefix}: %s`,
    str2: detail,
    int1: -1,
    int2: -1,
  });
}

/** As virReportSystemError does for ENOENT: the error's number is kept in int1. */
export function noSuchFile(what: string, domain: FailureOrigin = 'VIR_FROM_QEMU'): LibvirtError {
  const message = `${what}: No such file or directory`;
  return new LibvirtError({
    code: 'VIR_ERR_SYSTEM_ERROR',
    domain,
    message,
    str1: '%s',
    str2: message,
    int1: 2,
    int2: -1,
  });
}

/** The reply to a call that the simulation does not have, by the name of the C function's procedure. */
export function unsupported(procedure: string): LibvirtError {
  return failure('VIR_ERR_NO_SUPPORT', procedure, 'VIR_FROM_DOMAIN');
}
