import { lazy, Suspense } from 'react';
import { closeDialog, openDialog, useDialog } from '../../state/dialogs.ts';
import { HostDialog } from '../hosts/host-dialog.tsx';
import { Notices } from '../hosts/notices.tsx';
import { PromptDialog } from '../hosts/prompt-dialog.tsx';
import { RemoveHostDialog } from '../hosts/remove-host-dialog.tsx';
import { KeysDialog } from './keys-dialog.tsx';
import { SettingsDialog } from './settings-dialog.tsx';

/** The largest of all dialogs: it is loaded when it is first opened. */
const CreateWizard = lazy(async () => ({
  default: (await import('../../wizards/create/create-wizard.tsx')).CreateWizard,
}));

const TemplateWizard = lazy(async () => ({
  default: (await import('../../wizards/template/template-wizard.tsx')).TemplateWizard,
}));

const CloneWizard = lazy(async () => ({
  default: (await import('../../wizards/clone/clone-wizard.tsx')).CloneWizard,
}));

const MigrateWizard = lazy(async () => ({
  default: (await import('../../wizards/migrate/migrate-wizard.tsx')).MigrateWizard,
}));

const EvacuateWizard = lazy(async () => ({
  default: (await import('../../wizards/evacuate/evacuate-wizard.tsx')).EvacuateWizard,
}));

/** The dialogs that the frame itself opens. A host's question comes over whatever else is open. */
export function FrameDialogs() {
  const dialog = useDialog();
  return (
    <>
      {dialog?.kind === 'addHost' && <HostDialog target={dialog.target ?? ''} onClose={closeDialog} />}
      {dialog?.kind === 'editHost' && (
        <HostDialog key={dialog.id} id={dialog.id} more={dialog.more ?? false} onClose={closeDialog} />
      )}
      {dialog?.kind === 'removeHost' && <RemoveHostDialog id={dialog.id} onClose={closeDialog} />}
      {dialog?.kind === 'settings' && <SettingsDialog onClose={closeDialog} />}
      {dialog?.kind === 'keys' && <KeysDialog onClose={closeDialog} />}
      {dialog?.kind === 'createMachine' && (
        <Suspense>
          <CreateWizard host={dialog.host ?? null} onClose={closeDialog} />
        </Suspense>
      )}
      {dialog?.kind === 'fromTemplate' && (
        <Suspense>
          <TemplateWizard
            key={`${dialog.host}/${dialog.uuid}`}
            host={dialog.host}
            uuid={dialog.uuid}
            onClose={closeDialog}
          />
        </Suspense>
      )}
      {dialog?.kind === 'clone' && (
        <Suspense>
          <CloneWizard
            key={`${dialog.host}/${dialog.uuid}`}
            host={dialog.host}
            uuid={dialog.uuid}
            onClose={closeDialog}
          />
        </Suspense>
      )}
      {dialog?.kind === 'migrate' && (
        <Suspense>
          <MigrateWizard
            key={JSON.stringify(dialog)}
            machines={dialog.machines}
            to={dialog.to ?? null}
            networks={dialog.networks ?? {}}
            onClose={() => {
              if (dialog.evacuates === undefined) closeDialog();
              else openDialog({ kind: 'evacuate', host: dialog.evacuates });
            }}
          />
        </Suspense>
      )}
      {dialog?.kind === 'evacuate' && (
        <Suspense>
          <EvacuateWizard key={dialog.host} host={dialog.host} onClose={closeDialog} />
        </Suspense>
      )}
      <PromptDialog />
      <Notices />
    </>
  );
}
