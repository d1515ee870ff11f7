import { Select } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import { useHosts } from '../../state/inventory.ts';
import { Fields, Note } from '../sheet/cards.tsx';
import { Wrong } from '../sheet/device-group.tsx';
import { SwitchField } from '../sheet/switch-field.tsx';
import { MachineSection, saidAt, SizeFields } from '../template/sections.tsx';
import { toHost, type CloneForm } from './form.ts';
import type { CloneAnswer } from './use-clone.ts';

export const CLONE_SECTIONS = ['machine', 'disks', 'hardware', 'firstBoot'] as const;
export type CloneSection = (typeof CLONE_SECTIONS)[number];

export interface ClonePart {
  readonly form: CloneForm;
  readonly answer: CloneAnswer;
  readonly change: (part: Partial<CloneForm>) => void;
}

/** Where a field of the contract's problems is; null: nowhere. */
export function cloneSectionOf(field: string): CloneSection | null {
  if (['name', 'count', 'to', 'direct', 'machine', 'copyBy'].includes(field)) return 'machine';
  if (field.startsWith('disks')) return 'disks';
  if (['memoryMiB', 'vcpus', 'networks', 'hostDevices', 'tpm'].includes(field)) return 'hardware';
  return field.startsWith('cloudInit') ? 'firstBoot' : null;
}

/** What it is called, how many of it, and on which host. */
export function CloneMachineSection(part: ClonePart) {
  const { t } = useTranslation('clone');
  const { form, answer, change } = part;
  const all = useHosts();
  const hosts = all.filter(({ state }) => state === 'connected');
  const nameOf = (host: string): string => all.find(({ id }) => id === host)?.name ?? host;
  const ends = { from: nameOf(form.host), to: nameOf(form.to) };
  const { has } = answer;
  const [usual = null] = has?.copies ?? [];
  const copyBy = form.copyBy ?? answer.plan?.copyBy ?? usual;
  return (
    <>
      <Select
        label={t('to')}
        description={t('toHelp')}
        allowDeselect={false}
        data={hosts.map(({ id, name }) => ({ value: id, label: name }))}
        value={form.to}
        error={saidAt(part, 'to')}
        onChange={(to) => to !== null && change(toHost(form, to))}
      />
      {form.to !== form.host && (
        <SwitchField
          label={t('direct', ends)}
          description={t('directHelp', ends)}
          checked={form.direct}
          onChange={(direct) => change({ direct })}
        />
      )}
      <MachineSection {...part} />
      <Wrong said={saidAt(part, 'machine')} />
      {has !== null && has.copies.length > 1 && (
        <Select
          label={t('copyBy.label')}
          description={t(`copyBy.help.${copyBy ?? 'backup'}`)}
          allowDeselect={false}
          data={has.copies.map((by) => ({ value: by, label: t(`copyBy.${by}`) }))}
          value={copyBy}
          error={saidAt(part, 'copyBy')}
          // The usual way is not asked for by name: where libvirt refuses it, there is another.
          onChange={(value) =>
            change({ copyBy: has.copies.find((by) => by === value && by !== usual) ?? null })
          }
        />
      )}
      {has?.copies.length === 1 && <Note>{t('copyBy.only')}</Note>}
      {has?.copies.length === 1 && <Wrong said={saidAt(part, 'copyBy')} />}
      {has?.running === true && has.agent === 'connected' && (
        <SwitchField
          label={t('freeze')}
          description={t('freezeHelp')}
          checked={form.freeze}
          onChange={(freeze) => change({ freeze })}
        />
      )}
      {has?.running === true && has.agent !== 'connected' && <Note tone="warn">{t('noAgent')}</Note>}
    </>
  );
}

/** How large it is, its firmware, the host’s devices, its networks. */
export function CloneHardwareSection(part: ClonePart) {
  const { t } = useTranslation('clone');
  const { form, answer, change } = part;
  const { has } = answer;
  if (has === null) return null;
  return (
    <>
      <SizeFields part={part} now={has} />
      {has.firmware && (
        <SwitchField
          label={t('firmware')}
          description={t('firmwareHelp')}
          checked={form.copyFirmware}
          onChange={(copyFirmware) => change({ copyFirmware })}
        />
      )}
      {has.tpm && (
        <SwitchField
          label={t('tpm')}
          description={t('tpmHelp')}
          checked={form.tpm === 'keep'}
          onChange={(keep) => change({ tpm: keep ? 'keep' : 'new' })}
        />
      )}
      <Wrong said={saidAt(part, 'tpm')} />
      {has.hostDevices.length > 0 && (
        <SwitchField
          label={t('hostDevices')}
          description={has.hostDevices.join(', ')}
          checked={form.hostDevices === 'omit'}
          onChange={(omit) => change({ hostDevices: omit ? 'omit' : 'keep' })}
        />
      )}
      <Wrong said={saidAt(part, 'hostDevices')} />
      {has.cards.length > 0 && has.networks !== null && (
        <Fields>
          {has.cards.map((from) => (
            <Select
              key={from}
              label={t('network', { name: from })}
              allowDeselect={false}
              data={[...new Set([from, ...(has.networks ?? [])])]}
              value={form.networks.find((one) => one.from === from)?.to ?? from}
              onChange={(to) => {
                const others = form.networks.filter((one) => one.from !== from);
                change({ networks: to === null || to === from ? others : [...others, { from, to }] });
              }}
            />
          ))}
        </Fields>
      )}
      <Wrong said={saidAt(part, 'networks')} />
    </>
  );
}
