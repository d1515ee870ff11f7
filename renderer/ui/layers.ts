import { useEffect, useState } from 'react';
import { createStore, useSelected } from '../state/store.ts';

interface Layer {
  readonly z: number;
}

/** The dialogs that are open, the one on top last. */
const layers = createStore<readonly Layer[]>([]);

/** Whether the dialog that calls it is the one on top, which alone may close on Escape: Mantine's close all at once. */
export function useIsTopLayer(z: number): boolean {
  const [layer] = useState<Layer>(() => ({ z }));
  useEffect(() => {
    // A sort keeps the order of those at the same height: the newer one is on top.
    layers.update((open) => [...open, layer].sort((a, b) => a.z - b.z));
    return () => layers.update((open) => open.filter((one) => one !== layer));
  }, [layer]);
  return useSelected(layers, (open) => open.at(-1) === layer);
}
