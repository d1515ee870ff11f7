import { Button } from '@mantine/core';
import { lazy, Suspense, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { CopyXml } from '../../views/networks/xml-tab.tsx';
import { Wrong } from '../sheet/device-group.tsx';
import { ShellView } from '../sheet/shell-view.tsx';
import { DiscardEdit } from './discard-edit.tsx';
import type { CreateForm } from './form.ts';
import type { Create } from './use-create.ts';
import { saidAt } from './problems.ts';
import { isUnread, unreadable } from './use-xml.ts';
import classes from './create.module.css';

/** The editor is large and seldom needed: it is loaded with its first use. */
const XmlEditor = lazy(async () => ({
  default: (await import('../../views/machine/xml/xml-editor.tsx')).XmlEditor,
}));

/** The definition as it would be given to libvirt, to read and to change. */
export function XmlView(props: {
  form: CreateForm;
  create: Create;
  onXml: (xml: string | null) => void;
  onBack: () => void;
}) {
  const { form, create, onXml } = props;
  const { t } = useTranslation('create');
  // As long as it is typed here it is not written anew; a field that changed it since shows when this is opened again.
  const [typed, setTyped] = useState<string | null>(null);
  const planned = isUnread(form) ? form.xml : (create.plan?.xml ?? form.xml);
  const text = typed ?? planned ?? '';
  const write = (xml: string): void => {
    setTyped(xml);
    onXml(xml);
  };
  const discard = (): void => {
    setTyped(null);
    onXml(null);
  };
  const said = saidAt(create.problems, 'xml');
  const unread = unreadable(form, create.problems);
  return (
    <section className={classes['text']} aria-label={t('xml.title')}>
      <div className={classes['textHead']}>
        <h3>{t('xml.title')}</h3>
        <span className="spacer" />
        {form.xml !== null && <DiscardEdit form={form} size="compact-sm" onDiscard={discard} />}
        <CopyXml text={text === '' ? null : text} />
        <Button size="compact-sm" onClick={props.onBack}>
          {t('summary.toForm')}
        </Button>
      </div>
      <p className="muted small" style={{ margin: 0 }}>
        {said === null &&
          t(form.count > 1 ? 'xml.helpSeveral' : form.xml === null ? 'xml.help' : 'xml.edited')}
        {said === null &&
          form.xmlBeyond.length > 0 &&
          ` ${t('xml.beyond', { beyond: form.xmlBeyond.join(', ') })}`}
      </p>
      <Wrong said={unread === null ? said : t('xml.unread', { said: unread.replace(/\.$/, '') })} />
      <div className={classes['editor']}>
        <Suspense>
          {form.count > 1 ? (
            <XmlEditor text={text} label={t('xml.title')} />
          ) : (
            <XmlEditor text={text} label={t('xml.title')} onChange={write} />
          )}
        </Suspense>
      </div>
    </section>
  );
}

export function VirtInstallView({ create, onBack }: { create: Create; onBack: () => void }) {
  const { t } = useTranslation('create');
  return (
    <ShellView
      title={t('virtInstall.title')}
      help={t('virtInstall.help')}
      text={create.plan?.virtInstall ?? ''}
      onBack={onBack}
    />
  );
}
