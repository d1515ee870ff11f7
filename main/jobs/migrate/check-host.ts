import type { MigrateItem } from '../../contract/migrate.ts';
import { ok, stop, warn, type Checked } from './check-items.ts';

/** So far apart, guests and their certificates notice. */
const SKEW_MS = 5000;

/** What of the two hosts themselves speaks against it: their clocks, large pages, NUMA nodes. */
export function checkHosts(checked: Checked): MigrateItem[] {
  return [checkClock(checked), ...checkPages(checked), ...checkNodes(checked)];
}

function checkClock({ source, target }: Checked): MigrateItem {
  const [here, there] = [source.host.name, target.host.name];
  if (source.clock === null || target.clock === null) {
    const silent = [source, target].flatMap(({ clock, host }) => (clock === null ? [host.name] : []));
    const reason = silent.length === 1 ? `${silent[0]} does not tell the time` : 'neither tells the time';
    return ok('clock', `Whether the clocks of ${here} and ${there} agree is not known: ${reason}.`);
  }
  const apart = Math.abs(source.clock.aheadMs - target.clock.aheadMs);
  const sure = apart - source.clock.withinMs - target.clock.withinMs;
  if (sure < SKEW_MS) return ok('clock', `The clocks of ${here} and ${there} agree.`);
  return warn(
    'clock',
    `The clocks of ${here} and ${there} are ${Math.round(apart / 1000)} s apart, and the guest’s may jump by as much.`,
    'Let both follow the same time server.',
  );
}

function checkPages({ source, target, offline }: Checked): MigrateItem[] {
  const { largePageKiB } = source;
  if (largePageKiB === null) return [];
  const there = target.host.name;
  const wanted = Math.ceil(source.model.memoryKiB / largePageKiB);
  const what = `large pages of ${largePageKiB} KiB`;
  if (target.freeLargePages === null)
    return [warn('memory', `The machine’s memory is of ${what}; how many ${there} has free is not known.`)];
  if (target.freeLargePages >= wanted) return [ok('memory', `${there} has ${what} enough.`)];
  const few = `${there} has ${target.freeLargePages} ${what} free, the machine needs ${wanted}.`;
  const remedy = `Set more of them aside on ${there} (vm.nr_hugepages), or choose another host.`;
  return [offline ? warn('memory', few, remedy) : stop('memory', few, remedy)];
}

function checkNodes({ source, target }: Checked): MigrateItem[] {
  const nodes = target.capabilities.numaNodes;
  const missing = source.numaNodes.filter((node) => node >= nodes);
  if (missing.length === 0) return [];
  return [
    stop(
      'memory',
      `The machine’s memory is bound to the NUMA node ${missing.join(', ')}, and ${target.host.name} has ${nodes === 1 ? 'one node' : `${nodes} nodes`} (from 0).`,
      'Choose another host, or bind the memory to a node that both have.',
    ),
  ];
}
