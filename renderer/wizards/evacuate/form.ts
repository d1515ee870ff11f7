import type { Evacuation, EvacuationMachine } from '../../../main/contract/evacuate.ts';
import { usualMigration, type MigrateInput, type MigrateStays } from '../../../main/contract/migrate.ts';
import { sheetDraft } from '../sheet/draft.ts';

/** What is chosen in the sheet. */
export interface EvacuateForm {
  readonly host: string;
  /** Where machines go that a person chose for, by UUID; null: they stay. */
  readonly chosen: Readonly<Record<string, string | null>>;
  readonly atOnce: number;
  readonly deleteSource: boolean;
  /** Also where libvirt cannot tell that storage is shared. */
  readonly unsafe: boolean;
}

export function newEvacuateForm(host: string): EvacuateForm {
  return { host, chosen: {}, atOnce: 1, deleteSource: false, unsafe: false };
}

/** Where a machine goes: as chosen, as long as that host takes it, else as suits it; null: it stays. */
export function targetOf(
  { chosen }: Pick<EvacuateForm, 'chosen'>,
  { uuid, to, targets }: Pick<EvacuationMachine, 'uuid' | 'to' | 'targets'>,
): string | null {
  const wanted = Object.hasOwn(chosen, uuid) ? chosen[uuid] : undefined;
  if (wanted === undefined) return to;
  const takes = targets.some(({ host, level }) => host === wanted && level !== 'stop');
  return wanted === null || takes ? wanted : to;
}

/** The moves of all that go. */
export function movesOf(form: EvacuateForm, { machines }: Pick<Evacuation, 'machines'>): MigrateInput[] {
  const { host, deleteSource, unsafe } = form;
  return machines.flatMap((machine) => {
    const to = targetOf(form, machine);
    if (to === null) return [];
    const shown = machine.targets.find((one) => one.host === to)?.disks;
    return [{ ...usualMigration({ host, uuid: machine.uuid, to }), deleteSource, unsafe, shown }];
  });
}

/** What stays on the host of those that go, by UUID; nothing where it is deleted. */
export function staysOf(
  form: EvacuateForm,
  { machines }: Pick<Evacuation, 'machines'>,
): ReadonlyMap<string, readonly MigrateStays[]> {
  if (form.deleteSource) return new Map();
  return new Map(
    machines.map((machine) => {
      const to = targetOf(form, machine);
      return [machine.uuid, machine.targets.find(({ host }) => host === to)?.stays ?? []];
    }),
  );
}

/** What those that go left on hosts, and is replaced there. */
export function replacedBy(
  form: EvacuateForm,
  { machines }: Pick<Evacuation, 'machines'>,
): { host: string; volumes: readonly MigrateStays[] }[] {
  return machines.flatMap((machine) => {
    const to = targetOf(form, machine);
    const there = machine.targets.find(({ host }) => host === to);
    return there === undefined ? [] : [{ host: there.host, volumes: there.replaces }];
  });
}

/** Memory that a host gives to all that go there, in bytes. */
export function memoryTaken(
  form: EvacuateForm,
  { machines }: Pick<Evacuation, 'machines'>,
  host: string,
): number {
  return machines
    .filter((machine) => targetOf(form, machine) === host)
    .reduce((sum, { memoryBytes }) => sum + memoryBytes, 0);
}

const draft = sheetDraft('virtlane.evacuate', 2, isEvacuateForm);

/** Where machines go may be another host when it is read: whether their disks go, and what is taken for shared, is asked anew. */
export function saveDraft(form: EvacuateForm): void {
  draft.save({ ...form, deleteSource: false, unsafe: false });
}

export function dropDraft(): void {
  draft.drop();
}

/** The draft of just this host. */
export function readDraft(host: string): EvacuateForm {
  const saved = draft.read();
  return { ...newEvacuateForm(host), ...(saved?.host === host ? saved : {}) };
}

function isEvacuateForm(form: object): form is EvacuateForm {
  return (
    'host' in form &&
    typeof form.host === 'string' &&
    'chosen' in form &&
    typeof form.chosen === 'object' &&
    form.chosen !== null
  );
}
