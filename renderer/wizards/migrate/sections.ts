import type { MigrateForm } from './form.ts';
import type { MigrateAnswer } from './use-migrate.ts';

export const MIGRATE_SECTIONS = ['target', 'checks', 'way'] as const;
export type MigrateSection = (typeof MIGRATE_SECTIONS)[number];

/** What a section of the sheet works with. */
export interface MigratePart {
  readonly form: MigrateForm;
  readonly answer: MigrateAnswer;
  readonly change: (part: Partial<MigrateForm>) => void;
  readonly onGo: (section: MigrateSection) => void;
  /** Leads to what stands against it first. */
  readonly onMend: () => void;
  /** How often that was asked for. */
  readonly mends: number;
}
