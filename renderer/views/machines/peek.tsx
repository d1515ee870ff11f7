import { ActionIcon } from '@mantine/core';
import { useElementSize } from '@mantine/hooks';
import { IconX } from '@tabler/icons-react';
import { useEffect } from 'react';
import { useTranslation } from 'react-i18next';
import type { Domain, DomainDetail } from '../../../main/contract/domain.ts';
import { api } from '../../api/client.ts';
import type { SeriesColor } from '../../charts/sparkline.tsx';
import { Sparkline } from '../../charts/sparkline.tsx';
import { ScreenThumbnail } from '../../consoles/screen-thumbnail.tsx';
import type { SparkSeries } from '../../state/figures.ts';
import { SPARK_POINTS, sum } from '../../state/figures.ts';
import { hasContainers, useHost } from '../../state/inventory.ts';
import { navigate, routeHash } from '../../state/router.ts';
import { useFigures, useSparkline } from '../../state/stats.ts';
import { setUi, useUi } from '../../state/ui.ts';
import { ContainerMark, DemoMark } from '../../ui/demo-mark.tsx';
import { isActive, isStale, shownTone } from '../../ui/domain-state.ts';
import { formatKiB, formatPercent, formatRate } from '../../ui/format.ts';
import type { Fact } from '../../ui/key-value.tsx';
import { KeyValue } from '../../ui/key-value.tsx';
import { focusPage, land } from '../../ui/landing.ts';
import { ResizeHandle } from '../../ui/resize-handle.tsx';
import { StateDot } from '../../ui/state-dot.tsx';
import { StateWord } from '../../ui/state-label.tsx';
import { TemplateMark } from '../../ui/template-mark.tsx';
import { Age } from '../../ui/time.tsx';
import { ActionButtons, ActionFailure } from '../machine/actions.tsx';
import { useAnswer } from '../../ui/use-answer.ts';
import { useMoveWord } from '../machine/move-word.ts';
import { virtualization } from '../machine/virtualization.ts';
import { currentFigures } from './current-live.ts';
import { osName } from './os-name.ts';
import classes from './machines-page.module.css';

const BOUNDS = { min: 260, max: 560 };

/** The machine in focus: screen, actions, facts, four live graphs while it runs. */
export function Peek({ domain }: { domain: Domain | undefined }) {
  const { t } = useTranslation('machines');
  const width = useUi('peekWidth');
  useEffect(() => land, []);
  return (
    <aside
      className={classes['peek']}
      style={{ width }}
      aria-label={t('peek')}
      onKeyDown={(event) => {
        // A menu of the panel stands elsewhere in the document, and its Escape is its own.
        if (
          event.key === 'Escape' &&
          event.target instanceof Node &&
          event.currentTarget.contains(event.target)
        )
          focusPage();
      }}
    >
      <ResizeHandle
        what={t('peek')}
        edge="left"
        size={width}
        bounds={BOUNDS}
        onResize={(peekWidth) => setUi({ peekWidth })}
      />
      {domain === undefined ? (
        <p className={classes['chooseOne']}>{t('chooseOne')}</p>
      ) : (
        <PeekContent key={`${domain.host}/${domain.uuid}`} domain={domain} />
      )}
    </aside>
  );
}

function PeekContent({ domain }: { domain: Domain }) {
  const { t } = useTranslation(['machines', 'common']);
  const host = useHost(domain.host);
  const stale = isStale(host);
  const moving = useMoveWord(domain);
  const { host: hostId, uuid } = domain;
  return (
    <div className={classes['peekContent']}>
      <div className={classes['peekHead']}>
        <h2 className={classes['peekName']} title={domain.name}>
          <a href={routeHash({ page: 'machine', host: hostId, uuid, tab: 'overview' })}>{domain.name}</a>
        </h2>
        {domain.template === true && <TemplateMark />}
        {host?.kind === 'demo' && <DemoMark />}
        {hasContainers(host) && <ContainerMark />}
        <StateDot tone={shownTone(domain, stale)} />
        <span className={`muted small truncate ${classes['peekState']}`}>
          {moving?.word ?? <StateWord domain={domain} />}
          {domain.since !== null && (
            <>
              {' · '}
              <Age since={domain.since} />
            </>
          )}
        </span>
        <ActionIcon
          variant="subtle"
          size={22}
          aria-label={t('machines:hidePeek')}
          onClick={() => setUi({ peekOpen: false })}
        >
          <IconX size={14} />
        </ActionIcon>
      </div>
      {stale && host?.lastSeen != null && (
        <span className="small" style={{ color: 'var(--warn)' }}>
          <StaleNote since={host.lastSeen} />
        </span>
      )}
      <ActionButtons
        domain={domain}
        compact
        onConsole={() => navigate({ page: 'machine', host: hostId, uuid, tab: 'console' })}
      />
      <ActionFailure domain={domain} />
      <ScreenThumbnail domain={domain} />
      <PeekFacts domain={domain} />
      {isActive(domain) && <PeekGraphs domain={domain} />}
    </div>
  );
}

function StaleNote({ since }: { since: number }) {
  const { t } = useTranslation('machines');
  const [before, after] = t('stale', { age: '\n' }).split('\n');
  return (
    <>
      {before}
      <Age since={since} />
      {after}
    </>
  );
}

function PeekFacts({ domain }: { domain: Domain }) {
  const { t } = useTranslation(['machines', 'common']);
  const { t: tm } = useTranslation('machine');
  const host = useHost(domain.host);
  const { host: hostId, uuid } = domain;
  const connected = host?.state === 'connected';
  const detail = useAnswer<DomainDetail | null>(
    (signal) => (connected ? api.domain.get({ host: hostId, uuid }, { signal }) : Promise.resolve(null)),
    { subject: `${hostId}/${uuid}`, version: `${domain.state} ${connected}` },
  ).value;
  const [address] = domain.addresses;
  const source = detail?.addresses.find((one) => one.address === address)?.source;
  const system = detail === null ? '' : (osName(detail) ?? virtualization(detail, tm));
  const facts: Fact[] = [
    address === undefined
      ? { name: t('machines:facts.address'), value: '–' }
      : {
          name: t('machines:facts.address'),
          value: (
            <span className="mono">
              {address} <span className={`faint ${classes['whole']}`}>{source}</span>
            </span>
          ),
          copy: address,
        },
    { name: t('machines:facts.system'), value: system === '' ? ' ' : system },
    { name: t('machines:facts.vcpus'), value: domain.vcpus },
    { name: t('machines:facts.memory'), value: formatKiB(domain.memoryKiB) },
    { name: t('machines:facts.host'), value: host?.name ?? hostId },
    { name: t('machines:facts.autostart'), value: t(domain.autostart ? 'common:yes' : 'common:no') },
  ];
  return <KeyValue facts={facts} />;
}

const GRAPHS: readonly { series: SparkSeries; color: SeriesColor }[] = [
  { series: 'cpu', color: 'cpu' },
  { series: 'memory', color: 'mem' },
  { series: 'disk', color: 'disk-w' },
  { series: 'net', color: 'net-r' },
];

function PeekGraphs({ domain }: { domain: Domain }) {
  const { ref, width } = useElementSize<HTMLDivElement>();
  return (
    <div className={classes['graphs']} ref={ref}>
      {width > 0 &&
        GRAPHS.map((graph) => <PeekGraph key={graph.series} domain={domain} width={width} {...graph} />)}
    </div>
  );
}

function PeekGraph({
  domain,
  series,
  color,
  width,
}: {
  domain: Domain;
  series: SparkSeries;
  color: SeriesColor;
  width: number;
}) {
  const { t } = useTranslation('machines');
  const samples = useSparkline(domain.host, domain.uuid, series);
  const figures = currentFigures(domain, useFigures(domain.host, domain.uuid));
  const now = {
    cpu: formatPercent(figures?.cpu ?? null),
    memory: formatKiB(figures?.memoryUsedKiB ?? null),
    disk: formatRate(figures === null ? null : sum(figures.diskReadBytes, figures.diskWriteBytes)),
    net: formatRate(figures === null ? null : sum(figures.netInBytes, figures.netOutBytes)),
  };
  const max = series === 'cpu' ? 100 : series === 'memory' ? domain.memoryKiB : undefined;
  return (
    <div>
      <div className={classes['graphTitle']}>
        <span className="muted">{t(`graphs.${series}`)}</span>
        <span>{now[series]}</span>
      </div>
      <Sparkline values={samples} max={max} color={color} width={width} height={40} slots={SPARK_POINTS} />
    </div>
  );
}
