import { createHash } from 'node:crypto';
import { parseXml } from '../../../drivers/xml/index.ts';
import type { CloneInput } from '../../contract/clone.ts';
import type { CreateProblem } from '../../contract/create.ts';
import type { PlanHost, PlannedStep } from '../engine/step.ts';
import type { CloneFacts } from './facts.ts';

/** Where libvirt of a system keeps the state of emulated TPMs (virQEMUDriverConfigNew), by the machine's UUID and the TPM's version. */
const FOLDER = '/var/lib/libvirt/swtpm';

/** What swtpm keeps a TPM's lasting state in. */
const FILES = { '1.2': ['tpm1.2', 'tpm-00.permall'], '2.0': ['tpm2', 'tpm2-00.permall'] } as const;

/** Whether a machine has a TPM whose state could be a clone's, too. */
export function hasTpmState({ model }: Pick<CloneFacts, 'model'>): boolean {
  return model.tpm?.backend === 'emulator';
}

/** What stands against a copy of the TPM's state. */
export function tpmProblems({ tpm }: Pick<CloneInput, 'tpm'>, facts: CloneFacts): CreateProblem[] {
  const { model, host, source, running, elsewhere } = facts;
  if (tpm === 'new' || model.tpm === null) return [];
  const refuse = (message: string): CreateProblem[] => [{ field: 'tpm', message }];
  if (!hasTpmState(facts))
    return refuse(`The TPM of ${model.name} is not emulated: what is in it cannot be copied.`);
  if (running)
    return refuse(
      `${model.name} runs and writes to its TPM: shut it down first, or let the clone’s begin empty.`,
    );
  const { root } = parseXml(facts.xml);
  if (root.find('devices/tpm/backend/source') !== null)
    return refuse(
      `The TPM of ${model.name} is kept at a place of its own, which is not copied: let the clone’s begin empty.`,
    );
  if (elsewhere !== null && root.find('devices/tpm/backend/encryption') !== null)
    return refuse(
      `What the TPM of ${model.name} holds is encrypted by a secret of ${source.name}: on ${host.name} let it begin empty.`,
    );
  const [away] = [source, host].filter(({ uri }) => !uri.split('?')[0]?.endsWith('/system'));
  return away === undefined
    ? []
    : refuse(`Where ${away.name} keeps TPMs is not known: let the clone’s begin empty.`);
}

/** What a person should know of it. */
export function tpmWarnings(
  { tpm, firmware }: Pick<CloneInput, 'tpm' | 'firmware'>,
  facts: CloneFacts,
): string[] {
  const { model } = facts;
  if (model.tpm === null) return [];
  if (tpm === 'new')
    return [
      `The TPM begins empty: what was sealed in that of ${model.name} (BitLocker, LUKS) does not open.`,
    ];
  const same = `The TPM holds the same keys as that of ${model.name}: what was sealed there (BitLocker, LUKS) opens in the clone too, and who knows a machine by its TPM takes the two for one.`;
  return firmware === 'new' && facts.nvram !== null
    ? [
        same,
        'With settings of the firmware that begin anew, what is sealed to them does not open: have the recovery key at hand.',
      ]
    : [same];
}

interface Of {
  readonly input: Pick<CloneInput, 'tpm'>;
  readonly facts: CloneFacts;
  readonly name: string;
  /** From 1. */
  readonly number: number;
  readonly uuid: string;
}

/**
 * Copies the state, once the machine is defined: libvirt removes it with the definition then. Its folders are no pools, and libvirt reads and writes
 * files of pools alone: they are for the time of the copy.
 */
export function tpmSteps({ input, facts, name, number, uuid }: Of): PlannedStep[] {
  const { model, host, source } = facts;
  if (input.tpm === 'new' || !hasTpmState(facts)) return [];
  const [folder, file] = FILES[model.tpm?.version === '1.2' ? '1.2' : '2.0'];
  const from = folderOf(source, { path: `${FOLDER}/${model.uuid}/${folder}`, by: `${uuid} from` });
  const to = folderOf(host, { path: `${FOLDER}/${uuid}/${folder}`, by: `${uuid} to` });
  const id = `tpm-${number}`;
  const open = { kind: 'clone.openFolder' };
  const close = { kind: 'clone.closeFolder' };
  const at = { host: host.id, pool: to.uuid, poolName: to.name, name: file };
  return [
    {
      id: `${id}-from`,
      host: source.id,
      title: `Open the TPM of ${model.name}`,
      params: { ...from, use: 'ifThere' },
      ...open,
    },
    {
      id: `${id}-to`,
      host: host.id,
      title: `Open the TPM of ${name}`,
      params: { ...to, use: 'make' },
      ...open,
    },
    {
      id,
      kind: 'clone.send',
      host: host.id,
      title: `Copy what the TPM of ${model.name} holds to that of ${name}`,
      params: {
        ...at,
        from: { host: source.id, pool: from.uuid, poolName: from.name, name: file },
        what: 'tpm',
        format: 'raw',
        temporary: false,
      },
    },
    {
      id: `${id}-to-end`,
      host: host.id,
      title: `Close the TPM of ${name}`,
      params: { ...to, use: 'make' },
      ...close,
    },
    {
      id: `${id}-from-end`,
      host: source.id,
      title: `Close the TPM of ${model.name}`,
      params: { ...from, use: 'ifThere' },
      ...close,
    },
  ];
}

/** A pool of a UUID of the job's own: it follows from that of the machine, which nobody else has. */
function folderOf({ id: host }: PlanHost, { path, by }: { readonly path: string; readonly by: string }) {
  const hex = createHash('sha256').update(by).digest('hex');
  const uuid = [
    hex.slice(0, 8),
    hex.slice(8, 12),
    `8${hex.slice(13, 16)}`,
    `8${hex.slice(17, 20)}`,
    hex.slice(20, 32),
  ].join('-');
  return { host, uuid, name: `virtlane-tpm-${uuid}`, path };
}
