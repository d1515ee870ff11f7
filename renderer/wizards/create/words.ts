import type { TFunction } from 'i18next';
import type { CreateOptions } from '../../../main/contract/create.ts';
import type { MachineSpec, NicSpec } from '../../../main/contract/machine-spec.ts';
import { formatBytes } from '../../ui/format.ts';
import { answersKind } from './answers-input.ts';
import { userOf } from './first-boot-input.ts';
import { isSourceChosen, mediumOf, type CreateForm } from './form.ts';
import { lastOf } from './saved-input.ts';
import type { Section } from './problems.ts';

export interface WordsAround {
  readonly options: CreateOptions | null;
  readonly spec: MachineSpec | null;
  readonly os: string | null;
  readonly name: string;
  /** It is known what the machine is made from. */
  readonly chosen: boolean;
}

export function sectionTitle(section: Section, { source }: CreateForm, t: TFunction<'create'>): string {
  // Installers have no first boot of that kind: they are answered, or ask.
  const installs = section === 'firstBoot' && (source === 'iso' || source === 'tree');
  return t(installs ? 'section.install' : `section.${section}`);
}

/** What is chosen in a section, in a few words; empty while nothing is. */
export function digestOf(
  section: Section,
  form: CreateForm,
  around: WordsAround,
  t: TFunction<'create'>,
): string {
  const { spec, options, name, chosen } = around;
  if (section === 'source') return isSourceChosen(form) ? sourceWords(form, options, t) : t('digest.choose');
  if (section === 'firstBoot') return firstBootWords(form, around, t);
  if (!chosen || spec === null) return '';
  switch (section) {
    case 'system':
      return t('digest.system', {
        count: spec.cpu.vcpus,
        memory: formatBytes(spec.memory.sizeMiB * 1024 ** 2),
      });
    case 'disks':
      return disksWords(spec, t);
    case 'network':
      return spec.nics.length === 0 ? t('digest.noNic') : spec.nics.map((nic) => nicWords(nic, t)).join(', ');
    case 'devices':
      return [
        t(`devices.graphicsName.${spec.graphics.type}`),
        ...(spec.serial ? [t('digest.serial')] : []),
        ...(spec.tpm === null ? [] : ['TPM']),
      ].join(', ');
    case 'name':
      return form.count > 1 ? t('digest.several', { name, count: form.count }) : name;
  }
}

export function sourceWords(form: CreateForm, options: CreateOptions | null, t: TFunction<'create'>): string {
  const medium = mediumOf(form);
  if (form.source === 'tree') return URL.parse(form.tree.url.trim())?.hostname ?? '';
  if (form.source === 'clonezilla') return lastOf(form.saved.path);
  if (form.source === 'diskFile') return form.diskFiles.map(lastOf).join(', ');
  if (form.source === 'live') return form.live.looked?.target ?? '';
  if (form.source === 'container' && medium === null)
    return form.container.root === 'host' ? t('container.root.host') : form.container.folder;
  if (medium === null)
    return form.source !== 'disk' || form.disk === null ? t(`source.kind.${form.source}`) : form.disk.name;
  switch (medium.from) {
    case 'catalogue':
      return options?.cloudImages.find(({ id }) => id === medium.catalogue)?.name ?? medium.catalogue;
    case 'volume':
      return medium.volume?.name ?? '';
    case 'file':
      return medium.fileName;
    case 'url':
      return URL.parse(medium.url.trim())?.pathname.split('/').at(-1) ?? medium.url;
  }
}

function firstBootWords(form: CreateForm, { options, os }: WordsAround, t: TFunction<'create'>): string {
  if (form.source === 'iso' || form.source === 'tree') {
    if (!form.answers.on || answersKind(form, options, os) === null) return t('digest.asks');
    return form.answers.user.trim() === '' ? t('digest.unattended') : form.answers.user.trim();
  }
  if (form.source !== 'cloudImage') return t('digest.notHere');
  if (!form.firstBoot.on) return t('digest.off');
  const template = options?.templates.find(({ id }) => id === form.firstBoot.template)?.name;
  const user = userOf(form, options);
  return [...(user === '' ? [] : [user]), ...(template === undefined ? [] : [template])].join(', ');
}

export function disksWords({ disks }: MachineSpec, t: TFunction<'create'>): string {
  const words = disks.map(({ device, source }) => {
    if (device !== 'disk') return t('digest.drive');
    if (source.kind === 'new') return formatBytes(source.sizeBytes);
    return source.kind === 'volume' ? source.name : source.kind === 'path' ? source.path : t('digest.drive');
  });
  return words.length === 0 ? t('digest.noDisk') : words.join(', ');
}

export function nicWords({ source }: NicSpec, t: TFunction<'create'>): string {
  switch (source.kind) {
    case 'network':
      return source.network;
    case 'bridge':
      return source.bridge;
    case 'direct':
      return source.device;
    case 'user':
      return t('digest.user');
  }
}
