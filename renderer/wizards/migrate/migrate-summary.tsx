import { Button } from '@mantine/core';
import { IconTerminal2 } from '@tabler/icons-react';
import { useTranslation } from 'react-i18next';
import type { MigratePlan } from '../../../main/contract/migrate.ts';
import { useJobs } from '../../state/activity.ts';
import { useHosts } from '../../state/inventory.ts';
import { useAllNetworks, useNetworksWatch } from '../../state/networks.ts';
import { formatBytes, formatDuration, formatRate } from '../../ui/format.ts';
import classes from '../create/create.module.css';
import { LeftMeter, ProblemList, Summary, Warnings } from '../sheet/summary-parts.tsx';
import { measuredRate } from './estimate.ts';
import { isEncrypted, promisesOne } from './form.ts';
import type { MigratePart } from './sections.ts';
import { StaysSection } from './stays.tsx';
import { estimateOf, ownNetworks, waysOf, type Estimate } from './summary-lines.ts';
import type { Move } from './use-migrate.ts';

const MAX_STEPS = 12;
const MIB = 1024 ** 2;

/** The right of the sheet: what goes where, what stands against it, what the target has left. */
export function MigrateSummary(props: {
  part: MigratePart;
  title: string;
  /** The moves are shown in virsh’s words. */
  shell: boolean;
  onShell: () => void;
}) {
  const { part, title, shell, onShell } = props;
  const { t } = useTranslation(['migrate', 'create']);
  const { answer, onGo, onMend } = part;
  const { chosen, moves, plans } = answer;
  const lines = useLines(part);
  const own = useOwnNetworks(part);
  const items = moves.flatMap(({ domain, check }) =>
    (check.plan?.items ?? []).map((item) => ({ ...item, machine: moves.length > 1 ? domain.name : null })),
  );
  const stops = items.filter(({ level }) => level === 'stop');
  const warns = items.filter(({ level }) => level === 'warn');
  const stays = moves.filter(({ check }) => check.plan?.items.some(({ level }) => level === 'stop') === true);
  const steps = plans.length === 1 ? (plans[0]?.steps ?? []) : [];
  return (
    <Summary label={t('create:summary.title')}>
      <section>
        <h3>{title}</h3>
        <dl className={classes['made']}>
          {lines.map(([term, text]) => (
            <Line key={term} term={term} text={text} />
          ))}
        </dl>
        {chosen === null && <p className="muted small">{t('migrate:summary.choose')}</p>}
        {chosen?.connected === false && (
          <p className="muted small">{t('migrate:checks.away', { host: chosen.host.name })}</p>
        )}
      </section>
      <ProblemList
        title={
          moves.length > 1
            ? t('migrate:summary.stays', { count: stays.length })
            : t('migrate:summary.problems')
        }
        problems={stops.map(({ message, machine }) => ({
          key: `${machine} ${message}`,
          place: machine,
          message,
          onGo: onMend,
        }))}
      />
      <Warnings warnings={[...new Set(warns.map(({ message }) => message))]} />
      <Meters plans={plans} host={chosen?.host.name ?? ''} />
      <StaysSection
        stays={plannedOf(moves).map(({ host, plan }) => ({ host, volumes: plan.stays }))}
        replaces={plans.map((plan) => ({ host: chosen?.host.id ?? '', volumes: plan.replaces }))}
        onChoose={() => onGo('way')}
      />
      {steps.length > 0 && (
        <section>
          <h3>{t('create:summary.steps')}</h3>
          <ol className={classes['steps']}>
            {steps.slice(0, MAX_STEPS).map((step, index) => (
              <li key={index}>{step}</li>
            ))}
          </ol>
        </section>
      )}
      <p className="muted small" style={{ margin: 0 }}>
        {promisesOne(part.form) && `${t('migrate:summary.alone', { count: moves.length })} `}
        {t('migrate:summary.kept', { count: moves.length })}
        {own.length > 0 &&
          ` ${t('migrate:summary.ownNetworks', { count: own.length, names: own.join(', ') })}`}
      </p>
      {chosen !== null && (
        <div>
          <Button
            size="compact-sm"
            leftSection={<IconTerminal2 size={14} />}
            disabled={plans.length === 0}
            aria-pressed={shell}
            onClick={onShell}
          >
            {t(shell ? 'create:summary.toForm' : 'migrate:virsh.show')}
          </Button>
        </div>
      )}
    </Summary>
  );
}

function Line({ term, text }: { term: string; text: string }) {
  return (
    <>
      <dt>{term}</dt>
      <dd>{text}</dd>
    </>
  );
}

function useLines({ form, answer }: MigratePart): (readonly [string, string])[] {
  const { t } = useTranslation('migrate');
  const jobs = useJobs();
  const { chosen, moves, plans } = answer;
  const hosts = useHosts();
  const sources = new Set(form.machines.map(({ host }) => host));
  const from = hosts.filter(({ id }) => sources.has(id) && id !== form.to).map(({ name }) => name);
  const [plan] = plans;
  const [move] = moves;
  if (chosen === null) return [];
  const ends = [
    [t('summary.from'), from.join(', ')],
    [t('summary.to'), chosen.host.name],
  ] as const;
  if (plan === undefined || move === undefined) return [...ends];
  const memory = plans.reduce((sum, { bytes }) => sum + bytes.memory, 0);
  const disks = plans.reduce((sum, { bytes }) => sum + bytes.disks, 0);
  const kind =
    plan.kind === 'offline'
      ? 'offline'
      : move.domain.state === 'paused'
        ? ('paused' as const)
        : ('live' as const);
  const sizes = { memory: formatBytes(memory), disks: formatBytes(disks) };
  const planned = plannedOf(moves);
  const ways = waysOf(planned);
  const nameOf = (id: string): string => hosts.find((host) => host.id === id)?.name ?? id;
  const words = ways.map(({ via, count, from: sources }) => {
    const way = t(`summary.${via === 'direct' && !isEncrypted(form, plans) ? 'directOpen' : via}`);
    return ways.length === 1
      ? way
      : t('summary.viaFrom', { way, count, hosts: sources.map(nameOf).join(', ') });
  });
  const to = chosen.host.id;
  const limit = form.bandwidthMiBs === 0 ? null : form.bandwidthMiBs * MIB;
  const estimate = estimateOf(planned, limit, (source, via) => measuredRate(jobs, { from: source, to, via }));
  return [
    ...ends,
    ...(plans.length === 1 ? [[t('summary.kind'), t(`summary.${kind}`)] as const] : []),
    ...(words.length === 0 ? [] : [[t('summary.via'), words.join('; ')] as const]),
    ...(memory + disks === 0
      ? []
      : [
          [t('summary.bytes'), t(`summary.${sizesOf(memory, disks)}`, sizes)] as const,
          [
            t('summary.time'),
            estimate === null
              ? t(from.length > 1 ? 'summary.timeUnknownAll' : 'summary.timeUnknown')
              : t(`summary.${timeWords(estimate, disks > 0)}`, {
                  time: formatDuration(estimate.seconds * 1000),
                  rate: estimate.rate === null ? '' : formatRate(estimate.rate),
                }),
          ] as const,
        ]),
  ];
}

function timeWords({ rate, limited }: Estimate, hasDisks: boolean) {
  if (limited && hasDisks) return rate === null ? 'timeLimitedDisksAll' : 'timeLimitedDisks';
  if (limited) return rate === null ? 'timeLimitedAll' : 'timeLimited';
  return rate === null ? 'timeMeasuredAll' : 'timeMeasured';
}

function plannedOf(moves: readonly Move[]): { host: string; plan: MigratePlan }[] {
  return moves.flatMap(({ domain, check: { plan } }) => (plan === null ? [] : [{ host: domain.host, plan }]));
}

/** The machines' networks that are each host's own. */
function useOwnNetworks({ answer: { chosen, moves } }: MigratePart): string[] {
  const to = chosen?.host.id ?? '';
  const planned = plannedOf(moves);
  useNetworksWatch(planned.length === 0 ? [] : [...new Set([to, ...planned.map(({ host }) => host)])]);
  const all = useAllNetworks();
  return ownNetworks(planned, to, (host) => all.get(host)?.networks ?? []);
}

function sizesOf(memory: number, disks: number): 'disksOnly' | 'memoryOnly' | 'memoryAndDisks' {
  if (memory === 0) return 'disksOnly';
  return disks === 0 ? 'memoryOnly' : 'memoryAndDisks';
}

/** What the target has left when all of them are there. */
function Meters({ plans, host }: { plans: readonly MigratePlan[]; host: string }) {
  const { t } = useTranslation(['migrate', 'create']);
  const memory = plans.flatMap(({ afterwards }) => afterwards.memory ?? []);
  const pools = new Map<string, MigratePlan['afterwards']['pools'][number]>();
  for (const pool of plans.flatMap(({ afterwards }) => afterwards.pools)) {
    const before = pools.get(pool.pool);
    pools.set(pool.pool, { ...pool, takenBytes: pool.takenBytes + (before?.takenBytes ?? 0) });
  }
  const [first] = memory;
  // What is off takes none.
  const taken = memory.reduce((sum, { takenBytes }) => sum + takenBytes, 0);
  return (
    <>
      {first !== undefined && taken > 0 && (
        <LeftMeter
          label={t('migrate:summary.memory', { host })}
          total={first.totalBytes}
          free={first.freeBytes}
          taken={taken}
        />
      )}
      {[...pools.values()].map((pool) => (
        <LeftMeter
          key={pool.pool}
          label={t('create:summary.pool', { name: pool.name })}
          total={pool.capacityBytes}
          free={pool.availableBytes}
          // A copy keeps its holes: so much it can come to.
          taken={0}
          promised={pool.takenBytes}
        />
      ))}
    </>
  );
}
