import { Button, TextInput } from '@mantine/core';
import { useEffect, useRef } from 'react';
import { useTranslation } from 'react-i18next';
import { FailureView } from '../../ui/failure-view.tsx';
import { More, Note } from '../sheet/cards.tsx';
import { addressOf, withAddress, type LiveForm } from './live-input.ts';
import { LiveReport } from './live-report.tsx';
import type { PartProps } from './parts.ts';
import classes from './live.module.css';

/** A machine that runs: its address, and after a look at it what it is, what may be done on it, and what becomes of its disks. */
export function LiveFields(part: PartProps) {
  const { t } = useTranslation('create');
  const { form, change, saved } = part;
  const { target, looked } = form.live;
  const { value, failure, loading, reload } = saved.live;
  const top = useRef<HTMLFormElement>(null);
  const answered = value !== null || failure !== null;
  // What it answers comes below all the cards.
  useEffect(() => {
    if (answered) top.current?.scrollIntoView({ block: 'start' });
  }, [answered]);
  // Another address is another machine.
  const type = (next: Partial<Pick<LiveForm, 'target' | 'keyFile'>>): void =>
    change({ live: withAddress({ ...form.live, ...next }), edits: {} });
  const look = (): void => {
    const address = addressOf(form.live);
    if (looked !== null) reload();
    else if (address !== null) change({ live: { ...form.live, looked: address } });
  };
  return (
    <>
      <form
        ref={top}
        className={classes['top']}
        onSubmit={(event) => {
          event.preventDefault();
          look();
        }}
      >
        <TextInput
          label={t('live.target')}
          description={t('live.targetHelp')}
          inputWrapperOrder={['label', 'input', 'description', 'error']}
          inputContainer={(input) => (
            <span className={classes['address']}>
              {input}
              <Button type="submit" disabled={addressOf(form.live) === null} loading={loading}>
                {t(looked !== null && !loading ? 'live.lookAgain' : 'live.look')}
              </Button>
            </span>
          )}
          placeholder="root@server"
          value={target}
          maxLength={1024}
          spellCheck={false}
          autoComplete="off"
          onChange={(event) => type({ target: event.currentTarget.value })}
        />
      </form>
      <More title={t('live.more')}>
        <TextInput
          label={t('live.keyFile')}
          description={t('live.keyFileHelp')}
          placeholder="~/.ssh/id_ed25519"
          value={form.live.keyFile}
          maxLength={4096}
          spellCheck={false}
          autoComplete="off"
          onChange={(event) => type({ keyFile: event.currentTarget.value })}
        />
      </More>
      {looked === null && <Note>{t('live.lookHelp')}</Note>}
      {loading && <Note>{t('live.looking', { target: looked?.target })}</Note>}
      {failure !== null && !loading && <FailureView failure={failure} />}
      {value !== null && failure === null && <LiveReport part={part} report={value} />}
    </>
  );
}
