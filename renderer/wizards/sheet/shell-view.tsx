import { Button } from '@mantine/core';
import { useEffect, useRef, type ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { CodeBlock } from '../../ui/code-block.tsx';
import { CopyXml } from '../../views/networks/xml-tab.tsx';
import classes from './shell-view.module.css';

/** What a sheet would do in the words of another program, to read and to copy. */
export function ShellView(props: {
  title: string;
  help: string;
  text: string;
  onBack: () => void;
  /** What the text does not say. */
  children?: ReactNode;
}) {
  const { title, help, text, onBack, children } = props;
  const { t } = useTranslation('create');
  const section = useRef<HTMLElement>(null);
  useEffect(() => {
    section.current?.focus({ preventScroll: true });
    // Where all of the sheet is one column that scrolls, this is at its top.
    section.current?.parentElement?.scrollTo({ top: 0 });
  }, []);
  return (
    <section ref={section} className={classes['view']} aria-label={title} tabIndex={-1}>
      <div className={classes['head']}>
        <h3>{title}</h3>
        <span className="spacer" />
        <CopyXml text={text === '' ? null : text} />
        <Button size="compact-sm" onClick={onBack}>
          {t('summary.toForm')}
        </Button>
      </div>
      <p className="muted small" style={{ margin: 0 }}>
        {help}
      </p>
      {text !== '' && <CodeBlock label={title} text={text} shell />}
      {children}
    </section>
  );
}
