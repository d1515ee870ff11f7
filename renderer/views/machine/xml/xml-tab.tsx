import { Button, SegmentedControl, Skeleton } from '@mantine/core';
import { IconCheck, IconCopy, IconDownload, IconRefresh } from '@tabler/icons-react';
import { lazy, Suspense, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Domain } from '../../../../main/contract/domain.ts';
import { api } from '../../../api/client.ts';
import { download } from '../../../charts/download.ts';
import { useHost } from '../../../state/inventory.ts';
import { useCopied } from '../../../ui/copy.ts';
import { Empty } from '../../../ui/empty.tsx';
import { FailureView } from '../../../ui/failure-view.tsx';
import { ToolsPortal } from '../tools.tsx';
import { useAnswer } from '../../../ui/use-answer.ts';
import { ChangeBar, useChange } from './xml-change.tsx';
import classes from './xml.module.css';

/** The editor is large and seldom needed: it is loaded with its first use. */
const XmlEditor = lazy(async () => ({ default: (await import('./xml-editor.tsx')).XmlEditor }));

/** The machine's XML as libvirt has it: what runs now, or what the next start uses. */
export function XmlTab({ domain }: { domain: Domain }) {
  const { t } = useTranslation('machine');
  const { host, uuid, name, id, persistent } = domain;
  const connected = useHost(host)?.state === 'connected';
  const [wanted, setWanted] = useState<'live' | 'next'>('live');
  // Off, there is only the definition; a transient machine has none.
  const shown = id === null ? 'next' : persistent ? wanted : 'live';
  const [inUse, setInUse] = useState(false);
  const change = useChange(domain, inUse);
  const answer = useAnswer(
    (signal) => api.domain.xml({ host, uuid, inactive: shown === 'next' }, { signal }),
    {
      subject: `${host}/${uuid}/${shown}`,
      version: `${id ?? 'off'} ${change.readAt}`,
      enabled: connected,
    },
  );
  const text = answer.value;
  return (
    <div className={classes['page']}>
      <ToolsPortal>
        {id !== null && persistent && (
          <SegmentedControl
            size="xs"
            value={shown}
            onChange={(value) => setWanted(value === 'next' ? 'next' : 'live')}
            data={[
              { value: 'live', label: t('xml.live') },
              { value: 'next', label: t('xml.next') },
            ]}
          />
        )}
        <XmlButtons text={text} fileName={`${name}.xml`} onReload={answer.reload} />
      </ToolsPortal>
      <p className={classes['hint']}>{t(shown === 'live' ? 'xml.hintLive' : 'xml.hintNext')}</p>
      <ChangeBar change={change} />
      {answer.failure !== null && (
        <div className={classes['failure']}>
          <FailureView failure={answer.failure}>
            <Button size="compact-xs" onClick={answer.reload}>
              {t('retry')}
            </Button>
          </FailureView>
        </div>
      )}
      <div className={classes['editor']} onFocus={() => setInUse(true)} onBlur={() => setInUse(false)}>
        {text !== null && (
          <Suspense fallback={<Waiting />}>
            <XmlEditor text={text} label={t('xml.of', { name })} />
          </Suspense>
        )}
        {text === null && answer.failure === null && (connected ? <Waiting /> : <Away />)}
      </div>
    </div>
  );
}

function XmlButtons(props: { text: string | null; fileName: string; onReload: () => void }) {
  const { text, fileName, onReload } = props;
  const { t } = useTranslation(['machine', 'common']);
  const [copied, copy] = useCopied();
  return (
    <Button.Group>
      <Button size="compact-sm" leftSection={<IconRefresh size={14} />} onClick={onReload}>
        {t('machine:xml.reload')}
      </Button>
      <Button
        size="compact-sm"
        disabled={text === null}
        leftSection={copied ? <IconCheck size={14} /> : <IconCopy size={14} />}
        onClick={() => copy(text ?? '')}
      >
        {copied ? t('common:copied') : t('common:copy')}
      </Button>
      <Button
        size="compact-sm"
        disabled={text === null}
        leftSection={<IconDownload size={14} />}
        onClick={() => download(new Blob([text ?? ''], { type: 'application/xml' }), fileName)}
      >
        {t('machine:xml.download')}
      </Button>
    </Button.Group>
  );
}

function Away() {
  const { t } = useTranslation('machine');
  return <Empty title={t('stale.unread')} />;
}

function Waiting() {
  return (
    <div className={classes['waiting']}>
      {[60, 36, 44, 52, 30, 48, 40, 56, 34, 46].map((width, index) => (
        <Skeleton key={`${index} ${width}`} height={10} width={`${width}%`} />
      ))}
    </div>
  );
}
