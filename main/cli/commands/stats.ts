import type { Domain } from '../../contract/domain.ts';
import type { DomainFigures, StatsTick } from '../../contract/figures.ts';
import { CliError } from '../errors.ts';
import type { FleetSession } from '../fleet-session.ts';
import { clock, kib, percent, rate } from '../format.ts';
import { table } from '../table.ts';

export interface StatsOptions {
  readonly watch: boolean;
  readonly intervalMs: 1000 | 2000 | 5000 | 10000;
}

interface Row {
  readonly name: string;
  readonly host: string;
  readonly figures: DomainFigures;
}

/** Ends a host's part when it was asked for one sample: rates need two. */
const SAMPLES_FOR_A_RATE = 2;
const SAMPLE_LIMIT_MS = 60_000;

/** Figures of the machines named, or of all that run. Once, or for ever until Ctrl+C. */
export async function showStats(
  session: FleetSession,
  vms: readonly string[],
  options: StatsOptions,
): Promise<void> {
  await session.connectFor(vms);
  const wanted = vms.map((vm) => session.find(vm));
  const hosts = [
    ...new Set(
      wanted.length > 0 ? wanted.map(({ host }) => host) : session.connectedHosts.map(({ id }) => id),
    ),
  ];
  const abort = new AbortController();
  const ticks = await session.client.stats.watch(
    { intervalMs: options.intervalMs, hosts },
    { signal: abort.signal },
  );
  if (options.watch) {
    for await (const tick of ticks) print(session, [tick], wanted);
    return;
  }
  const last = await sampled(session, { ticks, hosts, abort });
  print(session, last, wanted);
  const silent = hosts.filter((host) => !last.some((tick) => tick.host === host));
  if (silent.length === 0) return;
  const names = silent.map((host) => session.hostName(host)).join(', ');
  throw new CliError({ code: 'TIMEOUT', message: `No figures came from ${names}.` });
}

interface Sampling {
  readonly ticks: AsyncIterable<StatsTick>;
  readonly hosts: readonly string[];
  /** Ends `ticks`. */
  readonly abort: AbortController;
}

/** The last tick of each host, once every host has told enough for rates, was lost, or is too late. */
async function sampled(session: FleetSession, { ticks, hosts, abort }: Sampling): Promise<StatsTick[]> {
  const samples = new Map(hosts.map((host) => [host, 0]));
  const last = new Map<string, StatsTick>();
  const isDone = (): boolean =>
    hosts.every(
      (host) =>
        (samples.get(host) ?? 0) >= SAMPLES_FOR_A_RATE || session.mirror.host(host)?.state !== 'connected',
    );
  // Looks when the inventory changes too: of a host that is lost no tick comes any more.
  const end = session.mirror
    .until(() => (isDone() || abort.signal.aborted ? true : undefined), SAMPLE_LIMIT_MS)
    .finally(() => abort.abort());
  try {
    for await (const tick of ticks) {
      last.set(tick.host, tick);
      samples.set(tick.host, (samples.get(tick.host) ?? 0) + 1);
      if (isDone()) break;
    }
  } catch (error) {
    if (!abort.signal.aborted) throw error;
  }
  abort.abort();
  session.mirror.look();
  await end;
  return [...last.values()];
}

function print(session: FleetSession, ticks: readonly StatsTick[], wanted: readonly Domain[]): void {
  const { output } = session;
  const rows = ticks.flatMap((tick) => rowsOf(session, tick, wanted));
  if (output.json) {
    for (const tick of ticks) {
      const uuids = new Set(rowsOf(session, tick, wanted).map(({ figures }) => figures.uuid));
      const domains = tick.domains
        .filter(({ uuid }) => uuids.has(uuid))
        .map((figures) => ({
          name: session.mirror.domain(tick.host, figures.uuid)?.name ?? null,
          ...figures,
        }));
      output.record({
        host: session.hostName(tick.host),
        hostId: tick.host,
        time: tick.time,
        intervalMs: tick.intervalMs,
        figures: tick.figures,
        domains,
      });
    }
    return;
  }
  if (wanted.length === 0) for (const tick of ticks) output.line(hostLine(session, tick));
  for (const line of table(COLUMNS, rows)) output.line(line);
  output.line('');
}

function rowsOf(session: FleetSession, tick: StatsTick, wanted: readonly Domain[]): Row[] {
  const host = session.hostName(tick.host);
  const rows = tick.domains.flatMap((figures) => {
    const domain = session.mirror.domain(tick.host, figures.uuid);
    const isWanted =
      wanted.length === 0 || wanted.some(({ host: at, uuid }) => at === tick.host && uuid === figures.uuid);
    return domain === undefined || !isWanted ? [] : [{ name: domain.name, host, figures }];
  });
  return rows.toSorted((a, b) => a.name.localeCompare(b.name, 'en', { numeric: true }));
}

function hostLine(session: FleetSession, { host, time, figures }: StatsTick): string {
  const cpu = percent(figures?.cpu ?? null);
  const memory = `${kib(figures?.memoryUsedKiB ?? null)} of ${kib(figures?.memoryTotalKiB ?? null)}`;
  return `${clock(time)}  ${session.hostName(host)}: CPU ${cpu}, memory ${memory}`;
}

const COLUMNS = [
  { title: 'NAME', value: ({ name }: Row) => name },
  { title: 'HOST', value: ({ host }: Row) => host },
  { title: 'CPU', value: ({ figures }: Row) => percent(figures.cpu), align: 'right' },
  { title: 'MEMORY', value: ({ figures }: Row) => kib(figures.memoryUsedKiB), align: 'right' },
  { title: 'OF', value: ({ figures }: Row) => kib(figures.memoryTotalKiB), align: 'right' },
  { title: 'DISK READ', value: ({ figures }: Row) => rate(figures.diskReadBytes), align: 'right' },
  { title: 'WRITTEN', value: ({ figures }: Row) => rate(figures.diskWriteBytes), align: 'right' },
  { title: 'NET IN', value: ({ figures }: Row) => rate(figures.netInBytes), align: 'right' },
  { title: 'OUT', value: ({ figures }: Row) => rate(figures.netOutBytes), align: 'right' },
] as const;
