import { Button, Checkbox, UnstyledButton } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import { SheetFooter as SheetFooterRow } from '../../../ui/sheet-frame.tsx';
import type { Submit } from '../../../ui/use-submit.ts';
import classes from './sheet.module.css';

export interface MakeOptions {
  readonly start: boolean;
  readonly autostart: boolean;
}

/** What is done at once with a new network, and the button that makes it. */
export function SheetFooter(props: {
  isNew: boolean;
  options: MakeOptions;
  onOptions: (options: MakeOptions) => void;
  submit: Submit;
  /** The host has something against it; it may know better than we do, or not. */
  doubtful: boolean;
  /** What it has against it. */
  against: readonly string[];
  /** Fields that are said to be wrong. */
  problems: number;
  /** Leads to the first of them. */
  onWrong: () => void;
  /** Null: nothing was typed. */
  onStartOver: (() => void) | null;
  onCancel: () => void;
  onSave: () => void;
}) {
  const { isNew, options, submit, doubtful, problems } = props;
  const { t } = useTranslation(['networks', 'common']);
  const word = isNew ? (doubtful ? 'createAnyway' : 'doCreate') : doubtful ? 'saveAnyway' : 'doSave';
  return (
    <SheetFooterRow failure={submit.failure}>
      {isNew && (
        <>
          <Checkbox
            label={t('networks:sheet.start')}
            checked={options.start}
            onChange={(event) => props.onOptions({ ...options, start: event.currentTarget.checked })}
          />
          <Checkbox
            label={t('networks:sheet.autostart')}
            checked={options.autostart}
            onChange={(event) => props.onOptions({ ...options, autostart: event.currentTarget.checked })}
          />
        </>
      )}
      {doubtful && (
        <span className={classes['doubt']} role="status">
          {props.against.join(' ')}
        </span>
      )}
      {problems > 0 && (
        <span role="status">
          <UnstyledButton className={classes['toWrong'] ?? ''} onClick={props.onWrong}>
            {t('networks:sheet.problems', { count: problems })}
          </UnstyledButton>
        </span>
      )}
      <div className={classes['footerButtons']}>
        {props.onStartOver !== null && (
          <Button variant="subtle" onClick={props.onStartOver}>
            {t('networks:sheet.startOver')}
          </Button>
        )}
        <Button onClick={props.onCancel}>{t('common:cancel')}</Button>
        <Button
          variant={doubtful ? 'default' : 'filled'}
          loading={submit.busy}
          disabled={problems > 0}
          onClick={props.onSave}
        >
          {t(`networks:sheet.${word}`)}
        </Button>
      </div>
    </SheetFooterRow>
  );
}
