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
  const active = [...(target.networks ?? [])].flatMap(([name, on]) => (on ? [name] : []));
  const devices = [...(target.devices ?? [])];
  return networkSources(source).map(({ type, from }) => ({
    from,
    to: networkName(input, from),
    choices: (type === 'network' ? active : devices).toSorted(),
  }));
}
