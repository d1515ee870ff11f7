import type { Handlers } from './table.ts';

/** Kinds of objects that a simulated host has none of. */
export const emptyListHandlers: Handlers = {
  connectListAllSecrets: () => ({ secrets: [], ret: 0 }),
  connectNumOfSecrets: () => ({ num: 0 }),
  connectListSecrets: () => ({ uuids: [] }),
};
