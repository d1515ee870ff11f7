import { Button, Checkbox, PasswordInput, TextInput } from '@mantine/core';
import { useState, type FormEvent } from 'react';
import { useTranslation } from 'react-i18next';
import type { Prompt, PromptAnswer } from '../../../main/contract/host.ts';
import { useAppInfo } from '../../state/preferences.ts';
import { DialogButtons } from '../../ui/dialog.tsx';

type SecretsPrompt = Exclude<Prompt, { kind: 'hostKey' }>;

export function useSecretsTitle(): (prompt: Prompt, name: string) => string {
  const { t } = useTranslation('hosts');
  return (prompt, name) => {
    switch (prompt.kind) {
      case 'password':
        return t('secrets.passwordTitle', { name });
      case 'passphrase':
        return t('secrets.passphraseTitle');
      case 'keyboardInteractive':
        return prompt.title === '' ? t('secrets.interactiveTitle', { name }) : prompt.title;
      case 'hostKey':
        return name;
    }
  };
}

/** Password, passphrase, or the fields a host asks for. What is typed is held here until it is sent, and nowhere after. */
export function SecretsQuestion({
  prompt,
  busy,
  onAnswer,
}: {
  prompt: SecretsPrompt;
  busy: boolean;
  onAnswer: (answer: PromptAnswer) => void;
}) {
  const { t } = useTranslation(['hosts', 'common']);
  const canRemember = useAppInfo()?.canRemember === true && prompt.kind !== 'keyboardInteractive';
  const fields = useFields(prompt);
  const [values, setValues] = useState<readonly string[]>(() => fields.map(() => ''));
  const [remember, setRemember] = useState(false);
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    onAnswer({ kind: 'secrets', values: [...values], remember: canRemember && remember });
  };
  return (
    <form style={{ display: 'grid', gap: 12 }} onSubmit={submit}>
      <Explanation prompt={prompt} />
      {fields.map(({ label, echo }, index) => {
        const Field = echo ? TextInput : PasswordInput;
        return (
          <Field
            key={index}
            label={label}
            value={values[index] ?? ''}
            onChange={(event) => setValues(values.with(index, event.currentTarget.value))}
            autoComplete="off"
            spellCheck={false}
            maxLength={4096}
            data-autofocus={index === 0 || undefined}
          />
        );
      })}
      {canRemember && (
        <Checkbox
          label={t('hosts:secrets.remember')}
          checked={remember}
          onChange={(event) => setRemember(event.currentTarget.checked)}
        />
      )}
      <DialogButtons>
        <Button disabled={busy} onClick={() => onAnswer({ kind: 'cancel' })}>
          {t('common:cancel')}
        </Button>
        <Button type="submit" variant="filled" loading={busy}>
          {t('hosts:secrets.go')}
        </Button>
      </DialogButtons>
    </form>
  );
}

function useFields(prompt: SecretsPrompt): readonly { label: string; echo: boolean }[] {
  const { t } = useTranslation('hosts');
  if (prompt.kind === 'keyboardInteractive') return prompt.fields;
  return [{ label: t(prompt.kind === 'password' ? 'secrets.password' : 'secrets.passphrase'), echo: false }];
}

function Explanation({ prompt }: { prompt: SecretsPrompt }) {
  const { t } = useTranslation('hosts');
  if (prompt.kind === 'keyboardInteractive')
    return prompt.instructions === '' ? null : <span>{prompt.instructions}</span>;
  const text =
    prompt.kind === 'password'
      ? t('secrets.passwordText', { user: prompt.user, host: prompt.host })
      : t('secrets.passphraseText', { keyFile: prompt.keyFile });
  return (
    <>
      <span>{text}</span>
      {prompt.attempt > 1 && (
        <span role="alert" style={{ color: 'var(--bad)' }}>
          {t('secrets.again')}
        </span>
      )}
    </>
  );
}
