import { ActionIcon, Button, Select, TextInput } from '@mantine/core';
import { IconPlus, IconTrash } from '@tabler/icons-react';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Backend } from '../../../main/contract/balancer.ts';
import { useDomains, useHosts } from '../../state/inventory.ts';
import { CountField } from '../sheet/count-field.tsx';
import classes from './balancer.module.css';

const OTHER = 'address';
const HTTP_PORT = 80;
const MAX_PORT = 65_535;

/** The machines of all hosts that a load balancer stands in front of. What is in the list is complete. */
export function BackendsField(props: {
  value: readonly Backend[];
  /** The machine itself, which cannot be behind itself. */
  except?: string;
  onChange: (next: Backend[]) => void;
}) {
  const { value, onChange } = props;
  const { t } = useTranslation('balancer');
  const names = useMachineNames();
  return (
    <div className={classes['field']}>
      {value.length === 0 && <p className={classes['none']}>{t('none')}</p>}
      {value.length > 0 && (
        <ul className={classes['chosen']} aria-label={t('behind')}>
          {value.map((backend, index) => {
            const name = nameOf(backend, names);
            return (
              <li key={keyOf(backend)}>
                <span>{name}</span>
                <span className="muted">
                  {backend.machine !== null && (backend.address ?? t('ownAddress'))}{' '}
                  {t('atPort', { port: backend.port })}
                </span>
                <ActionIcon
                  variant="subtle"
                  size={22}
                  aria-label={t('remove', { name })}
                  title={t('remove', { name })}
                  onClick={() => onChange(value.filter((_, at) => at !== index))}
                >
                  <IconTrash size={14} />
                </ActionIcon>
              </li>
            );
          })}
        </ul>
      )}
      <AddBackend
        names={names}
        except={props.except ?? ''}
        taken={new Set(value.map(keyOf))}
        onAdd={(backend) => onChange([...value, backend])}
      />
    </div>
  );
}

function AddBackend(props: {
  names: ReadonlyMap<string, string>;
  except: string;
  taken: ReadonlySet<string>;
  onAdd: (backend: Backend) => void;
}) {
  const { t } = useTranslation('balancer');
  const [target, setTarget] = useState<string | null>(null);
  const [address, setAddress] = useState('');
  const [port, setPort] = useState(HTTP_PORT);
  const typed = address.trim();
  const backend =
    target === null
      ? null
      : { machine: target === OTHER ? null : target, address: typed === '' ? null : typed, port };
  const isBad = typed !== '' && !isIpv4(typed);
  const isTwice = backend !== null && props.taken.has(keyOf(backend));
  const isPort = port >= 1 && port <= MAX_PORT;
  const isReady = backend !== null && isPort && !isBad && !isTwice && (target !== OTHER || typed !== '');
  const add = (): void => {
    if (!isReady) return;
    props.onAdd(backend);
    setTarget(null);
    setAddress('');
  };
  return (
    <div
      className={classes['add']}
      onKeyDown={(event) => {
        // Enter is this button's, not the form's around it.
        if (event.key !== 'Enter' || !(event.target instanceof HTMLInputElement) || !isReady) return;
        if (event.target.getAttribute('aria-expanded') === 'true') return;
        event.preventDefault();
        add();
      }}
    >
      <Select
        label={t('machine')}
        placeholder={t('chooseMachine')}
        searchable
        value={target}
        error={isTwice ? t('twice') : null}
        data={[
          ...[...props.names]
            .filter(([uuid]) => uuid !== props.except)
            .map(([uuid, label]) => ({ value: uuid, label })),
          { value: OTHER, label: t('other') },
        ]}
        onChange={setTarget}
      />
      <TextInput
        label={t('address')}
        placeholder={target === OTHER ? '192.0.2.7' : t('addressFound')}
        value={address}
        spellCheck={false}
        error={isBad ? t('badAddress') : null}
        onChange={(event) => setAddress(event.currentTarget.value)}
      />
      <CountField label={t('port')} value={port} max={MAX_PORT} onChange={setPort} />
      <Button leftSection={<IconPlus size={14} />} disabled={!isReady} onClick={add}>
        {t('add')}
      </Button>
    </div>
  );
}

/** `web-01 (kvm-a)` by UUID, each once. */
function useMachineNames(): ReadonlyMap<string, string> {
  const domains = useDomains();
  const hosts = new Map(useHosts().map(({ id, name }) => [id, name]));
  const sorted = domains.toSorted((a, b) => a.name.localeCompare(b.name, undefined, { numeric: true }));
  return new Map(sorted.map(({ uuid, name, host }) => [uuid, `${name} (${hosts.get(host) ?? host})`]));
}

function nameOf({ machine, name, address }: Backend, names: ReadonlyMap<string, string>): string {
  if (machine === null) return address ?? '';
  return names.get(machine) ?? name ?? machine;
}

function keyOf({ machine, address, port }: Backend): string {
  return `${machine ?? ''} ${address ?? ''} ${port}`;
}

function isIpv4(text: string): boolean {
  const parts = text.split('.');
  return parts.length === 4 && parts.every((part) => /^(0|[1-9]\d{0,2})$/.test(part) && Number(part) < 256);
}
