import { Button } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import type { Prompt, PromptAnswer } from '../../../main/contract/host.ts';
import { DialogButtons } from '../../ui/dialog.tsx';
import { CopyButton } from '../../ui/key-value.tsx';
import { ShellText } from '../../ui/shell-text.tsx';
import classes from './hosts.module.css';

/** An unknown SSH key: its fingerprint, and what to compare it with. */
export function HostKeyQuestion({
  prompt,
  busy,
  onAnswer,
}: {
  prompt: Extract<Prompt, { kind: 'hostKey' }>;
  busy: boolean;
  onAnswer: (answer: PromptAnswer) => void;
}) {
  const { t } = useTranslation('hosts');
  const place = prompt.port === 22 ? prompt.host : `${prompt.host}:${prompt.port}`;
  const file = prompt.keyType.replace(/^ssh-/, '').replace(/^ecdsa-.*/, 'ecdsa');
  const line = `ssh-keygen -lf /etc/ssh/ssh_host_${file}_key.pub`;
  return (
    <>
      <span>{t('hostKey.text', { place })}</span>
      <div className={classes['fingerprint']}>
        <span className="faint tiny">{prompt.keyType}</span>
        <span className={classes['fingerprintRow']}>
          <code>{prompt.fingerprint}</code>
          <CopyButton text={prompt.fingerprint} label={t('hostKey.fingerprint')} />
        </span>
      </div>
      <span className="muted small">{t('hostKey.compare')}</span>
      <div className={classes['command']}>
        <code>
          <ShellText line={line} />
        </code>
        <CopyButton text={line} label={t('hostKey.line')} />
      </div>
      <DialogButtons>
        <Button
          disabled={busy}
          // Enter, pressed once too often, must not accept a key.
          data-autofocus
          onClick={() => onAnswer({ kind: 'hostKey', accept: 'no' })}
        >
          {t('hostKey.no')}
        </Button>
        <Button disabled={busy} onClick={() => onAnswer({ kind: 'hostKey', accept: 'once' })}>
          {t('hostKey.once')}
        </Button>
        <Button
          variant="filled"
          loading={busy}
          onClick={() => onAnswer({ kind: 'hostKey', accept: 'always' })}
        >
          {t('hostKey.always')}
        </Button>
      </DialogButtons>
    </>
  );
}
