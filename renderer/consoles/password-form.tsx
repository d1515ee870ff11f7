import { Button, PasswordInput } from '@mantine/core';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import classes from './consoles.module.css';

/** Asks for the VNC password when the machine's definition does not tell it or tells a wrong one. */
export function PasswordForm({ wrong, onSend }: { wrong: boolean; onSend: (password: string) => void }) {
  const { t } = useTranslation('console');
  const [password, setPassword] = useState('');
  return (
    <div className={classes['overlay']}>
      <form
        className={classes['password']}
        onSubmit={(event) => {
          event.preventDefault();
          onSend(password);
        }}
      >
        <h2>{t('password.title')}</h2>
        <p>{t('password.why')}</p>
        <PasswordInput
          label={t('password.label')}
          value={password}
          onChange={(event) => setPassword(event.currentTarget.value)}
          error={wrong ? t('password.wrong') : undefined}
          autoComplete="off"
          data-autofocus
          autoFocus
        />
        <Button type="submit" variant="filled" disabled={password === ''}>
          {t('password.send')}
        </Button>
      </form>
    </div>
  );
}
