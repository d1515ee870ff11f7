import { Button, Checkbox, Collapse, TextInput, UnstyledButton } from '@mantine/core';
import type { UseFormReturnType } from '@mantine/form';
import { useForm } from '@mantine/form';
import { IconChevronDown, IconChevronRight } from '@tabler/icons-react';
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
import { TargetField } from './target-field.tsx';
import { useAdding, type HostFields } from './use-connecting.ts';

const EMPTY: HostFields = {
  target: '',
  name: '',
  keyFile: '',
  connectAtStart: true,
  setBalloonPeriod: false,
};

/** Adds a host (no `id`) or edits a saved one. */
export function HostDialog({ id, target, onClose }: { id?: string; target?: string; onClose: () => void }) {
  return id === undefined ? (
    <AddHost target={target ?? ''} onClose={onClose} />
  ) : (
    <EditHost id={id} onClose={onClose} />
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
          initial={{ ...EMPTY, target, ...adding.input }}
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

function EditHost({ id, onClose }: { id: string; onClose: () => void }) {
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
  /** The word on the button that does it. */
  readonly action: string;
  readonly busy: boolean;
  readonly failure: Failure | null;
  readonly onCancel: () => void;
  readonly onSubmit: (input: HostFields) => Promise<void>;
}

function HostForm({ initial, action, busy, failure, onCancel, onSubmit }: HostFormProps) {
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
      <MoreFields form={form} open={initial.name !== '' || initial.keyFile !== ''} />
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

function MoreFields({
  form,
  open,
}: {
  form: Pick<UseFormReturnType<HostFields>, 'getInputProps'>;
  open: boolean;
}) {
  const { t } = useTranslation('hosts');
  const [shown, setShown] = useState(open);
  const Icon = shown ? IconChevronDown : IconChevronRight;
  return (
    <>
      <UnstyledButton className="row muted small" aria-expanded={shown} onClick={() => setShown(!shown)}>
        <Icon size={14} aria-hidden="true" />
        {t('moreOptions')}
      </UnstyledButton>
      <Collapse expanded={shown} transitionDuration={0}>
        <div style={{ display: 'grid', gap: 12 }}>
          <TextInput
            label={t('fields.name')}
            description={t('fields.nameHelp')}
            maxLength={200}
            {...form.getInputProps('name')}
          />
          <TextInput
            label={t('fields.keyFile')}
            description={t('fields.keyFileHelp')}
            placeholder="~/.ssh/id_ed25519"
            spellCheck={false}
            {...form.getInputProps('keyFile')}
          />
          <Checkbox
            label={t('fields.connectAtStart')}
            {...form.getInputProps('connectAtStart', { type: 'checkbox' })}
          />
          <Checkbox
            label={t('fields.balloon')}
            description={t('fields.balloonHelp')}
            {...form.getInputProps('setBalloonPeriod', { type: 'checkbox' })}
          />
        </div>
      </Collapse>
    </>
  );
}

/** Empty means none: a name or key file that was deleted is not to stay. */
function trimmed(fields: HostFields): HostFields {
  const { target, name, keyFile, ...more } = fields;
  return { target: target.trim(), name: name.trim(), keyFile: keyFile.trim(), ...more };
}
