import { Button } from '@mantine/core';
import { lazy, Suspense } from 'react';
import { useTranslation } from 'react-i18next';
import { CopyXml } from '../../views/networks/xml-tab.tsx';
import { CodeBlock } from '../../ui/code-block.tsx';
import { Wrong } from '../sheet/device-group.tsx';
import type { CreateForm } from './form.ts';
import type { Create } from './use-create.ts';
import { saidAt } from './problems.ts';
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
  const text = form.xml ?? create.plan?.xml ?? '';
  const said = saidAt(create.problems, 'xml');
  return (
    <section className={classes['text']} aria-label={t('xml.title')}>
      <div className={classes['textHead']}>
        <h3>{t('xml.title')}</h3>
        <span className="spacer" />
        {form.xml !== null && (
          <Button size="compact-sm" onClick={() => onXml(null)}>
            {t('xml.discard')}
          </Button>
        )}
        <CopyXml text={text === '' ? null : text} />
        <Button size="compact-sm" onClick={props.onBack}>
          {t('summary.toForm')}
        </Button>
      </div>
      <p className="muted small" style={{ margin: 0 }}>
        {t(form.count > 1 ? 'xml.helpSeveral' : form.xml === null ? 'xml.help' : 'xml.edited')}
      </p>
      <Wrong said={said} />
      <div className={classes['editor']}>
        <Suspense>
          {form.count > 1 ? (
            <XmlEditor text={text} label={t('xml.title')} />
          ) : (
            <XmlEditor text={text} label={t('xml.title')} onChange={onXml} />
          )}
        </Suspense>
      </div>
    </section>
  );
}

export function VirtInstallView({ create, onBack }: { create: Create; onBack: () => void }) {
  const { t } = useTranslation('create');
  const text = create.plan?.virtInstall ?? '';
  return (
    <section className={classes['text']} aria-label={t('virtInstall.title')}>
      <div className={classes['textHead']}>
        <h3>{t('virtInstall.title')}</h3>
        <span className="spacer" />
        <CopyXml text={text === '' ? null : text} />
        <Button size="compact-sm" onClick={onBack}>
          {t('summary.toForm')}
        </Button>
      </div>
      <p className="muted small" style={{ margin: 0 }}>
        {t('virtInstall.help')}
      </p>
      <CodeBlock label={t('virtInstall.title')} text={text} />
    </section>
  );
}
