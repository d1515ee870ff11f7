import type { Evacuation, EvacuationMachine } from '../../../main/contract/evacuate.ts';
import { usualMigration, type MigrateInput } from '../../../main/contract/migrate.ts';

/** What is chosen in the sheet. */
export interface EvacuateForm {
  readonly host: string;
  /** Where machines go that a person chose for, by UUID; null: they stay. */
  readonly chosen: Readonly<Record<string, string | null>>;
  readonly atOnce: number;
  readonly deleteSource: boolean;
}

export function newEvacuateForm(host: string): EvacuateForm {
  return { host, chosen: {}, atOnce: 1, deleteSource: false };
}

/** Where a machine goes: as chosen, else as suits it; null: it stays. */
export function targetOf(
  { chosen }: Pick<EvacuateForm, 'chosen'>,
  { uuid, to }: Pick<EvacuationMachine, 'uuid' | 'to'>,
): string | null {
  return Object.hasOwn(chosen, uuid) ? (chosen[uuid] ?? null) : to;
}

/** The moves of all that go. */
export function movesOf(form: EvacuateForm, { machines }: Pick<Evacuation, 'machines'>): MigrateInput[] {
  const { host, deleteSource } = form;
  return machines.flatMap((machine) => {
    const to = targetOf(form, machine);
    return to === null ? [] : [{ ...usualMigration({ host, uuid: machine.uuid, to }), deleteSource }];
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
