import type { MigrateInput, MigratePlan } from '../../contract/migrate.ts';
import type { SourceFacts } from './source-facts.ts';
import type { TargetFacts } from './target-facts.ts';

/** What the machine's cards are plugged into, each once: libvirt's networks, bridges and devices of the host. */
export function networkSources({ model }: SourceFacts): { type: string; from: string }[] {
  const found = new Map<string, { type: string; from: string }>();
  for (const { type, source: from } of model.nics)
    if (from !== null && (type === 'network' || type === 'bridge' || type === 'direct'))
      found.set(`${type} ${from}`, { type, from });
  return [...found.values()];
}

/** What one is called on the target. */
export function networkName({ networks }: Pick<MigrateInput, 'networks'>, from: string): string {
  return Object.hasOwn(networks, from) ? (networks[from] ?? from) : from;
}

/** What each is called there, and what there is of its kind. */
export function shownNetworks(
  input: Pick<MigrateInput, 'networks'>,
  source: SourceFacts,
  target: TargetFacts,
): MigratePlan['networks'] {
  const devices = [...(target.devices ?? [])];
  return networkSources(source).map(({ type, from }) => {
    const to = networkName(input, from);
    if (type !== 'network') return { from, to, choices: devices.toSorted(), inactive: [] };
    const networks = [...(target.networks ?? [])].toSorted(([a], [b]) => (a < b ? -1 : 1));
    return {
      from,
      to,
      choices: networks.map(([name]) => name),
      inactive: networks.flatMap(([name, active]) => (active ? [] : [name])),
    };
  });
}
