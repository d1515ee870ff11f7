import { lazy, Suspense } from 'react';
import { closeStorageDialog, useStorageDialog } from './dialogs.ts';
import { CloneDialog } from './clone-dialog.tsx';
import { CreateVolumeDialog } from './create-volume-dialog.tsx';
import { DeletePoolDialog, DeleteVolumeDialog } from './delete-dialogs.tsx';
import { MoveDialog } from './move-dialog.tsx';
import { ResizeDialog } from './resize-dialog.tsx';
import { StopDialog, WipeDialog } from './question-dialogs.tsx';
import { UploadDialog } from './upload-dialog.tsx';
import { XmlDialog } from './xml-dialog.tsx';

/** Seldom needed, and large. */
const PoolSheet = lazy(async () => ({ default: (await import('./pool-sheet.tsx')).PoolSheet }));

/** The dialogs of the storage page. */
export function StorageDialogs() {
  const dialog = useStorageDialog();
  const onClose = closeStorageDialog;
  switch (dialog?.kind) {
    case undefined:
      return null;
    case 'createPool':
      return (
        <Suspense>
          <PoolSheet host={dialog.host} onClose={onClose} />
        </Suspense>
      );
    case 'deletePool':
      return <DeletePoolDialog pool={dialog.pool} onClose={onClose} />;
    case 'stopPool':
      return <StopDialog pool={dialog.pool} onClose={onClose} />;
    case 'poolXml':
      return <XmlDialog pool={dialog.pool} volume={null} onClose={onClose} />;
    case 'createVolume':
      return <CreateVolumeDialog pool={dialog.pool} onClose={onClose} />;
    case 'upload':
      return <UploadDialog pool={dialog.pool} files={dialog.files} onClose={onClose} />;
    case 'resize':
      return <ResizeDialog pool={dialog.pool} volume={dialog.volume} onClose={onClose} />;
    case 'clone':
      return <CloneDialog pool={dialog.pool} volume={dialog.volume} onClose={onClose} />;
    case 'move':
      return <MoveDialog pool={dialog.pool} volume={dialog.volume} users={dialog.users} onClose={onClose} />;
    case 'wipe':
      return <WipeDialog pool={dialog.pool} volume={dialog.volume} onClose={onClose} />;
    case 'deleteVolume':
      return <DeleteVolumeDialog pool={dialog.pool} volume={dialog.volume} onClose={onClose} />;
    case 'volumeXml':
      return <XmlDialog pool={dialog.pool} volume={dialog.volume} onClose={onClose} />;
  }
}
