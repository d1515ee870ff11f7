import { Checkbox, PasswordInput, Select, TextInput } from '@mantine/core';
import { IconCopy, IconStack2 } from '@tabler/icons-react';
import { useTranslation } from 'react-i18next';
import type { CreateOptions, CreateProblem } from '../../../main/contract/create.ts';
import { formatBytes } from '../../ui/format.ts';
import { Cards, Checks, Fields, Note } from '../sheet/cards.tsx';
import { CountField } from '../sheet/count-field.tsx';
import { BEYOND_MEMORY } from '../../views/storage/sizes.ts';
import { SizeField } from '../sheet/size-field.tsx';
import { SwitchField } from '../sheet/switch-field.tsx';
import { Wrong } from '../sheet/device-group.tsx';
import type { TemplateForm } from './form.ts';
import type { TemplateAnswer } from './use-template.ts';

export const TEMPLATE_SECTIONS = ['machine', 'hardware', 'firstBoot'] as const;
export type TemplateSection = (typeof TEMPLATE_SECTIONS)[number];

export interface TemplatePart {
  readonly form: TemplateForm;
  readonly answer: TemplateAnswer;
  readonly change: (part: Partial<TemplateForm>) => void;
}

/** What a machine that is made like another one is asked, from a template or as a clone. */
export interface LikePart {
  readonly form: Pick<
    TemplateForm,
    'name' | 'count' | 'memoryMiB' | 'vcpus' | 'user' | 'password' | 'keys' | 'start' | 'autostart'
  >;
  readonly answer: {
    readonly plan: { readonly problems: readonly CreateProblem[] } | null;
    readonly options: Pick<CreateOptions, 'sshKeys'> | null;
    readonly told: boolean;
  };
  readonly change: (part: Partial<LikePart['form'] & Pick<TemplateForm, 'firstBoot'>>) => void;
}

const MIB = 1024 ** 2;
const BESIDE = '';

/** Where a field of the contract's problems is; null: nowhere. */
export function templateSectionOf(field: string): TemplateSection | null {
  if (field === 'name' || field === 'count') return 'machine';
  if (['disks', 'pool', 'sizeBytes', 'memoryMiB', 'vcpus'].includes(field)) return 'hardware';
  return field.startsWith('cloudInit') ? 'firstBoot' : null;
}

export function saidAt({ answer }: Pick<LikePart, 'answer'>, field: string): string | null {
  return answer.plan?.problems.find((problem) => problem.field === field)?.message ?? null;
}

/** What it is called, how many of it, and what happens when it is made. */
export function MachineSection(part: LikePart) {
  const { t } = useTranslation('create');
  const { form, change } = part;
  return (
    <>
      <Fields>
        <TextInput
          label={t('name.name')}
          description={t(form.count > 1 ? 'name.patternHelp' : 'name.nameHelp')}
          value={form.name}
          error={saidAt(part, 'name')}
          spellCheck={false}
          onChange={(event) => change({ name: event.currentTarget.value })}
        />
        <CountField
          label={t('name.count')}
          description={t('name.countHelp')}
          value={form.count}
          max={64}
          onChange={(next) => {
            const count = Math.min(64, Math.max(1, next));
            const numbered = form.name.replace(/-\d+$/, '');
            const name =
              count > 1 && !form.name.includes('#') ? `${numbered}-${count > 9 ? '##' : '#'}` : form.name;
            change({ count, name });
          }}
        />
      </Fields>
      <SwitchField
        label={t('name.start')}
        description={t('name.startHelp')}
        checked={form.start}
        onChange={(start) => change({ start })}
      />
      <SwitchField
        label={t('name.autostart')}
        description={t('name.autostartHelp')}
        checked={form.autostart}
        onChange={(autostart) => change({ autostart })}
      />
    </>
  );
}

/** Its disks, and how large it is. */
export function HardwareSection(part: TemplatePart) {
  const { t } = useTranslation('template');
  const { form, answer, change } = part;
  const { template, options } = answer;
  const first = template?.disks.find(({ way }) => way !== 'keep');
  return (
    <>
      <Cards
        label={t('disks.legend')}
        cards={[
          { value: 'link', title: t('disks.link'), text: t('disks.linkText'), icon: IconStack2 },
          { value: 'copy', title: t('disks.copy'), text: t('disks.copyText'), icon: IconCopy },
        ]}
        value={form.disks}
        onChange={(disks) => change({ disks })}
      />
      <Wrong said={saidAt(part, 'disks')} />
      <Fields>
        <Select
          label={t('disks.pool')}
          allowDeselect={false}
          data={[
            { value: BESIDE, label: t('disks.beside') },
            ...(options?.pools ?? []).map(({ uuid, name }) => ({ value: uuid, label: name })),
          ]}
          value={form.pool ?? BESIDE}
          error={saidAt(part, 'pool')}
          onChange={(pool) => change({ pool: pool === BESIDE ? null : pool })}
        />
        {first !== undefined && (
          <SizeField
            label={t('disks.size')}
            description={t('disks.sizeHelp', { size: formatBytes(first.capacityBytes) })}
            bytes={form.sizeBytes ?? first.capacityBytes}
            error={saidAt(part, 'sizeBytes')}
            onChange={(bytes) => change({ sizeBytes: bytes === first.capacityBytes ? null : bytes || null })}
          />
        )}
      </Fields>
      {template !== null && <SizeFields part={part} now={template} />}
    </>
  );
}

/** Memory and vCPUs. `now`: of what it is made from. */
export function SizeFields({ part, now }: { part: LikePart; now: { memoryMiB: number; vcpus: number } }) {
  const { t } = useTranslation('template');
  const { form, change } = part;
  return (
    <Fields>
      <SizeField
        label={t('memory')}
        bytes={(form.memoryMiB ?? now.memoryMiB) * MIB}
        beyond={BEYOND_MEMORY}
        error={saidAt(part, 'memoryMiB')}
        onChange={(bytes) => {
          const memoryMiB = Math.round(bytes / MIB);
          change({ memoryMiB: memoryMiB === now.memoryMiB || memoryMiB === 0 ? null : memoryMiB });
        }}
      />
      <CountField
        label={t('vcpus')}
        value={form.vcpus ?? now.vcpus}
        max={4096}
        error={saidAt(part, 'vcpus')}
        onChange={(vcpus) => change({ vcpus: vcpus === now.vcpus || vcpus === 0 ? null : vcpus })}
      />
    </Fields>
  );
}

/** What cloud-init in the guest is told. */
export function FirstBootSection(part: LikePart) {
  const { t } = useTranslation(['template', 'create']);
  const { form, answer, change } = part;
  const sshKeys = answer.options?.sshKeys ?? [];
  const user = form.user.trim();
  const keys = form.keys ?? sshKeys.map(({ label }) => label);
  return (
    <>
      <SwitchField
        label={t('template:firstBoot.on')}
        description={t('template:firstBoot.onHelp')}
        checked={answer.told}
        onChange={(firstBoot) => change({ firstBoot })}
      />
      <Wrong said={saidAt(part, 'cloudInit')} />
      {!answer.told && <Note>{t('template:firstBoot.hint')}</Note>}
      {answer.told && (
        <Fields>
          <TextInput
            label={t('template:firstBoot.user')}
            description={t('template:firstBoot.userHelp')}
            value={form.user}
            spellCheck={false}
            autoComplete="off"
            onChange={(event) => change({ user: event.currentTarget.value })}
          />
          <PasswordInput
            label={t('template:firstBoot.password')}
            value={form.password}
            disabled={user === ''}
            autoComplete="new-password"
            visibilityToggleButtonProps={{ 'aria-label': t('create:firstBoot.showPassword') }}
            onChange={(event) => change({ password: event.currentTarget.value })}
          />
        </Fields>
      )}
      {answer.told && user !== '' && sshKeys.length > 0 && (
        <Checkbox.Group
          label={t('template:firstBoot.keys')}
          value={[...keys]}
          onChange={(next) => change({ keys: next })}
        >
          <div style={{ paddingTop: 6 }}>
            <Checks>
              {sshKeys.map(({ label }) => (
                <Checkbox key={label} value={label} label={label} />
              ))}
            </Checks>
          </div>
        </Checkbox.Group>
      )}
      {answer.told && user !== '' && keys.length === 0 && form.password === '' && (
        <Note tone="warn">{t('template:firstBoot.noLogin', { user })}</Note>
      )}
    </>
  );
}
