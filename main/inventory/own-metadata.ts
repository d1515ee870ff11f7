import type { LibvirtClient } from '../../drivers/libvirt/client.ts';
import {
  virDomainMetadataType,
  virDomainModificationImpact as AFFECT,
} from '../../drivers/libvirt/constants/domain-flags.ts';
import { OWN_METADATA, OWN_PREFIX, type OwnMetadata } from '../../drivers/libvirt/model/index.ts';
import type { DomainRef } from '../../drivers/libvirt/protocol/structs.ts';
import { LibvirtError, type CallOptions } from '../../drivers/rpc/errors.ts';

const type = virDomainMetadataType.VIR_DOMAIN_METADATA_ELEMENT;

/** The machine has none, or its driver keeps none, or the machine is gone: then there is nothing to read. */
const NOTHING = new Set([
  'VIR_ERR_NO_DOMAIN_METADATA',
  'VIR_ERR_NO_DOMAIN',
  'VIR_ERR_NO_SUPPORT',
  'VIR_ERR_ARGUMENT_UNSUPPORTED',
  'VIR_ERR_OPERATION_UNSUPPORTED',
]);

/**
 * The XML of Virtlane's element of one kind in a machine's definition; null: it has none. libvirt gives it without its prefix.
 * @throws LibvirtError, LinkError
 */
export async function readOwnMetadata(
  client: LibvirtClient,
  { dom, kind }: { dom: DomainRef; kind: OwnMetadata },
  options: CallOptions = {},
): Promise<string | null> {
  try {
    const uri = OWN_METADATA[kind];
    return (await client.remote.domainGetMetadata({ dom, type, uri, flags: 0 }, options)).metadata;
  } catch (error) {
    if (error instanceof LibvirtError && NOTHING.has(error.code)) return null;
    throw error;
  }
}

interface OwnMetadataChange {
  readonly dom: DomainRef;
  readonly kind: OwnMetadata;
  readonly xml: string | null;
  readonly running: boolean;
  readonly persistent?: boolean;
}

/**
 * Writes Virtlane's element of one kind, or removes it (null), in the definition and in what runs by it. `persistent`, unless false: it has a
 * definition.
 * @throws LibvirtError, LinkError
 */
export async function writeOwnMetadata(
  client: LibvirtClient,
  { dom, kind, xml, running, persistent = true }: OwnMetadataChange,
  options: CallOptions = {},
): Promise<void> {
  const flags =
    (persistent ? AFFECT.VIR_DOMAIN_AFFECT_CONFIG : 0) | (running ? AFFECT.VIR_DOMAIN_AFFECT_LIVE : 0);
  const args = { dom, type, metadata: xml, key: xml === null ? null : OWN_PREFIX, uri: OWN_METADATA[kind] };
  await client.remote.domainSetMetadata({ ...args, flags }, options);
}
