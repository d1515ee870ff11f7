import type { CreateInput, CreateOptions } from '../../../main/contract/create.ts';
import type { DefaultsOutput } from '../../../main/contract/create-defaults.ts';
import { eachOnce } from '../../../main/contract/tags.ts';
import type { DiskSpec, MachineSpec } from '../../../main/contract/machine-spec.ts';
import { plainDisk } from '../../../main/contract/plain-disk.ts';
import { answersOf } from './answers-input.ts';
import { cloudInitOf, words } from './first-boot-input.ts';
import type { CreateForm } from './form.ts';
import { sourceOf } from './source-input.ts';
import { startsWhenMade } from './starts.ts';

/** The machine: what suits, with what was changed of it put over. */
export function specOf(form: CreateForm, defaults: DefaultsOutput): MachineSpec {
  const spec = { ...defaults.spec, ...form.edits };
  if (form.source !== 'disk' || form.disk === null || form.edits.disks !== undefined) return spec;
  return { ...spec, disks: [systemDisk(form.disk, spec, defaults)] };
}

/** The disk that has a system already, as the system would have a new one. */
function systemDisk(
  { pool, name }: NonNullable<CreateForm['disk']>,
  spec: MachineSpec,
  { choices }: DefaultsOutput,
): DiskSpec {
  const offered = choices.diskBus.filter(({ unavailable }) => unavailable === null);
  const wanted = spec.nics[0]?.model === 'virtio' ? ['virtio', 'scsi', 'sata'] : ['sata', 'ide', 'scsi'];
  const bus = wanted.find((one) => offered.some(({ value }) => value === one));
  return plainDisk({ kind: 'volume', pool, name }, isBus(bus) ? bus : 'virtio');
}

const BUSES: readonly string[] = ['virtio', 'scsi', 'sata', 'ide', 'usb', 'fdc'];

export function isBus(value: string | null | undefined): value is DiskSpec['bus'] {
  return value !== null && value !== undefined && BUSES.includes(value);
}

export interface InputAround {
  readonly options: CreateOptions;
  readonly defaults: DefaultsOutput;
  /** As it stands in the form, or suggested. */
  readonly name: string;
  readonly os: string | null;
  /** What the core knows this computer's file by; any word while it is only planned. */
  readonly file: string;
  /** Disks of the saved machine that are taken; left out: they are not known. */
  readonly savedDisks?: readonly string[] | undefined;
}

/** Null: it is not said yet what the system comes from. */
export function inputOf(form: CreateForm, around: InputAround): CreateInput | null {
  const { options, defaults, name, os, file, savedDisks } = around;
  const spec = specOf(form, defaults);
  const pool = mediaPool(spec, options);
  const source = sourceOf(form, {
    pool,
    file,
    cloudInit: cloudInitOf(form, options),
    unattended: answersOf(form, options, os),
    savedDisks,
  });
  if (source === null) return null;
  return {
    host: form.host,
    name: name.trim(),
    count: form.count,
    title: form.title.trim() === '' ? null : form.title.trim(),
    description: form.description.trim() === '' ? null : form.description.trim(),
    tags: eachOnce([...form.tags, ...words(form.tagDraft)]),
    os,
    source,
    spec,
    start: startsWhenMade(form),
    autostart: form.autostart,
    xml: form.xml,
    xmlBase: form.xmlBase,
  };
}

/** Where a medium goes of which nobody said it: beside the first disk, as only there the disk can lie on it. */
export function mediaPool(spec: MachineSpec, { pools }: CreateOptions): string {
  for (const { source } of spec.disks) if (source.kind === 'new') return source.pool;
  return pools[0]?.uuid ?? '';
}
