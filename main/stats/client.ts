import type { RemoteApi, RemoteArgs } from '../../drivers/libvirt/api.ts';
import type { DecodedCallOptions } from '../../drivers/rpc/connection.ts';
import { LibvirtError } from '../../drivers/rpc/errors.ts';

/** The calls of a LibvirtClient that sampling makes. */
export type StatsRemote = Pick<
  RemoteApi,
  | 'connectListAllDomains'
  | 'domainGetInfo'
  | 'domainGetXmlDesc'
  | 'domainMemoryStats'
  | 'domainBlockStatsFlags'
  | 'domainInterfaceStats'
  | 'domainSetMemoryStatsPeriod'
  | 'nodeGetCpuStats'
  | 'nodeGetMemoryStats'
>;

export interface StatsClient {
  readonly remote: StatsRemote;
  /** The call for all machines, its reply read by a decoder of the caller's. */
  callDecoded<T>(
    name: 'connectGetAllDomainStats',
    args: RemoteArgs<'connectGetAllDomainStats'>,
    options: DecodedCallOptions<T>,
  ): Promise<T>;
}

/** What a driver answers to a call that it has not got, or a daemon older than the call. */
const UNSUPPORTED: ReadonlySet<string> = new Set([
  'VIR_ERR_NO_SUPPORT',
  'VIR_ERR_RPC',
  'VIR_ERR_CONFIG_UNSUPPORTED',
  'VIR_ERR_OPERATION_UNSUPPORTED',
  'VIR_ERR_ARGUMENT_UNSUPPORTED',
]);

export function isUnsupported(error: unknown): boolean {
  return error instanceof LibvirtError && UNSUPPORTED.has(error.code);
}

/** libvirt's answer to a flag that its driver does not know (virCheckFlags). */
export function isBadFlag(error: unknown): boolean {
  return error instanceof LibvirtError && (error.code === 'VIR_ERR_INVALID_ARG' || isUnsupported(error));
}
