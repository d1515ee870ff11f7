import { ActionIcon } from '@mantine/core';
import { IconCheck, IconCopy } from '@tabler/icons-react';
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { useCopied } from './copy.ts';
import classes from './ui.module.css';

export interface Fact {
  readonly name: string;
  readonly value: ReactNode;
  /** What a copy button beside the value copies; without it there is none. */
  readonly copy?: string;
}

/** Facts as two columns: the name faint, the value plain. */
export function KeyValue({ facts }: { facts: readonly Fact[] }) {
  return (
    <dl className={classes['facts']}>
      {facts.map((fact) => (
        <div key={fact.name} className={classes['fact']}>
          <dt>{fact.name}</dt>
          <dd>
            <span className={classes['factValue']}>{fact.value}</span>
            {fact.copy !== undefined && <CopyButton text={fact.copy} label={fact.name} />}
          </dd>
        </div>
      ))}
    </dl>
  );
}

/** Copies `text`; `label` says what is copied. */
export function CopyButton({ text, label }: { text: string; label: string }) {
  const { t } = useTranslation('common');
  const [copied, copy] = useCopied();
  return (
    <ActionIcon
      variant="subtle"
      size={18}
      className={classes['copy'] ?? ''}
      aria-label={copied ? t('copied') : t('copyThing', { thing: label })}
      title={copied ? t('copied') : t('copyThing', { thing: label })}
      onClick={() => copy(text)}
    >
      {copied ? <IconCheck size={13} /> : <IconCopy size={13} />}
    </ActionIcon>
  );
}
