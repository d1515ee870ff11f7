import { Button, SegmentedControl, Skeleton } from '@mantine/core';
import { IconCheck, IconCopy } from '@tabler/icons-react';
import { lazy, Suspense, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Network } from '../../../main/contract/network.ts';
import { api } from '../../api/client.ts';
import { useHost } from '../../state/inventory.ts';
import { useCopied } from '../../ui/copy.ts';
import { FailureView } from '../../ui/failure-view.tsx';
import { useAnswer } from '../../ui/use-answer.ts';
import classes from './detail.module.css';

/** The editor is large and seldom needed: it is loaded with its first use. */
export const XmlEditor = lazy(async () => ({
  default: (await import('../machine/xml/xml-editor.tsx')).XmlEditor,
}));

/** The network's XML as libvirt has it: what runs now, or what the next start uses. */
export function NetworkXmlTab({ network }: { network: Network }) {
  const { t } = useTranslation(['networks', 'common']);
  const { host, uuid, name, active, persistent } = network;
  const connected = useHost(host)?.state === 'connected';
  const [wanted, setWanted] = useState<'live' | 'next'>('live');
  const shown = active ? (persistent ? wanted : 'live') : 'next';
  const answer = useAnswer(
    (signal) => api.network.xml({ host, uuid, inactive: shown === 'next' }, { signal }),
    {
      subject: `${host}/${uuid}/${shown}`,
      // Any change of the network is a reason to read it again.
      version: JSON.stringify({ ...network, users: [] }),
      enabled: connected,
    },
  );
  return (
    <div className={classes['xml']}>
      <div className={classes['xmlBar']}>
        <span>{t(shown === 'live' ? 'networks:xml.live' : 'networks:xml.next')}</span>
        <span className="spacer" />
        {active && persistent && (
          <SegmentedControl
            size="xs"
            aria-label={t('networks:xml.which')}
            value={shown}
            onChange={(value) => setWanted(value === 'next' ? 'next' : 'live')}
            data={[
              { value: 'live', label: t('networks:xml.liveShort') },
              { value: 'next', label: t('networks:xml.nextShort') },
            ]}
          />
        )}
        <CopyXml text={answer.value} />
      </div>
      {answer.failure !== null && (
        <div className={classes['failure']}>
          <FailureView failure={answer.failure}>
            <Button size="compact-xs" onClick={answer.reload}>
              {t('networks:retry')}
            </Button>
          </FailureView>
        </div>
      )}
      <div className={classes['xmlText']}>
        {answer.value === null ? (
          answer.failure === null && <Skeleton height={160} m={16} width="auto" />
        ) : (
          <Suspense>
            <XmlEditor text={answer.value} label={t('networks:xml.of', { name })} />
          </Suspense>
        )}
      </div>
    </div>
  );
}

export function CopyXml({ text }: { text: string | null }) {
  const { t } = useTranslation('common');
  const [copied, copy] = useCopied();
  return (
    <Button
      size="compact-sm"
      disabled={text === null}
      leftSection={copied ? <IconCheck size={14} /> : <IconCopy size={14} />}
      onClick={() => copy(text ?? '')}
    >
      {copied ? t('copied') : t('copy')}
    </Button>
  );
}
