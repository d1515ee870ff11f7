import { Button } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import type { MigrateStays } from '../../../main/contract/migrate.ts';
import { useHosts } from '../../state/inventory.ts';
import { formatBytes } from '../../ui/format.ts';
import { Note } from '../sheet/cards.tsx';
import classes from './migrate.module.css';

const MAX_LINES = 6;

/** `default/web.qcow2, 2.1 GiB` */
export function staysWords({ pool, name, bytes }: MigrateStays): string {
  return [pool === null ? name : `${pool}/${name}`, ...(bytes === null ? [] : [formatBytes(bytes)])].join(
    ', ',
  );
}

/** What stays on the hosts that machines leave, and the way to what deletes it. Nothing where nothing stays. */
export function StaysSection(props: {
  /** `host`: its id. */
  stays: readonly { readonly host: string; readonly stays: readonly MigrateStays[] }[];
  onChoose: () => void;
}) {
  const { t } = useTranslation('migrate');
  const hosts = useHosts();
  const sources = [...new Set(props.stays.flatMap(({ host, stays }) => (stays.length > 0 ? [host] : [])))];
  if (sources.length === 0) return null;
  return (
    <section>
      {sources.map((id) => {
        const all = props.stays.flatMap(({ host, stays }) => (host === id ? stays : []));
        const host = hosts.find((one) => one.id === id)?.name ?? id;
        return (
          <div key={id}>
            <h3>{t('summary.staysAt', { host })}</h3>
            <ul className={classes['stays']}>
              {all.slice(0, MAX_LINES).map((one) => (
                <li key={one.path}>{staysWords(one)}</li>
              ))}
              {all.length > MAX_LINES && <li>{t('summary.staysMore', { count: all.length - MAX_LINES })}</li>}
            </ul>
          </div>
        );
      })}
      <Button size="compact-xs" onClick={props.onChoose}>
        {t('summary.staysChoose')}
      </Button>
    </section>
  );
}

/** The same of machines that are gone. */
export function LeftNotes({
  machines,
}: {
  machines: readonly { readonly name: string; readonly from: string; readonly left: readonly string[] }[];
}) {
  const { t } = useTranslation('migrate');
  const hosts = useHosts();
  const sources = [...new Set(machines.flatMap(({ from, left }) => (left.length > 0 ? [from] : [])))];
  return sources.map((id) => (
    <Note key={id}>
      {t('move.leftAt', {
        host: hosts.find((host) => host.id === id)?.name ?? id,
        what: machines.flatMap(({ from, left }) => (from === id ? left : [])).join('; '),
      })}
    </Note>
  ));
}
