import { Select } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import type { MachineSpec } from '../../../main/contract/machine-spec.ts';
import { formatBytes } from '../../ui/format.ts';
import { Fields, Group, More, Note } from '../sheet/cards.tsx';
import { ChoiceSelect } from '../sheet/choice-select.tsx';
import { CountField } from '../sheet/count-field.tsx';
import { BEYOND_MEMORY } from '../../views/storage/sizes.ts';
import { SizeField } from '../sheet/size-field.tsx';
import { SwitchField } from '../sheet/switch-field.tsx';
import { BootOrder } from './boot-order.tsx';
import type { PartProps } from './parts.ts';
import { saidAt } from './problems.ts';

const MIB = 1024 ** 2;

/** CPUs, memory, and what the machine's board is. */
export function SystemSection(part: PartProps) {
  const { t } = useTranslation('create');
  const { spec, edit, options, defaults, problems } = part;
  const system = options.systems.find(({ id }) => id === part.detection.os);
  const { had } = part.saved;
  return (
    <>
      <Fields>
        <CountField
          label={t('system.vcpus')}
          description={
            had?.cpus == null
              ? t('system.vcpusHelp', { count: options.host.cpus })
              : t(`${had.runs ? 'live' : 'saved'}.vcpusHelp`, { had: had.cpus, count: options.host.cpus })
          }
          value={spec.cpu.vcpus}
          max={defaults.choices.maxVcpus ?? undefined}
          error={saidAt(problems, 'spec.cpu.vcpus')}
          onChange={(vcpus) => edit({ cpu: { ...spec.cpu, vcpus, topology: null } })}
        />
        <SizeField
          label={t('system.memory')}
          description={
            had?.memoryBytes != null
              ? t(`${had.runs ? 'live' : 'saved'}.memoryHelp`, { size: formatBytes(had.memoryBytes) })
              : system === undefined
                ? t('system.memoryHelp')
                : t('system.memoryAtLeast', { size: sizeOf(system.minMemoryMiB), system: system.name })
          }
          bytes={spec.memory.sizeMiB * MIB}
          beyond={BEYOND_MEMORY}
          error={saidAt(problems, 'spec.memory.sizeMiB')}
          onChange={(bytes) => edit({ memory: { ...spec.memory, sizeMiB: Math.round(bytes / MIB) } })}
        />
      </Fields>
      {part.form.source !== 'container' && <Machine {...part} />}
    </>
  );
}

/** What a machine has and a container has not. */
function Machine(part: PartProps) {
  const { t } = useTranslation('create');
  const { spec, edit, defaults, problems } = part;
  const { had } = part.saved;
  return (
    <>
      <Fields>
        <ChoiceSelect
          label={t('system.firmware')}
          {...(had?.firmware == null
            ? {}
            : {
                description: t(`${had.runs ? 'live' : 'saved'}.firmwareHelp`, {
                  firmware: t(`system.firmwareName.${had.firmware === 'uefi' ? 'efi' : 'bios'}`),
                }),
              })}
          choices={defaults.choices.firmware}
          value={spec.firmware}
          nameOf={(value) => t(`system.firmwareName.${value === 'efi' ? 'efi' : 'bios'}`)}
          error={saidAt(problems, 'spec.firmware')}
          onChange={(value) =>
            edit(value === 'efi' ? { firmware: 'efi' } : { firmware: 'bios', secureBoot: false })
          }
        />
      </Fields>
      {spec.firmware === 'efi' && (
        <SwitchField
          label={t('system.secureBoot')}
          description={t('system.secureBootHelp')}
          unavailable={defaults.choices.secureBoot}
          checked={spec.secureBoot}
          onChange={(secureBoot) => edit({ secureBoot })}
        />
      )}
      <Lacking part={part} />
      <More title={t('boot.title')}>
        <BootOrder {...part} />
      </More>
      <More title={t('system.moreCpu')}>
        <CpuFields {...part} />
      </More>
      <More title={t('system.more')}>
        <BoardFields {...part} />
      </More>
    </>
  );
}

function sizeOf(mib: number): string {
  return mib >= 1024 ? `${Number((mib / 1024).toFixed(1))} GiB` : `${mib} MiB`;
}

/** What the system wants and the host has not. */
function Lacking({ part }: { part: PartProps }) {
  const { unavailable } = part.defaults;
  if (unavailable.length === 0) return null;
  return <Note tone="warn">{unavailable.map(({ message }) => message).join(' ')}</Note>;
}

const CPU_MODES = ['host-passthrough', 'host-model', 'maximum', 'custom', 'default'] as const;

function CpuFields({ spec, edit, defaults, problems }: PartProps) {
  const { t } = useTranslation('create');
  const { cpu } = spec;
  const { topology } = cpu;
  const setTopology = (change: Partial<NonNullable<MachineSpec['cpu']['topology']>>): void => {
    const next = { ...(topology ?? { sockets: 1, cores: 1, threads: 1 }), ...change };
    edit({ cpu: { ...cpu, topology: next, vcpus: next.sockets * next.cores * next.threads } });
  };
  return (
    <>
      <Fields>
        <ChoiceSelect
          label={t('system.cpuMode')}
          choices={[
            ...defaults.choices.cpuMode,
            ...(defaults.choices.cpuMode.some(({ value }) => value === 'default')
              ? []
              : [{ value: 'default', unavailable: null }]),
          ]}
          value={cpu.mode}
          nameOf={(value) => t(`system.cpuModeName.${CPU_MODES.find((one) => one === value) ?? 'default'}`)}
          error={saidAt(problems, 'spec.cpu.mode')}
          onChange={(value) => {
            const mode = CPU_MODES.find((one) => one === value) ?? 'default';
            edit({ cpu: { ...cpu, mode, model: mode === 'custom' ? cpu.model : null } });
          }}
        />
        {cpu.mode === 'custom' && (
          <ChoiceSelect
            label={t('system.cpuModel')}
            choices={defaults.choices.cpuModel}
            value={cpu.model ?? ''}
            error={saidAt(problems, 'spec.cpu.model')}
            onChange={(model) => edit({ cpu: { ...cpu, model } })}
          />
        )}
      </Fields>
      <SwitchField
        label={t('system.topology')}
        description={t('system.topologyHelp')}
        checked={topology !== null}
        onChange={(on) =>
          edit({ cpu: { ...cpu, topology: on ? { sockets: 1, cores: cpu.vcpus, threads: 1 } : null } })
        }
      />
      {topology !== null && (
        <Fields>
          {(['sockets', 'cores', 'threads'] as const).map((part) => (
            <CountField
              key={part}
              label={t(`system.${part}`)}
              value={topology[part]}
              error={part === 'sockets' ? saidAt(problems, 'spec.cpu.topology') : null}
              onChange={(value) => setTopology({ [part]: Math.max(1, value) })}
            />
          ))}
        </Fields>
      )}
    </>
  );
}

function BoardFields(part: PartProps) {
  const { t } = useTranslation('create');
  const { spec, edit, defaults, options, form, change, problems } = part;
  const { choices } = defaults;
  const { memory } = spec;
  return (
    <>
      <Fields>
        <ChoiceSelect
          label={t('system.virtType')}
          choices={choices.virtType}
          value={spec.virtType}
          nameOf={(value) => t(`system.virtTypeName.${value === 'kvm' ? 'kvm' : 'qemu'}`)}
          error={saidAt(problems, 'spec.virtType')}
          onChange={(value) =>
            change({ virtType: value === 'kvm' ? 'kvm' : 'qemu', edits: keepSizes(form.edits) })
          }
        />
        <Select
          label={t('system.arch')}
          allowDeselect={false}
          searchable
          nothingFoundMessage={t('sheet.nothing')}
          data={options.arches.map(({ arch }) => arch)}
          value={spec.arch}
          error={saidAt(problems, 'spec.arch')}
          onChange={(arch) => arch !== null && change({ arch, virtType: null, edits: keepSizes(form.edits) })}
        />
        {spec.machine !== null && (
          <ChoiceSelect
            label={t('system.machine')}
            choices={choices.machine}
            value={spec.machine}
            error={saidAt(problems, 'spec.machine')}
            onChange={(machine) => edit({ machine })}
          />
        )}
        <Select
          label={t('system.clock')}
          allowDeselect={false}
          data={(['utc', 'localtime'] as const).map((value) => ({
            value,
            label: t(`system.clockName.${value}`),
          }))}
          value={spec.clock}
          onChange={(value) => edit({ clock: value === 'localtime' ? 'localtime' : 'utc' })}
        />
      </Fields>
      <SwitchField
        label={t('system.hugepages')}
        description={t('system.hugepagesHelp')}
        unavailable={choices.hugepages}
        checked={memory.hugepages}
        onChange={(hugepages) => edit({ memory: { ...memory, hugepages } })}
      />
      <SwitchField
        label={t('system.shared')}
        description={t('system.sharedHelp')}
        unavailable={choices.sharedMemory}
        checked={memory.shared}
        onChange={(shared) => edit({ memory: { ...memory, shared } })}
      />
      <Hyperv {...part} />
    </>
  );
}

/** Another architecture has other devices: of the machine only its memory stays. */
function keepSizes({ memory }: Partial<MachineSpec>): Partial<MachineSpec> {
  return memory === undefined ? {} : { memory };
}

function Hyperv({ spec, edit, defaults }: PartProps) {
  const { t } = useTranslation('create');
  const { hyperv } = defaults.choices;
  if (defaults.spec.hyperv.length === 0 && spec.hyperv.length === 0) return null;
  return (
    <Group title={t('system.hyperv')}>
      <Fields>
        {hyperv.map(({ value, unavailable }) => (
          <SwitchField
            key={value}
            label={value}
            unavailable={unavailable}
            checked={spec.hyperv.includes(value)}
            onChange={(on) =>
              edit({ hyperv: on ? [...spec.hyperv, value] : spec.hyperv.filter((one) => one !== value) })
            }
          />
        ))}
      </Fields>
    </Group>
  );
}
