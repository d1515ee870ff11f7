import type { EvacuationMachine } from './evacuate.ts';
import type { MigrateFix, MigrateItem } from './migrate.ts';

/** A medium in a drive. */
export type Medium = Pick<Extract<MigrateFix, { kind: 'eject' }>, 'target' | 'path'>;

/** Media without which nothing stops a machine; none where something else does, too. */
export function ejectsOf(items: readonly MigrateItem[]): Medium[] {
  const stops = items.filter(({ level }) => level === 'stop');
  const media = stops.flatMap(({ fix }) =>
    fix?.kind === 'eject' ? [{ target: fix.target, path: fix.path }] : [],
  );
  return media.length === stops.length ? media : [];
}

/** Media that keep a machine which no host takes: those of the host that has least against it. */
export function mediaOf({ to, targets }: Pick<EvacuationMachine, 'to' | 'targets'>): readonly Medium[] {
  if (to !== null) return [];
  const [nearest] = targets
    .filter(({ ejects }) => ejects.length > 0)
    .toSorted((a, b) => a.reasons.length - b.reasons.length);
  return nearest?.ejects ?? [];
}
