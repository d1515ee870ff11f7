import { Button } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import type { MigrateStays } from '../../../main/contract/migrate.ts';
import { useHost, useHosts } from '../../state/inventory.ts';
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

/** Volumes of a host, by its id. */
export interface AtHost {
  readonly host: string;
  readonly volumes: readonly MigrateStays[];
}

/** What stays on the hosts that machines leave, with the way to what deletes it, and what is replaced on those that they go to. Nothing where there is nothing. */
export function StaysSection({
  stays,
  replaces,
  onChoose,
}: {
  stays: readonly AtHost[];
  replaces: readonly AtHost[];
  onChoose: () => void;
}) {
  const { t } = useTranslation('migrate');
  const some = byHost(stays);
  return (
    <>
      {some.length > 0 && (
        <section>
          {some.map((one) => (
            <VolumesOf key={one.host} title="summary.staysAt" {...one} />
          ))}
          <Button size="compact-xs" onClick={onChoose}>
            {t('summary.staysChoose')}
          </Button>
        </section>
      )}
      {byHost(replaces).map((one) => (
        <section key={one.host}>
          <VolumesOf title="summary.replacedAt" {...one} />
        </section>
      ))}
    </>
  );
}

function byHost(all: readonly AtHost[]): AtHost[] {
  const hosts = new Map<string, MigrateStays[]>();
  for (const { host, volumes } of all)
    if (volumes.length > 0) hosts.set(host, [...(hosts.get(host) ?? []), ...volumes]);
  return [...hosts].map(([host, volumes]) => ({ host, volumes }));
}

function VolumesOf({ title, host, volumes }: AtHost & { title: 'summary.staysAt' | 'summary.replacedAt' }) {
  const { t } = useTranslation('migrate');
  const name = useHost(host)?.name ?? host;
  return (
    <>
      <h3>{t(title, { host: name })}</h3>
      <ul className={classes['stays']}>
        {volumes.slice(0, MAX_LINES).map((one) => (
          <li key={one.path}>{staysWords(one)}</li>
        ))}
        {volumes.length > MAX_LINES && (
          <li title={volumes.map(staysWords).join('\n')}>
            {t('summary.staysMore', { count: volumes.length - MAX_LINES })}
          </li>
        )}
      </ul>
    </>
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
