import { Select } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import type { MachineSpec } from '../../../main/contract/machine-spec.ts';
import { Checks, Fields, Group, More } from '../sheet/cards.tsx';
import { ChoiceSelect } from '../sheet/choice-select.tsx';
import { CountField } from '../sheet/count-field.tsx';
import { SwitchField } from '../sheet/switch-field.tsx';
import type { PartProps } from './parts.ts';
import { saidAt } from './problems.ts';

const NONE = 'none';

/** How a person gets at the machine, and what else is plugged in. */
export function DevicesSection(part: PartProps) {
  const { t } = useTranslation('create');
  const { spec, edit, defaults } = part;
  const { choices } = defaults;
  return (
    <>
      <Group title={t('devices.console')}>
        <GraphicsFields {...part} />
      </Group>
      <Group title={t('devices.guest')}>
        <Checks>
          <SwitchField
            label={t('devices.agent')}
            description={t('devices.agentHelp')}
            checked={spec.agent}
            onChange={(agent) => edit({ agent })}
          />
          <SwitchField
            label={t('devices.rng')}
            description={t('devices.rngHelp')}
            unavailable={choices.rng}
            checked={spec.rng}
            onChange={(rng) => edit({ rng })}
          />
          <SwitchField
            label={t('devices.balloon')}
            description={t('devices.balloonHelp')}
            checked={spec.balloon.model === 'virtio'}
            onChange={(on) =>
              edit({
                balloon: on ? { model: 'virtio', statsPeriodSec: 10 } : { model: 'none', statsPeriodSec: 0 },
              })
            }
          />
          <SwitchField
            label={t('devices.tpm')}
            description={t('devices.tpmHelp')}
            unavailable={choices.tpm}
            checked={spec.tpm !== null}
            onChange={(on) => edit({ tpm: on ? { model: tpmModel(part), version: '2.0' } : null })}
          />
        </Checks>
      </Group>
      <More title={t('devices.more')}>
        <OtherFields {...part} />
      </More>
    </>
  );
}

function isTpmModel(value: string): value is 'tpm-crb' | 'tpm-tis' {
  return value === 'tpm-crb' || value === 'tpm-tis';
}

function tpmModel({ defaults }: PartProps): 'tpm-crb' | 'tpm-tis' {
  const offered = defaults.choices.tpmModel.filter(({ unavailable }) => unavailable === null);
  return offered.some(({ value }) => value === 'tpm-crb') ? 'tpm-crb' : 'tpm-tis';
}

function GraphicsFields({ spec, edit, defaults, problems }: PartProps) {
  const { t } = useTranslation('create');
  const { graphics } = spec;
  const { choices } = defaults;
  const set = (next: Partial<MachineSpec['graphics']>): void => edit({ graphics: { ...graphics, ...next } });
  const typeOf = (value: string): MachineSpec['graphics']['type'] =>
    value === 'vnc' || value === 'spice' ? value : 'none';
  const types = choices.graphics.filter(({ value }) => value === 'vnc' || value === 'spice');
  return (
    <>
      <Fields>
        <ChoiceSelect
          label={t('devices.graphics')}
          choices={[...types, { value: NONE, unavailable: null }]}
          value={graphics.type}
          nameOf={(value) => t(`devices.graphicsName.${typeOf(value)}`)}
          error={saidAt(problems, 'spec.graphics', true)}
          onChange={(value) => set({ type: typeOf(value) })}
        />
        {graphics.type !== 'none' && (
          <Select
            label={t('devices.listen')}
            allowDeselect={false}
            data={(['loopback', 'socket'] as const).map((value) => ({
              value,
              label: t(`devices.listenName.${value}`),
            }))}
            {...(graphics.listen === 'socket' ? { description: t('devices.socketHelp') } : {})}
            value={graphics.listen}
            onChange={(value) => set({ listen: value === 'socket' ? 'socket' : 'loopback' })}
          />
        )}
        <ChoiceSelect
          label={t('devices.video')}
          choices={choices.video}
          value={spec.video}
          error={saidAt(problems, 'spec.video')}
          onChange={(video) => edit({ video })}
        />
      </Fields>
      <Checks>
        {graphics.type !== 'none' && (
          <SwitchField
            label={t('devices.password')}
            description={t('devices.passwordHelp')}
            checked={graphics.password}
            onChange={(password) => set({ password })}
          />
        )}
        <SwitchField
          label={t('devices.serial')}
          description={t('devices.serialHelp')}
          checked={spec.serial}
          onChange={(serial) => edit({ serial })}
        />
      </Checks>
    </>
  );
}

const ACTIONS = ['reset', 'poweroff', 'shutdown', 'pause', 'none'] as const;
const USBS = ['qemu-xhci', 'ich9-ehci1', 'none', 'default'] as const;

function OtherFields({ spec, edit, defaults, options, problems }: PartProps) {
  const { t } = useTranslation('create');
  const { choices } = defaults;
  const { watchdog, tpm } = spec;
  const withNone = (list: typeof choices.sound) => [
    { value: NONE, unavailable: null },
    ...list.filter(({ value }) => value !== NONE),
  ];
  const nameOf = (value: string): string => (value === NONE ? t('sheet.none') : value);
  return (
    <>
      <Fields>
        <ChoiceSelect
          label={t('devices.sound')}
          choices={withNone(choices.sound)}
          value={spec.sound ?? NONE}
          nameOf={nameOf}
          error={saidAt(problems, 'spec.sound')}
          onChange={(value) => edit({ sound: value === NONE ? null : value })}
        />
        <ChoiceSelect
          label={t('devices.usb')}
          choices={choices.usb}
          value={spec.usb}
          nameOf={nameOf}
          error={saidAt(problems, 'spec.usb')}
          onChange={(value) => edit({ usb: USBS.find((one) => one === value) ?? 'default' })}
        />
        <ChoiceSelect
          label={t('devices.watchdog')}
          choices={withNone(choices.watchdog)}
          value={watchdog?.model ?? NONE}
          nameOf={nameOf}
          error={saidAt(problems, 'spec.watchdog', true)}
          onChange={(model) =>
            edit({ watchdog: model === NONE ? null : { model, action: watchdog?.action ?? 'reset' } })
          }
        />
        {spec.balloon.model !== 'none' && (
          <CountField
            label={t('devices.figuresEvery')}
            value={spec.balloon.statsPeriodSec}
            max={3600}
            onChange={(statsPeriodSec) => edit({ balloon: { ...spec.balloon, statsPeriodSec } })}
          />
        )}
        {tpm !== null && (
          <>
            <ChoiceSelect
              label={t('devices.tpmModel')}
              choices={choices.tpmModel.filter(({ value }) => isTpmModel(value))}
              value={tpm.model}
              onChange={(model) => isTpmModel(model) && edit({ tpm: { ...tpm, model } })}
            />
            <Select
              label={t('devices.tpmVersion')}
              allowDeselect={false}
              data={['2.0', '1.2']}
              value={tpm.version}
              onChange={(version) => edit({ tpm: { ...tpm, version: version === '1.2' ? '1.2' : '2.0' } })}
            />
          </>
        )}
        {watchdog !== null && (
          <Select
            label={t('devices.watchdogAction')}
            allowDeselect={false}
            data={ACTIONS.map((value) => ({ value, label: t(`devices.action.${value}`) }))}
            value={watchdog.action}
            onChange={(value) =>
              edit({ watchdog: { ...watchdog, action: ACTIONS.find((one) => one === value) ?? 'reset' } })
            }
          />
        )}
      </Fields>
      <Checks>
        <SwitchField
          label={t('devices.tablet')}
          description={t('devices.tabletHelp')}
          checked={spec.tablet}
          onChange={(tablet) => edit({ tablet })}
        />
        <SwitchField
          label={t('devices.vsock')}
          description={t('devices.vsockHelp')}
          unavailable={options.noVsock}
          checked={spec.vsock}
          onChange={(vsock) => edit({ vsock })}
        />
        <SwitchField
          label={t('devices.pm')}
          description={t('devices.pmHelp')}
          checked={spec.pm}
          onChange={(pm) => edit({ pm })}
        />
      </Checks>
    </>
  );
}
