import type { LibvirtClient } from '../../drivers/libvirt/client.ts';
import { readPoolSources } from '../../drivers/libvirt/model/index.ts';
import { LibvirtError } from '../../drivers/rpc/errors.ts';
import { FailureError } from '../hosts/failures.ts';
import { explainPool } from './pool-refusals.ts';

/** Looking through all devices of a host takes its time. */
const LIMIT_MS = 300_000;
/** The type has no such call, or the host's libvirt is built without it. */
const CANNOT_LOOK: ReadonlySet<string> = new Set(['VIR_ERR_NO_SUPPORT', 'VIR_ERR_OPERATION_UNSUPPORTED']);

function findsNothing({ code, message }: LibvirtError): boolean {
  return CANNOT_LOOK.has(code) || /no storage pools were found/.test(message);
}

/** What a host finds for a type of pool (virConnectFindStoragePoolSources); none where it cannot look. */
export async function findSources(
  client: LibvirtClient,
  { type, srcSpec }: { readonly type: string; readonly srcSpec: string | null },
  options: { readonly signal?: AbortSignal } = {},
): Promise<ReturnType<typeof readPoolSources>> {
  try {
    const call = client.remote.connectFindStoragePoolSources(
      { type, srcSpec, flags: 0 },
      { timeoutMs: LIMIT_MS, ...options },
    );
    return readPoolSources((await call).xml);
  } catch (error) {
    if (error instanceof LibvirtError && findsNothing(error)) return [];
    throw explainPool(error, type);
  }
}

/** Names of the volume groups of LVM that a host has; none where it has no LVM. */
export async function volumeGroups(client: LibvirtClient): Promise<string[]> {
  try {
    return (await findSources(client, { type: 'logical', srcSpec: null })).flatMap(({ name }) => name ?? []);
  } catch (error) {
    // Without LVM’s commands there is no answer, and building it fails with libvirt's own words.
    if (error instanceof LibvirtError || error instanceof FailureError) return [];
    throw error;
  }
}

export function groupExists(name: string): string {
  return `The volume group ${name} is there already: a pool of it needs nothing built.`;
}
