import { Skeleton } from '@mantine/core';
import { IconAlertTriangle } from '@tabler/icons-react';
import { useTranslation } from 'react-i18next';
import { CodeBlock } from '../../../ui/code-block.tsx';
import { FailureView } from '../../../ui/failure-view.tsx';
import type { Answer } from '../../../ui/use-answer.ts';
import { hasDevicePool, hasHostBridge, hasOwnBridge } from '../kinds.ts';
import { CopyXml } from '../xml-tab.tsx';
import type { NetworkForm } from './form.ts';
import classes from './sheet.module.css';

/** What will be made, what the host has against it, and the XML, as one types. */
export function SheetSummary(props: {
  form: NetworkForm;
  preview: Answer<{ xml: string; problems: string[] }>;
  hasProblems: boolean;
}) {
  const { form, preview, hasProblems } = props;
  const { t } = useTranslation('networks');
  const xml = preview.value?.xml ?? null;
  const against = hasProblems ? [] : (preview.value?.problems ?? []);
  return (
    <aside className={classes['summary']} aria-label={t('sheet.summary')}>
      <ul className={classes['made']}>
        {useMade(form).map((line) => (
          <li key={line}>{line}</li>
        ))}
      </ul>
      {against.length > 0 && (
        <div className={classes['against']} role="alert">
          <IconAlertTriangle size={16} aria-hidden="true" />
          <ul>
            {against.map((problem) => (
              <li key={problem}>{problem}</li>
            ))}
          </ul>
        </div>
      )}
      {preview.failure !== null && <FailureView failure={preview.failure} />}
      <div className="row">
        <h3 className={classes['xmlTitle']}>{t('sheet.xml')}</h3>
        <span className="spacer" />
        <CopyXml text={xml === '' || hasProblems ? null : xml} />
      </div>
      {hasProblems ? (
        <p className={classes['note']}>{t('sheet.xmlLater')}</p>
      ) : xml === null || xml === '' ? (
        preview.failure === null && <Skeleton height={120} />
      ) : (
        <CodeBlock label={t('sheet.xml')} text={xml} busy={preview.loading} maxHeight="60vh" />
      )}
    </aside>
  );
}

function useMade(form: NetworkForm): readonly string[] {
  const { t } = useTranslation('networks');
  const { kind } = form;
  const lines = [t(`kindText.${kind}`)];
  if (hasOwnBridge(kind)) {
    for (const { cidr, ranges } of form.ips) {
      if (cidr.trim() === '') continue;
      const [range] = ranges;
      lines.push(
        range === undefined
          ? t('sheet.made.plain', { cidr })
          : t('sheet.made.dhcp', { cidr, start: range.start, end: range.end }),
      );
    }
    if (form.ips.length === 0) lines.push(t('sheet.made.noAddress'));
  }
  if (hasHostBridge(kind) && form.hostBridge !== '')
    lines.push(t('sheet.made.bridge', { bridge: form.hostBridge }));
  if (hasDevicePool(kind) && form.devices.length > 0)
    lines.push(t('sheet.made.devices', { devices: form.devices.join(', ') }));
  return lines;
}
