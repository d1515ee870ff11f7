import { failure } from '../failures.ts';
import type { Handlers } from './table.ts';

/** Kinds of objects that a simulated host has none of. */
export const emptyListHandlers: Handlers = {
  connectListAllNwfilters: () => ({ filters: [], ret: 0 }),
  connectNumOfNwfilters: () => ({ num: 0 }),
  connectListNwfilters: () => ({ names: [] }),
  connectListAllNwfilterBindings: () => ({ bindings: [], ret: 0 }),
  nwfilterLookupByName: ({ name }) => {
    throw failure('VIR_ERR_NO_NWFILTER', `no nwfilter with matching name '${name}'`, 'VIR_FROM_NWFILTER');
  },
  connectListAllSecrets: () => ({ secrets: [], ret: 0 }),
  connectNumOfSecrets: () => ({ num: 0 }),
  connectListSecrets: () => ({ uuids: [] }),
  connectListAllInterfaces: () => ({ ifaces: [], ret: 0 }),
  connectNumOfInterfaces: () => ({ num: 0 }),
  connectListInterfaces: () => ({ names: [] }),
  connectNumOfDefinedInterfaces: () => ({ num: 0 }),
  connectListDefinedInterfaces: () => ({ names: [] }),
  interfaceLookupByName: ({ name }) => {
    throw failure('VIR_ERR_NO_INTERFACE', `couldn't find interface named '${name}'`, 'VIR_FROM_INTERFACE');
  },
};
