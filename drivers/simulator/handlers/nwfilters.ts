import type { NwfilterRef } from '../../libvirt/protocol/structs.ts';
import { uuidFromString, uuidToString } from '../../libvirt/uuid.ts';
import { failure } from '../failures.ts';
import { FILTERS, type Filter } from '../descriptions/filters.ts';
import type { Handlers } from './table.ts';

const refOf = ({ name, uuid }: Filter): NwfilterRef => ({ name, uuid: uuidFromString(uuid) });

function missing(detail: string) {
  return failure('VIR_ERR_NO_NWFILTER', detail, 'VIR_FROM_NWFILTER');
}

function byUuid(uuid: Uint8Array): Filter {
  const wanted = uuidToString(uuid);
  const found = FILTERS.find((filter) => filter.uuid === wanted);
  if (found === undefined) throw missing(`no nwfilter with matching uuid '${wanted}'`);
  return found;
}

/** Filters of network cards: some of those that libvirt brings along. */
export const filterHandlers: Handlers = {
  connectListAllNwfilters: ({ needResults }) => ({
    filters: needResults > 0 ? FILTERS.map(refOf) : [],
    ret: FILTERS.length,
  }),
  connectNumOfNwfilters: () => ({ num: FILTERS.length }),
  connectListNwfilters: ({ maxnames }) => ({
    names: FILTERS.slice(0, Math.max(0, maxnames)).map(({ name }) => name),
  }),
  connectListAllNwfilterBindings: () => ({ bindings: [], ret: 0 }),
  nwfilterLookupByName: ({ name }) => {
    const found = FILTERS.find((filter) => filter.name === name);
    if (found === undefined) throw missing(`no nwfilter with matching name '${name}'`);
    return { nwfilter: refOf(found) };
  },
  nwfilterLookupByUuid: ({ uuid }) => ({ nwfilter: refOf(byUuid(uuid)) }),
  nwfilterGetXmlDesc: ({ nwfilter }) => ({ xml: byUuid(nwfilter.uuid).xml }),
};
