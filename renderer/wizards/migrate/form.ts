import type { DomainRef } from '../../../main/contract/domain.ts';
import {
  USUAL_MANNER,
  usualMigration,
  type MigrateInput,
  type MigrateManner,
} from '../../../main/contract/migrate.ts';

/** What is chosen in the sheet. Empty text and 0: as usual. */
export interface MigrateForm {
  readonly machines: readonly DomainRef[];
  /** Id of the target; null: none is chosen yet. */
  readonly to: string | null;
  readonly pool: string | null;
  readonly networks: Readonly<Record<string, string>>;
  readonly via: MigrateInput['via'];
  readonly address: string;
  readonly bandwidthMiBs: number;
  readonly downtimeMs: number;
  readonly autoConverge: boolean;
  readonly unsafe: boolean;
  readonly deleteSource: boolean;
  readonly manner: MigrateManner;
  /** Of several machines, so many at a time between the same two hosts. */
  readonly atOnce: number;
}

export function newMigrateForm(machines: readonly DomainRef[], to: string | null): MigrateForm {
  return {
    machines,
    to,
    pool: null,
    networks: {},
    via: 'auto',
    address: '',
    bandwidthMiBs: 0,
    downtimeMs: 0,
    autoConverge: false,
    unsafe: false,
    deleteSource: false,
    manner: USUAL_MANNER,
    atOnce: 1,
  };
}

/** Nothing but the way of the data was chosen of how it goes. */
export function goesAsUsual({ bandwidthMiBs, downtimeMs, autoConverge, manner }: MigrateForm): boolean {
  return (
    bandwidthMiBs === 0 &&
    downtimeMs === 0 &&
    !autoConverge &&
    JSON.stringify(manner) === JSON.stringify(USUAL_MANNER)
  );
}

/** Another host is chosen: its pools and networks are not those of the one before, nor is what a person takes upon themselves. */
export function toHost(to: string): Partial<MigrateForm> {
  return { to, pool: null, networks: {}, address: '', unsafe: false, deleteSource: false };
}

/** What the core is asked of one machine: as chosen where it is the chosen host, else as usual. */
export function migrateInputOf(form: MigrateForm, { host, uuid }: DomainRef, to: string): MigrateInput {
  const usual = usualMigration({ host, uuid, to });
  if (to !== form.to) return usual;
  const address = form.address.trim();
  return {
    ...usual,
    ...form.manner,
    pool: form.pool,
    networks: { ...form.networks },
    via: form.via,
    address: form.via === 'relay' || address === '' ? null : address,
    bandwidthMiBs: form.bandwidthMiBs === 0 ? null : form.bandwidthMiBs,
    downtimeMs: form.downtimeMs === 0 ? null : form.downtimeMs,
    autoConverge: form.autoConverge,
    unsafe: form.unsafe,
    deleteSource: form.deleteSource,
  };
}

const KEY = 'virtlane.migrate';
/** Of the shape of a draft: one of an older build is not read. */
const VERSION = 2;

/** What was said and not done, for as long as the window's tab lives. */
export function saveDraft(form: MigrateForm): void {
  try {
    sessionStorage.setItem(KEY, JSON.stringify({ version: VERSION, form }));
  } catch {
    // Storage is full or forbidden: the draft is lost, nothing else happens.
  }
}

export function dropDraft(): void {
  try {
    sessionStorage.removeItem(KEY);
  } catch {
    // Forbidden: then there was none.
  }
}

/** The draft of just these machines; `to`: a host that was chosen since. */
export function readDraft(machines: readonly DomainRef[], to: string | null): MigrateForm {
  const first = newMigrateForm(machines, to);
  try {
    const saved: unknown = JSON.parse(sessionStorage.getItem(KEY) ?? 'null');
    if (!isDraft(saved) || keysOf(saved.form.machines) !== keysOf(machines)) return first;
    return to === null || to === saved.form.to
      ? { ...first, ...saved.form, machines }
      : { ...first, ...saved.form, machines, ...toHost(to) };
  } catch {
    return first;
  }
}

function keysOf(machines: readonly DomainRef[]): string {
  return machines.map(({ host, uuid }) => `${host}/${uuid}`).join(' ');
}

function isDraft(saved: unknown): saved is { form: MigrateForm } {
  return (
    typeof saved === 'object' &&
    saved !== null &&
    'version' in saved &&
    saved.version === VERSION &&
    'form' in saved &&
    typeof saved.form === 'object' &&
    saved.form !== null &&
    'machines' in saved.form &&
    Array.isArray(saved.form.machines)
  );
}
