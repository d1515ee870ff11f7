import { Button } from '@mantine/core';
import { useForm } from '@mantine/form';
import { useEffect, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Failure } from '../../../main/contract/failure.ts';
import type { SavedHost } from '../../../main/contract/host.ts';
import { api } from '../../api/client.ts';
import { failureOf } from '../../api/failure.ts';
import { useHost } from '../../state/inventory.ts';
import { Dialog, DialogButtons } from '../../ui/dialog.tsx';
import { FailureView } from '../../ui/failure-view.tsx';
import { ConnectingPanel } from './connecting-panel.tsx';
import { MoreFields, NO_HOST, trimmed } from './host-fields.tsx';
import { TargetField } from './target-field.tsx';
import { useAdding, type HostFields } from './use-connecting.ts';

interface HostDialogProps {
  readonly id?: string;
  readonly target?: string;
  /** All options are shown from the beginning. */
  readonly more?: boolean;
  readonly onClose: () => void;
}

/** Adds a host (no `id`) or edits a saved one. */
export function HostDialog({ id, target, more = false, onClose }: HostDialogProps) {
  return id === undefined ? (
    <AddHost target={target ?? ''} onClose={onClose} />
  ) : (
    <EditHost id={id} more={more} onClose={onClose} />
  );
}

function AddHost({ target, onClose }: { target: string; onClose: () => void }) {
  const { t } = useTranslation('hosts');
  const adding = useAdding();
  const cancel = (): void => {
    adding.drop();
    onClose();
  };
  return (
    <Dialog title={t('addTitle')} onClose={cancel}>
      {adding.id === null ? (
        <HostForm
          initial={{ ...NO_HOST, target, ...adding.input }}
          action={t('connect')}
          busy={adding.busy}
          failure={adding.failure}
          onCancel={onClose}
          onSubmit={adding.add}
        />
      ) : (
        <ConnectingPanel id={adding.id} onDone={onClose} onEdit={adding.drop} onCancel={cancel} />
      )}
    </Dialog>
  );
}

function EditHost({ id, more, onClose }: { id: string; more: boolean; onClose: () => void }) {
  const { t } = useTranslation(['hosts', 'common']);
  const host = useHost(id);
  const [saved, setSaved] = useState<SavedHost | null>(null);
  const [busy, setBusy] = useState(false);
  const [failure, setFailure] = useState<Failure | null>(null);
  useEffect(() => {
    const asked = new AbortController();
    api.host.saved({ id }, { signal: asked.signal }).then(setSaved, (error: unknown) => {
      if (!asked.signal.aborted) setFailure(failureOf(error));
    });
    return () => asked.abort();
  }, [id]);
  const save = async (input: HostFields): Promise<void> => {
    setBusy(true);
    setFailure(null);
    try {
      await api.host.update({ id, ...input });
      onClose();
    } catch (error) {
      setFailure(failureOf(error));
      setBusy(false);
    }
  };
  return (
    <Dialog title={t('hosts:editTitle', { name: host?.name ?? '' })} onClose={onClose}>
      {saved === null ? (
        failure !== null && <FailureView failure={failure} />
      ) : (
        <HostForm
          initial={{ ...saved, name: saved.name ?? '', target: saved.uri, keyFile: saved.keyFile ?? '' }}
          more={more}
          action={t('common:save')}
          busy={busy}
          failure={failure}
          onCancel={onClose}
          onSubmit={save}
        />
      )}
    </Dialog>
  );
}

interface HostFormProps {
  readonly initial: HostFields;
  readonly more?: boolean;
  /** The word on the button that does it. */
  readonly action: string;
  readonly busy: boolean;
  readonly failure: Failure | null;
  readonly onCancel: () => void;
  readonly onSubmit: (input: HostFields) => Promise<void>;
}

function HostForm({ initial, more = false, action, busy, failure, onCancel, onSubmit }: HostFormProps) {
  const { t } = useTranslation(['hosts', 'common']);
  const form = useForm<HostFields>({
    initialValues: initial,
    validate: { target: (value) => (value.trim() === '' ? t('hosts:target.missing') : null) },
  });
  // What was not understood belongs to the field; everything else to the whole.
  const wrong = failure?.code === 'BAD_INPUT' ? failure.message : undefined;
  const targetError: unknown = form.errors['target'];
  return (
    <form
      style={{ display: 'grid', gap: 12 }}
      onSubmit={form.onSubmit((fields) => void onSubmit(trimmed(fields)))}
    >
      <TargetField
        value={form.values.target}
        onChange={(value) => form.setFieldValue('target', value)}
        error={typeof targetError === 'string' ? targetError : wrong}
        autoFocus
      />
      <MoreFields form={form} open={more || initial.name !== '' || initial.keyFile !== ''} />
      {failure !== null && wrong === undefined && <FailureView failure={failure} />}
      <DialogButtons>
        <Button onClick={onCancel}>{t('common:cancel')}</Button>
        <Button type="submit" variant="filled" loading={busy}>
          {action}
        </Button>
      </DialogButtons>
    </form>
  );
}
