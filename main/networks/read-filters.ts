import type { LibvirtClient } from '../../drivers/libvirt/client.ts';
import { readFilter, type FilterModel } from '../../drivers/libvirt/model/nwfilter.ts';
import type { CallOptions } from '../../drivers/rpc/errors.ts';
import { ifSupported } from '../inventory/read.ts';
import { unlessGone } from './read-networks.ts';

/** All filters of network cards by name; empty where the driver has none. */
export async function readFilters({ remote }: LibvirtClient, options: CallOptions): Promise<FilterModel[]> {
  const listed = await ifSupported(remote.connectListAllNwfilters({ needResults: 1, flags: 0 }, options));
  const filters: FilterModel[] = [];
  for (const nwfilter of listed?.filters ?? []) {
    const reply = await unlessGone(remote.nwfilterGetXmlDesc({ nwfilter, flags: 0 }, options));
    if (reply !== null) filters.push(readFilter(reply.xml));
  }
  return filters.toSorted((a, b) => (a.name < b.name ? -1 : 1));
}
