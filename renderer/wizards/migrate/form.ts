import type { DomainRef } from '../../../main/contract/domain.ts';
import {
  USUAL_MANNER,
  usualMigration,
  type MigrateInput,
  type MigrateManner,
  type MigratePlan,
} from '../../../main/contract/migrate.ts';
import { sheetDraft } from '../sheet/draft.ts';

/** What is chosen in the sheet. Empty text and 0: as usual. */
export interface MigrateForm {
  readonly machines: readonly DomainRef[];
  /** Id of the target; null: none is chosen yet. */
  readonly to: string | null;
  readonly pool: string | null;
  readonly networks: Readonly<Record<string, string>>;
  /** By the machine's UUID, those that get another CPU (`MigrateInput.cpu`). */
  readonly cpus: Readonly<Record<string, string>>;
  /** By the machine's UUID, what a check's button chose of single disks (`MigrateInput.disks`). */
  readonly disks: Readonly<Record<string, Readonly<Record<string, 'copy' | 'share'>>>>;
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

/** The CPU that both hosts have (`MigrateInput.cpu`). */
export const BASELINE = 'baseline';

export function newMigrateForm(machines: readonly DomainRef[], to: string | null): MigrateForm {
  return {
    machines,
    to,
    pool: null,
    networks: {},
    cpus: {},
    disks: {},
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

/** From host to host nobody between them reads along: by TLS, or as the link that the libvirt of one has to the other is no plain TCP. */
export function isEncrypted(
  { manner: { tls, drive } }: MigrateForm,
  plans: readonly Pick<MigratePlan, 'peerUri'>[],
): boolean {
  return (
    tls || (drive === 'tunnel' && plans.every(({ peerUri }) => peerUri?.startsWith('qemu+tcp:') !== true))
  );
}

/** That it is on one host alone whatever fails: in the switch of a post-copy, and where the hosts' own libvirtds drive, nobody can promise that (docs/migrate.md). */
export function promisesOne({ manner: { drive, postCopy } }: MigrateForm): boolean {
  return drive === 'app' && !postCopy;
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

/**
 * Another host is chosen. Its pools, networks, addresses and names are not those of the one before, nor is the CPU that both have, nor what a
 * person takes upon themselves; how fast and by which way the memory goes stays, and is checked anew.
 */
export function toHost(form: MigrateForm, to: string): MigrateForm {
  if (to === form.to) return form;
  const manner = { ...form.manner, peerUri: null, tlsName: null, name: null, keepDefinition: false };
  const taken = { unsafe: false, deleteSource: false };
  return { ...form, to, pool: null, networks: {}, cpus: {}, disks: {}, address: '', ...taken, manner };
}

/** The same with another choice of some disks of a machine; null: as usual. */
export function withDisks(
  form: MigrateForm,
  uuid: string,
  choices: Readonly<Record<string, 'copy' | 'share' | null>>,
): Pick<MigrateForm, 'disks'> {
  const all = Object.entries({ ...form.disks[uuid], ...choices });
  const chosen = Object.fromEntries(all.flatMap(([target, way]) => (way === null ? [] : [[target, way]])));
  return { disks: { ...form.disks, [uuid]: chosen } };
}

/** A person has said of a disk of the machine that both hosts have one file of it. */
function sharesChosen({ disks }: MigrateForm, uuid: string): boolean {
  return Object.values(disks[uuid] ?? {}).includes('share');
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
    cpu: form.cpus[uuid] ?? null,
    disks: Object.entries(form.disks[uuid] ?? {}).map(([target, way]) => ({ target, way, pool: null })),
    via: form.via,
    address: form.via === 'relay' || address === '' ? null : address,
    bandwidthMiBs: form.bandwidthMiBs === 0 ? null : form.bandwidthMiBs,
    downtimeMs: form.downtimeMs === 0 ? null : form.downtimeMs,
    autoConverge: form.autoConverge,
    unsafe: form.unsafe || sharesChosen(form, uuid),
    deleteSource: form.deleteSource,
  };
}

const draft = sheetDraft('virtlane.migrate', 3, isMigrateForm);

export function saveDraft(form: MigrateForm): void {
  draft.save(form);
}

export function dropDraft(): void {
  draft.drop();
}

/** The draft of just these machines; `to`: a host that was chosen since, and `networks` what is known of it. */
export function readDraft(
  machines: readonly DomainRef[],
  to: string | null,
  networks: MigrateForm['networks'] = {},
): MigrateForm {
  const first = { ...newMigrateForm(machines, to), networks };
  const saved = draft.read();
  if (saved === null || keysOf(saved.machines) !== keysOf(machines)) return first;
  // What a person said of disks was of what they saw then.
  const form = { ...first, ...saved, machines, disks: {} };
  return to === null ? form : toHost(form, to);
}

function keysOf(machines: readonly DomainRef[]): string {
  return machines.map(({ host, uuid }) => `${host}/${uuid}`).join(' ');
}

function isMigrateForm(form: object): form is MigrateForm {
  return 'machines' in form && Array.isArray(form.machines);
}
