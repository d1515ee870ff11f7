import { LibvirtError } from '../rpc/errors.ts';
import type { CallOptions } from '../rpc/errors.ts';
import { virConnectFlags } from './constants/connect.ts';
import type { RemoteApi } from './api.ts';

/** remote_auth_type */
const authType = { NONE: 0, SASL: 1, POLKIT: 2 } as const;

/** VIR_DRV_FEATURE_PROGRAM_KEEPALIVE (libvirt_internal.h): asking for it also makes the server ping. */
const FEATURE_KEEPALIVE = 10;

export interface OpenOptions {
  uri: string | null;
  readOnly: boolean;
  keepalive: boolean;
}

/**
 * Authenticates and opens the driver; two round trips.
 * @returns whether the host answers keepalive
 * @throws LibvirtError VIR_ERR_AUTH_UNAVAILABLE when the host demands SASL
 */
export async function openConnection(
  remote: RemoteApi,
  { uri, readOnly, keepalive }: OpenOptions,
  options: CallOptions,
): Promise<boolean> {
  const { types } = await remote.authList(undefined, options);
  await authenticate(remote, types, options);
  const flags = readOnly ? virConnectFlags.VIR_CONNECT_RO : 0;
  const [feature] = await Promise.all([
    keepalive ? supportsKeepalive(remote, options) : false,
    remote.connectOpen({ name: uri, flags }, options),
  ]);
  return feature;
}

async function authenticate(remote: RemoteApi, types: number[], options: CallOptions): Promise<void> {
  if (types.length === 0 || types.includes(authType.NONE)) return;
  if (types.includes(authType.POLKIT)) {
    await remote.authPolkit(undefined, options);
    return;
  }
  throw new LibvirtError({
    code: 'VIR_ERR_AUTH_UNAVAILABLE',
    domain: 'VIR_FROM_RPC',
    message: types.includes(authType.SASL)
      ? 'authentication unavailable: the host demands SASL, which is not supported'
      : `authentication unavailable: the host demands the unknown kinds ${types.join(', ')}`,
    procedure: 'authList',
  });
}

/** A host that does not know the question does not know keepalive. */
async function supportsKeepalive(remote: RemoteApi, options: CallOptions): Promise<boolean> {
  try {
    return (await remote.connectSupportsFeature({ feature: FEATURE_KEEPALIVE }, options)).supported === 1;
  } catch (error) {
    if (error instanceof LibvirtError) return false;
    throw error;
  }
}
