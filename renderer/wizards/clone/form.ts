import type { CloneDisk, CloneInput, CloneOptions } from '../../../main/contract/clone.ts';
import type { CreateOptions } from '../../../main/contract/create.ts';
import { cloudInitOf, type TemplateForm } from '../template/form.ts';
import { likeDraft, type LikeDraft } from '../template/like-draft.ts';

/** What is chosen in the sheet. Null: as the machine has it. */
export interface CloneForm extends Omit<TemplateForm, 'template' | 'disks' | 'pool' | 'sizeBytes'> {
  /** UUID of the machine that is cloned. */
  readonly machine: string;
  /** The host of the clone. */
  readonly to: string;
  /** Those of which something is chosen. */
  readonly disks: readonly CloneDisk[];
  readonly copyFirmware: boolean;
  readonly tpm: CloneInput['tpm'];
  readonly hostDevices: CloneInput['hostDevices'];
  readonly networks: CloneInput['networks'];
  readonly keepAsTemplate: boolean;
  /** The hosts send the disks by themselves; of another host alone. */
  readonly direct: boolean;
  readonly freeze: boolean;
  readonly copyBy: CloneInput['copyBy'];
}

export function newCloneForm(host: string, machine: string, name: string): CloneForm {
  return {
    host,
    machine,
    to: host,
    name,
    count: 1,
    disks: [],
    copyFirmware: true,
    tpm: 'new',
    hostDevices: 'keep',
    networks: [],
    keepAsTemplate: false,
    direct: false,
    freeze: true,
    copyBy: null,
    memoryMiB: null,
    vcpus: null,
    firstBoot: null,
    user: '',
    password: '',
    passwordForgotten: false,
    keys: null,
    start: false,
    autostart: false,
  };
}

const draft = likeDraft<CloneForm>('virtlane.clone', 1, ({ machine }) => machine);

/** Its host may be away by now: pools, and what can become of a disk, are of a host. `isUp`: a host is connected. */
export function cloneDraft(isUp: (host: string) => boolean): LikeDraft<CloneForm> {
  return {
    ...draft,
    read(first) {
      const form = draft.read(first);
      return isUp(form.to) ? form : toHost(form, first.to);
    },
  };
}

/** Another host is chosen for the clone. */
export function toHost(form: CloneForm, to: string): CloneForm {
  return to === form.to ? form : { ...form, to, disks: [], networks: [], direct: false };
}

/** What the core is asked; `had`: the machine was made with cloud-init. */
export function cloneInputOf(
  form: CloneForm,
  { had, sshKeys }: { had: boolean; sshKeys: CreateOptions['sshKeys'] },
): CloneInput {
  const { host, machine, to, name, count, memoryMiB, vcpus, hostDevices, start, autostart } = form;
  return {
    host,
    machine,
    to,
    name,
    count,
    title: null,
    description: null,
    disks: [...form.disks],
    sizeBytes: null,
    memoryMiB,
    vcpus,
    firmware: form.copyFirmware ? 'copy' : 'new',
    tpm: form.tpm,
    hostDevices,
    networks: form.networks,
    freeze: form.freeze,
    copyBy: form.copyBy,
    keepAsTemplate: form.keepAsTemplate,
    direct: form.direct && to !== host,
    cloudInit: (form.firstBoot ?? had) ? cloudInitOf(form, sshKeys) : null,
    start,
    autostart,
  };
}

/** What is chosen of a disk, or suits it. */
export function diskChoice(
  { disks }: Pick<CloneForm, 'disks'>,
  { target, way }: CloneOptions['disks'][number],
): CloneDisk {
  return disks.find((one) => one.target === target) ?? { target, way, pool: null, format: null };
}

export function withDisk(disks: readonly CloneDisk[], disk: CloneDisk): CloneDisk[] {
  return [...disks.filter(({ target }) => target !== disk.target), disk];
}
