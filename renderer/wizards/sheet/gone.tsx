import { Button } from '@mantine/core';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Domain, DomainRef } from '../../../main/contract/domain.ts';
import { useDomain, useDomains, useHost } from '../../state/inventory.ts';
import { Note } from './cards.tsx';
import { Summary } from './summary-parts.tsx';

/** The machine that a sheet is about; `name`: also when it is gone. */
export function useSubject({ host, uuid }: DomainRef): { domain: Domain | undefined; name: string } {
  const domain = useDomain(host, uuid);
  const [name, setName] = useState(domain?.name ?? '');
  if (domain !== undefined && domain.name !== name) setName(domain.name);
  return { domain, name };
}

/** In place of the form: the machine that the sheet is about is not known any more, and what to do. */
export function Gone(props: {
  machine: DomainRef;
  name: string;
  /** Goes on with the machine on the host that has it now. */
  onElsewhere: (there: DomainRef) => void;
}) {
  const { machine, name, onElsewhere } = props;
  const { t } = useTranslation('common');
  const owner = useHost(machine.host);
  const there = useDomains().find(({ host, uuid }) => uuid === machine.uuid && host !== machine.host);
  const other = useHost(there?.host ?? '');
  const host = owner?.name ?? machine.host;
  if (owner?.state !== 'connected') return <Note tone="warn">{t('gone.away', { name, host })}</Note>;
  if (there === undefined) return <Note tone="warn">{t('gone.deleted', { name, host })}</Note>;
  return (
    <>
      <Note tone="warn">{t('gone.moved', { name, host: other?.name ?? there.host })}</Note>
      <div>
        <Button onClick={() => onElsewhere({ host: there.host, uuid: there.uuid })}>{t('gone.goOn')}</Button>
      </div>
    </>
  );
}

/** In place of what would come of it. */
export function GoneSummary() {
  const { t } = useTranslation(['common', 'create']);
  return (
    <Summary label={t('create:summary.title')}>
      <p className="muted small" style={{ margin: 0 }}>
        {t('common:gone.nothing')}
      </p>
    </Summary>
  );
}
