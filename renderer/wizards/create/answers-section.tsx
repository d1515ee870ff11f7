import { Checkbox, PasswordInput, Textarea, TextInput } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import { Checks, Fields, Group, More, Note } from '../sheet/cards.tsx';
import { Wrong } from '../sheet/device-group.tsx';
import { SwitchField } from '../sheet/switch-field.tsx';
import { answersKind, zoneOf, type AnswersKind } from './answers-input.ts';
import { WindowsAnswers } from './answers-windows.tsx';
import { shortKey } from './first-boot-input.ts';
import type { AnswersForm } from './form.ts';
import type { AnswersProps, PartProps } from './parts.ts';
import { saidAt } from './problems.ts';

/** What an installer is told, so that it asks nothing. */
export function AnswersSection(part: PartProps) {
  const { t } = useTranslation('create');
  const { form, options, detection, change } = part;
  const { answers } = form;
  const kind = answersKind(form, options, detection.os);
  const system = options.systems.find(({ id }) => id === detection.os)?.name;
  if (kind === null)
    return <Note>{system === undefined ? t('answers.unknown') : t('answers.notFor', { system })}</Note>;
  const set = (next: Partial<AnswersForm>): void => change({ answers: { ...answers, ...next } });
  return (
    <>
      <SwitchField
        label={t('answers.on')}
        description={t('answers.onHelp')}
        checked={answers.on}
        onChange={(on) => set({ on })}
      />
      <Wrong said={saidAt(part.problems, 'source.unattended')} />
      {answers.on && (
        <>
          <Note tone="warn">{t('answers.wholeDisk')}</Note>
          <Login part={part} set={set} kind={kind} />
          <Place part={part} set={set} kind={kind} />
          {kind === 'autounattend' ? (
            <WindowsAnswers part={part} set={set} />
          ) : (
            <Software part={part} set={set} kind={kind} />
          )}
        </>
      )}
    </>
  );
}

type KindProps = AnswersProps & { readonly kind: AnswersKind };

function Login({ part, set, kind }: KindProps) {
  const { t } = useTranslation('create');
  const { answers } = part.form;
  const windows = kind === 'autounattend';
  return (
    <Group title={t('answers.login')}>
      <Fields>
        <TextInput
          label={t('answers.user')}
          description={t(windows ? 'answers.userWindows' : 'answers.userHelp')}
          value={answers.user}
          error={saidAt(part.problems, 'source.unattended.user')}
          spellCheck={false}
          autoComplete="off"
          onChange={(event) => set({ user: event.currentTarget.value })}
        />
        <PasswordInput
          label={t('answers.password')}
          description={t(windows ? 'answers.passwordWindows' : 'answers.passwordHelp')}
          value={answers.password}
          error={saidAt(part.problems, 'source.unattended.password')}
          autoComplete="new-password"
          visibilityToggleButtonProps={{ 'aria-label': t('answers.showPassword') }}
          onChange={(event) => set({ password: event.currentTarget.value })}
        />
        <TextInput
          label={t('answers.fullName')}
          value={answers.fullName}
          autoComplete="off"
          onChange={(event) => set({ fullName: event.currentTarget.value })}
        />
      </Fields>
      {!windows && <Keys part={part} set={set} />}
    </Group>
  );
}

function Keys({ part, set }: AnswersProps) {
  const { t } = useTranslation('create');
  const { form, options } = part;
  const { keys, moreKeys } = form.answers;
  const chosen = keys ?? options.sshKeys.map(({ label }) => label);
  return (
    <>
      {options.sshKeys.length > 0 && (
        <Checkbox.Group
          label={t('answers.keys')}
          value={[...chosen]}
          onChange={(next) => set({ keys: next })}
        >
          <Checks>
            {options.sshKeys.map(({ label, key }) => (
              <Checkbox key={label} value={label} label={label} description={shortKey(key)} />
            ))}
          </Checks>
        </Checkbox.Group>
      )}
      <Textarea
        size="xs"
        label={t(options.sshKeys.length > 0 ? 'answers.moreKeys' : 'answers.keysText')}
        placeholder="ssh-ed25519 AAAA…"
        value={moreKeys}
        rows={2}
        spellCheck={false}
        onChange={(event) => set({ moreKeys: event.currentTarget.value })}
      />
    </>
  );
}

function Place({ part, set, kind }: KindProps) {
  const { t } = useTranslation('create');
  const { form, name } = part;
  const { answers } = form;
  return (
    <Group title={t('answers.place')}>
      <Fields>
        <TextInput
          label={t(kind === 'autounattend' ? 'answers.computerName' : 'answers.hostname')}
          placeholder={name}
          value={answers.hostname}
          spellCheck={false}
          onChange={(event) => set({ hostname: event.currentTarget.value })}
        />
        <TextInput
          label={t('answers.timezone')}
          placeholder={zoneOf({ timezone: '' })}
          value={answers.timezone}
          spellCheck={false}
          onChange={(event) => set({ timezone: event.currentTarget.value })}
        />
        {kind !== 'autounattend' && (
          <>
            <TextInput
              label={t('answers.locale')}
              description={t('answers.localeHelp')}
              value={answers.locale}
              error={saidAt(part.problems, 'source.unattended.locale')}
              spellCheck={false}
              onChange={(event) => set({ locale: event.currentTarget.value })}
            />
            <TextInput
              label={t('answers.keyboard')}
              description={t('answers.keyboardHelp')}
              value={answers.keyboard}
              error={saidAt(part.problems, 'source.unattended.keyboard')}
              spellCheck={false}
              onChange={(event) => set({ keyboard: event.currentTarget.value })}
            />
          </>
        )}
      </Fields>
    </Group>
  );
}

function Software({ part, set, kind }: KindProps) {
  const { t } = useTranslation('create');
  const { form, options, detection } = part;
  const { answers } = form;
  const system = options.systems.find(({ id }) => id === detection.os);
  const mirror =
    form.source === 'tree' ? t('answers.mirrorTree') : (system?.mirror ?? t('answers.mirrorOwn'));
  return (
    <More title={t('answers.software')}>
      <TextInput
        label={t('answers.packages')}
        description={t('answers.packagesHelp')}
        value={answers.packages}
        error={saidAt(part.problems, 'source.unattended.packages')}
        spellCheck={false}
        onChange={(event) => set({ packages: event.currentTarget.value })}
      />
      {kind !== 'autoinstall' && (
        <TextInput
          label={t('answers.mirror')}
          type="url"
          placeholder={mirror}
          value={answers.mirror}
          error={saidAt(part.problems, 'source.unattended.mirror')}
          spellCheck={false}
          onChange={(event) => set({ mirror: event.currentTarget.value })}
        />
      )}
    </More>
  );
}
