import { Checkbox, Collapse, TextInput, UnstyledButton } from '@mantine/core';
import type { UseFormReturnType } from '@mantine/form';
import { IconChevronDown, IconChevronRight } from '@tabler/icons-react';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { HostFields } from './use-connecting.ts';

export const NO_HOST: HostFields = {
  target: '',
  name: '',
  keyFile: '',
  connectAtStart: true,
  setBalloonPeriod: false,
};

/** What a host may be given beside its address, behind a button until it is wanted. */
export function MoreFields({
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
export function trimmed(fields: HostFields): HostFields {
  const { target, name, keyFile, ...more } = fields;
  return { target: target.trim(), name: name.trim(), keyFile: keyFile.trim(), ...more };
}
