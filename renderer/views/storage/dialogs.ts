import type { Pool, Volume, VolumeUser } from '../../../main/contract/storage.ts';
import { createStore, useStore } from '../../state/store.ts';

/** The one dialog of the storage page that is open. */
export type StorageDialog =
  | { readonly kind: 'createPool'; readonly host: string }
  | { readonly kind: 'deletePool' | 'stopPool' | 'poolXml' | 'createVolume'; readonly pool: Pool }
  | { readonly kind: 'upload'; readonly pool: Pool; readonly files: readonly File[] }
  | { readonly kind: VolumeDialogKind; readonly pool: Pool; readonly volume: Volume }
  | {
      readonly kind: 'move';
      readonly pool: Pool;
      readonly volume: Volume;
      readonly users: readonly VolumeUser[];
    };

export type VolumeDialogKind = 'resize' | 'clone' | 'wipe' | 'deleteVolume' | 'volumeXml';

const dialog = createStore<StorageDialog | null>(null);

export function openStorageDialog(next: StorageDialog): void {
  dialog.set(next);
}

export function closeStorageDialog(): void {
  dialog.set(null);
}

export function useStorageDialog(): StorageDialog | null {
  return useStore(dialog);
}
