import { Button } from '@mantine/core';
import { IconAlertTriangle, IconBan, IconCheck, IconCopy } from '@tabler/icons-react';
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import type { Failure } from '../../main/contract/failure.ts';
import { useHost } from '../state/inventory.ts';
import { useAppInfo } from '../state/preferences.ts';
import { useCopied } from './copy.ts';
import { meaningOf } from './failure-meaning.ts';
import { failureReport } from './failure-report.ts';
import { forgetKeyLine } from '../../main/contract/forget-key.ts';
import classes from './ui.module.css';

/**
 * What did not happen and where; the words of libvirt or of the layer below in monospace; what that usually means; buttons that help
 * (given by whoever shows it); "Copy details".
 */
export function FailureView({ failure, children }: { failure: Failure; children?: ReactNode }) {
  const { t } = useTranslation(['failure', 'common']);
  const info = useAppInfo();
  const [copied, copy] = useCopied();
  const words = failure.libvirt?.message ?? failure.detail;
  const meaning = meaningOf(failure);
  if (failure.code === 'CANCELLED') return <Cancelled message={failure.message}>{children}</Cancelled>;
  return (
    <div className={classes['failure']} role="alert">
      <div className={classes['failureHead']}>
        <IconAlertTriangle size={16} aria-hidden="true" />
        <span>{failure.message}</span>
      </div>
      {words !== undefined && <pre className={classes['failureWords']}>{words}</pre>}
      {failure.problems !== undefined && (
        <ul className={classes['failureProblems']}>
          {failure.problems.map(({ field, message }) => (
            <li key={`${field} ${message}`}>{message}</li>
          ))}
        </ul>
      )}
      {meaning !== null && <p className={classes['failureHelp']}>{t(`failure:meaning.${meaning}`)}</p>}
      {failure.hostKey !== undefined && <ChangedKey failure={failure} />}
      <div className={classes['failureButtons']}>
        {children}
        <Button
          size="compact-xs"
          leftSection={copied ? <IconCheck size={13} /> : <IconCopy size={13} />}
          onClick={() => copy(failureReport(failure, { version: info?.version ?? '', time: Date.now() }))}
        >
          {copied ? t('common:copied') : t('failure:copyDetails')}
        </Button>
      </div>
    </div>
  );
}

/** What a person ended is no fault: nothing is red, and there is nothing to report. */
function Cancelled({ message, children }: { message: string; children?: ReactNode }) {
  return (
    <div className={classes['failure']} data-cancelled role="status">
      <div className={classes['failureHead']}>
        <IconBan size={16} aria-hidden="true" />
        <span>{message}</span>
      </div>
      {children !== undefined && <div className={classes['failureButtons']}>{children}</div>}
    </div>
  );
}

/** The fingerprints of a host whose key is not the known one, and the line that forgets the old key. */
function ChangedKey({ failure }: { failure: Failure }) {
  const { t } = useTranslation(['failure', 'common']);
  const [copied, copy] = useCopied();
  const uri = useHost(failure.host?.id ?? '')?.uri ?? '';
  const { hostKey } = failure;
  if (hostKey === undefined) return null;
  const line = forgetKeyLine(uri, hostKey.knownIn);
  return (
    <>
      <pre className={classes['failureWords']}>
        {hostKey.known.map((known) => `${t('failure:keyKnown')}  ${known}\n`).join('')}
        {`${t('failure:keyOffered')}  ${hostKey.offered} (${hostKey.keyType})\n`}
        {`${t('failure:keyFile')}  ${hostKey.knownIn}`}
      </pre>
      <p className={classes['failureHelp']}>{t('failure:keyMend')}</p>
      {line !== null && (
        <div className="row">
          <pre className={classes['failureWords']}>{line}</pre>
          <Button size="compact-xs" onClick={() => copy(line)}>
            {copied ? t('common:copied') : t('common:copy')}
          </Button>
        </div>
      )}
    </>
  );
}
