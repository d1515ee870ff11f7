import type { CreateOptions, CreateProblem } from '../../../main/contract/create.ts';
import type { DefaultsOutput } from '../../../main/contract/create-defaults.ts';
import type { MachineSpec } from '../../../main/contract/machine-spec.ts';
import type { Detection } from './use-system.ts';
import type { AnswersForm, CreateForm } from './form.ts';
import type { Saved } from './use-saved.ts';

/** What each section of the wizard needs. */
export interface PartProps {
  readonly form: CreateForm;
  readonly options: CreateOptions;
  readonly defaults: DefaultsOutput;
  /** The machine as it would be made. */
  readonly spec: MachineSpec;
  readonly problems: readonly CreateProblem[];
  /** What it starts from as it is planned: `hd`, `cdrom`… */
  readonly boot: readonly string[];
  readonly detection: Detection;
  /** Of a machine that was saved. */
  readonly saved: Saved;
  /** As it stands in the form, or suggested. */
  readonly name: string;
  readonly change: (part: Partial<CreateForm>) => void;
  /** Changes fields of the machine. */
  readonly edit: (part: Partial<MachineSpec>) => void;
  /** A file of this computer for the medium. */
  readonly takeFile: (file: File) => void;
}

/** What the fields of an installer's answers need. */
export interface AnswersProps {
  readonly part: PartProps;
  readonly set: (next: Partial<AnswersForm>) => void;
}
