import { Button, Select } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import { mediaOf } from '../../../main/contract/migrate-ejects.ts';
import type { Evacuation, EvacuationMachine } from '../../../main/contract/evacuate.ts';
import { openDialog } from '../../state/dialogs.ts';
import { useHosts } from '../../state/inventory.ts';
import { formatBytes } from '../../ui/format.ts';
import { StateDot } from '../../ui/state-dot.tsx';
import { Note } from '../sheet/cards.tsx';
import { EjectAll } from '../migrate/eject-all.tsx';
import { LEVEL_TONES } from '../migrate/target-section.tsx';
import classes from './evacuate.module.css';
import { targetOf, type EvacuateForm } from './form.ts';

const STAYS = '';
const MAX_REASONS = 1;

export interface EvacuatePart {
  readonly form: EvacuateForm;
  readonly plan: Evacuation | null;
  readonly change: (part: Partial<EvacuateForm>) => void;
  /** All of them are looked at anew. */
  readonly again: () => void;
}

/** Every machine of the host, where it goes, and what was found there. */
export function MachinesSection({ form, plan, change, again }: EvacuatePart) {
  const { t } = useTranslation('evacuate');
  const hosts = useHosts();
  const nameOf = (id: string): string => hosts.find((host) => host.id === id)?.name ?? id;
  if (plan === null) return <Note>{t('looking')}</Note>;
  if (plan.machines.length === 0) return <Note>{t('none', { name: nameOf(form.host) })}</Note>;
  if (plan.hosts.length === 0) return <Note tone="warn">{t('noTargets')}</Note>;
  return (
    <>
      <Note>{t('help')}</Note>
      <EjectAll
        machines={plan.machines.flatMap((machine) => {
          const media = mediaOf(machine);
          return media.length === 0 ? [] : [{ ...machine, host: form.host, media }];
        })}
        onDone={again}
      />
      <table className={classes['table']}>
        <thead>
          <tr>
            <th scope="col">{t('column.machine')}</th>
            <th scope="col" data-number>
              {t('column.memory')}
            </th>
            <th scope="col">{t('column.target')}</th>
            <th scope="col">{t('column.found')}</th>
          </tr>
        </thead>
        <tbody>
          {plan.machines.map((machine) => (
            <MachineLine
              key={machine.uuid}
              from={form.host}
              machine={machine}
              to={targetOf(form, machine)}
              nameOf={nameOf}
              onChoose={(to) => change({ chosen: { ...form.chosen, [machine.uuid]: to } })}
            />
          ))}
        </tbody>
      </table>
    </>
  );
}

function MachineLine(props: {
  from: string;
  machine: EvacuationMachine;
  to: string | null;
  nameOf: (host: string) => string;
  onChoose: (to: string | null) => void;
}) {
  const { from, machine, to, nameOf, onChoose } = props;
  const { t } = useTranslation('evacuate');
  const { name, running, memoryBytes, targets } = machine;
  const able = targets.filter(({ level }) => level !== 'stop');
  return (
    <tr>
      <td>
        <div className={classes['name']} title={name}>
          {name}
        </div>
      </td>
      <td data-number>
        <div className={classes['figure']}>
          {running ? formatBytes(memoryBytes) : <span className="muted">{t('off')}</span>}
        </div>
      </td>
      <td>
        {able.length === 0 ? (
          <div className={`muted ${classes['figure']}`}>{t('cannot')}</div>
        ) : (
          <Select
            className={classes['target'] ?? ''}
            size="xs"
            aria-label={t('targetOf', { name })}
            allowDeselect={false}
            data={[
              ...able.map(({ host }) => ({ value: host, label: nameOf(host) })),
              { value: STAYS, label: t('stays') },
            ]}
            value={to ?? STAYS}
            onChange={(value) => onChoose(value === null || value === STAYS ? null : value)}
          />
        )}
      </td>
      <td>
        <FoundThere machine={machine} to={to} nameOf={nameOf} />
        {able.length === 0 && <Remedies from={from} machine={machine} />}
      </td>
    </tr>
  );
}

function FoundThere({
  machine: { targets, to: best },
  to,
  nameOf,
}: {
  machine: EvacuationMachine;
  to: string | null;
  nameOf: (host: string) => string;
}) {
  const { t } = useTranslation('evacuate');
  const there = targets.find(({ host }) => host === to);
  if (there !== undefined)
    return (
      <div className={classes['found']}>
        <StateDot tone={LEVEL_TONES[there.level]} />
        <Reasons reasons={there.reasons.length > 0 ? there.reasons : [t('fine')]} />
      </div>
    );
  // A person kept it here.
  if (best !== null) return null;
  // What is so of all hosts is of the machine, and most other sentences name the host that they are about.
  const isOfAll = new Set(targets.map(({ reasons }) => reasons[0])).size === 1;
  const said = new Set(
    targets.flatMap(({ host, reasons }) =>
      reasons
        .slice(0, 1)
        .map((why) => (isOfAll || why.includes(nameOf(host)) ? why : `${nameOf(host)}: ${why}`)),
    ),
  );
  return (
    <div className={classes['found']}>
      <StateDot tone="bad" />
      <Reasons reasons={[...said]} />
    </div>
  );
}

/** What mends it is a matter of the one machine: its own sheet has it, and this one is a draft meanwhile. */
function Remedies({ from, machine }: { from: string; machine: EvacuationMachine }) {
  const { t } = useTranslation('evacuate');
  const { uuid, name, targets } = machine;
  const [nearest] = targets.toSorted((a, b) => a.reasons.length - b.reasons.length);
  if (nearest === undefined) return null;
  return (
    <Button
      className={classes['remedies'] ?? ''}
      size="compact-xs"
      aria-label={t('remediesOf', { name })}
      onClick={() =>
        openDialog({ kind: 'migrate', machines: [{ host: from, uuid }], to: nearest.host, evacuates: from })
      }
    >
      {t('remedies')}
    </Button>
  );
}

function Reasons({ reasons }: { reasons: readonly string[] }) {
  const { t } = useTranslation('migrate');
  return (
    <ul title={reasons.join('\n')}>
      {reasons.slice(0, MAX_REASONS).map((reason) => (
        <li key={reason}>{reason}</li>
      ))}
      {reasons.length > MAX_REASONS && <li>{t('target.more', { count: reasons.length - MAX_REASONS })}</li>}
    </ul>
  );
}
