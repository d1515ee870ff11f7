import type { LibvirtClient } from '../../drivers/libvirt/client.ts';
import { readNic, type NicModel } from '../../drivers/libvirt/model/nic.ts';
import type { DomainRef as WireDomain } from '../../drivers/libvirt/protocol/structs.ts';
import type { CallOptions } from '../../drivers/rpc/errors.ts';
import { parseXml } from '../../drivers/xml/index.ts';
import { unlessGone } from './read-networks.ts';

/** The cards of a machine: as it runs, or of its definition when it is off. Null when the machine has gone. */
export async function readCards(
  { remote }: LibvirtClient,
  dom: WireDomain,
  options: CallOptions,
): Promise<readonly NicModel[] | null> {
  const reply = await unlessGone(remote.domainGetXmlDesc({ dom, flags: 0 }, options));
  return reply === null ? null : parseXml(reply.xml).root.findAll('devices/interface').map(readNic);
}
