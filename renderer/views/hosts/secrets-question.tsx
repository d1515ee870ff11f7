import { Anchor, Button, Checkbox, PasswordInput, TextInput } from '@mantine/core';
import { useState, type FormEvent } from 'react';
import { useTranslation } from 'react-i18next';
import type { Prompt, PromptAnswer } from '../../../main/contract/host.ts';
import { loginPlace } from '../../../main/contract/login-place.ts';
import { useAppInfo } from '../../state/preferences.ts';
import { DialogButtons } from '../../ui/dialog.tsx';
import classes from './hosts.module.css';

type SecretsPrompt = Exclude<Prompt, { kind: 'hostKey' }>;

/** The title is always ours: a server's own words are never in it. */
export function useSecretsTitle(): (prompt: SecretsPrompt, name: string) => string {
  const { t } = useTranslation('hosts');
  return (prompt, name) =>
    prompt.kind === 'passphrase' ? t('secrets.passphraseTitle') : t('secrets.title', { name });
}

interface SecretsQuestionProps {
  readonly prompt: SecretsPrompt;
  /** What the host is called in the list. */
  readonly name: string;
  readonly busy: boolean;
  readonly onAnswer: (answer: PromptAnswer) => void;
  /** The person would rather log in with a key; null: that is said elsewhere. */
  readonly onKeyFile: (() => void) | null;
}

/** Password, passphrase, or the fields a host asks for. What is typed is held here until it is sent, and nowhere after. */
export function SecretsQuestion({ prompt, name, busy, onAnswer, onKeyFile }: SecretsQuestionProps) {
  const { t } = useTranslation(['hosts', 'common']);
  const canRemember = useAppInfo()?.canRemember === true && prompt.kind !== 'keyboardInteractive';
  const fields = useFields(prompt, name);
  const [values, setValues] = useState<readonly string[]>(() => fields.map(() => ''));
  const [remember, setRemember] = useState(false);
  const [typed, setTyped] = useState(false);
  const refused = prompt.attempt > 1 && !typed ? t(`hosts:secrets.refused.${prompt.kind}`) : undefined;
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    onAnswer({ kind: 'secrets', values: [...values], remember: canRemember && remember });
  };
  return (
    <form style={{ display: 'grid', gap: 12 }} onSubmit={submit}>
      <Explanation prompt={prompt} name={name} />
      {fields.map(({ label, echo }, index) => {
        const Field = echo ? TextInput : PasswordInput;
        return (
          <Field
            key={index}
            label={label}
            value={values[index] ?? ''}
            onChange={(event) => {
              setValues(values.with(index, event.currentTarget.value));
              setTyped(true);
            }}
            error={index === 0 ? refused : undefined}
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
      {prompt.kind === 'password' && !prompt.jump && onKeyFile !== null && (
        <Anchor
          component="button"
          type="button"
          size="sm"
          disabled={busy}
          onClick={onKeyFile}
          className={classes['keyFile'] ?? ''}
        >
          {t('hosts:secrets.keyFile')}
        </Anchor>
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

function useFields(prompt: SecretsPrompt, name: string): readonly { label: string; echo: boolean }[] {
  const { t } = useTranslation('hosts');
  switch (prompt.kind) {
    case 'password': {
      const place = loginPlace(prompt, name);
      return [{ label: t('secrets.password', { user: prompt.user, place }), echo: false }];
    }
    case 'sudo': {
      const place = loginPlace(prompt, name);
      return [{ label: t('secrets.sudo', { user: prompt.user, place }), echo: false }];
    }
    case 'passphrase':
      return [{ label: t('secrets.passphrase'), echo: false }];
    case 'keyboardInteractive':
      return prompt.fields.map(({ label, echo }) => ({ label: label.trim() || t('secrets.answer'), echo }));
  }
}

/** What is asked for and by whom. */
function Explanation({ prompt, name }: { prompt: SecretsPrompt; name: string }) {
  const { t } = useTranslation('hosts');
  if (prompt.kind === 'passphrase')
    return (
      <span className={classes['anywhere']}>{t('secrets.passphraseText', { keyFile: prompt.keyFile })}</span>
    );
  if (prompt.kind === 'sudo') return <span>{t('secrets.sudoText', { name })}</span>;
  const onTheWay = prompt.jump && (
    <span className="muted">{t('secrets.jump', { host: prompt.host, name })}</span>
  );
  if (prompt.kind === 'password') return onTheWay;
  const words = [prompt.title, prompt.instructions].filter((text) => text !== '').join('\n');
  const place = loginPlace(prompt, name);
  return (
    <>
      {onTheWay}
      <span>{t(words === '' ? 'secrets.asks' : 'secrets.says', { user: prompt.user, place })}</span>
      {words !== '' && <pre className={classes['words']}>{words}</pre>}
    </>
  );
}
