import type { MigrateFix, MigrateInput, MigrateItem } from '../../contract/migrate.ts';
import type { PlannedDisks } from './disks.ts';
import type { CarriedCd } from './media.ts';
import type { SourceFacts } from './source-facts.ts';
import type { TargetFacts } from './target-facts.ts';

/** What a check looks at. */
export interface Checked {
  readonly input: MigrateInput;
  readonly source: SourceFacts;
  readonly target: TargetFacts;
  /** The job that copies it now, by the name of what it makes. */
  readonly copiedTo: string | null;
  readonly disks: PlannedDisks;
  /** Targets of disks of a machine that is off which lie on others, as its pools tell. */
  readonly backed: ReadonlySet<string>;
  /** CDs that go with it. */
  readonly media: readonly CarriedCd[];
  readonly offline: boolean;
  readonly via: 'direct' | 'relay' | 'none';
  /** Where the hosts do not reach each other, the data goes through this computer after all. */
  readonly fallsBack: boolean;
}

type Id = MigrateItem['id'];

export const ok = (id: Id, message: string): MigrateItem => ({ id, level: 'ok', message, remedy: null });
export const warn = (id: Id, message: string, remedy: string | null = null): MigrateItem => ({
  id,
  level: 'warn',
  message,
  remedy,
});
export const stop = (id: Id, message: string, remedy: string): MigrateItem => ({
  id,
  level: 'stop',
  message,
  remedy,
});

/** An item that is not well, with what mends it at a click. */
export function mended(item: MigrateItem, fix: MigrateFix | undefined): MigrateItem {
  return item.level === 'ok' || fix === undefined ? item : { ...item, fix };
}
