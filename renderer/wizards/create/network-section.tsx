import { Autocomplete, Button, Select } from '@mantine/core';
import { IconPlus } from '@tabler/icons-react';
import { useTranslation } from 'react-i18next';
import type { NicSourceSpec, NicSpec } from '../../../main/contract/machine-spec.ts';
import { useHostNetworks, type HostNetworks } from '../../state/networks.ts';
import { Fields, More, Note } from '../sheet/cards.tsx';
import { ChoiceSelect } from '../sheet/choice-select.tsx';
import { AddButtons, DeviceGroup, Wrong } from '../sheet/device-group.tsx';
import { SwitchField } from '../sheet/switch-field.tsx';
import { NicMore } from './nic-more.tsx';
import type { PartProps } from './parts.ts';
import { saidAt } from './problems.ts';

/** Network cards, and where each is plugged in. */
export function NetworkSection(part: PartProps) {
  const { t } = useTranslation('create');
  const { spec, edit, defaults, options } = part;
  const around = useHostNetworks(part.form.host);
  const network = options.networks.find(({ active }) => active)?.name;
  const usual: NicSpec = spec.nics[0] ??
    defaults.spec.nics[0] ?? {
      source: network === undefined ? { kind: 'user' } : { kind: 'network', network, portGroup: null },
      model: 'virtio',
      mac: null,
      vlan: null,
      filter: null,
      linkUp: true,
    };
  return (
    <>
      <Wrong said={saidAt(part.problems, 'spec.nics')} />
      {spec.nics.length === 0 && (
        <Note>{t(part.form.source === 'container' ? 'nics.noneOfContainer' : 'nics.none')}</Note>
      )}
      {spec.nics.map((nic, index) => (
        <NicFields key={`${index} ${spec.nics.length}`} index={index} nic={nic} part={part} around={around} />
      ))}
      <AddButtons>
        <Button
          leftSection={<IconPlus size={14} />}
          onClick={() => edit({ nics: [...spec.nics, { ...usual, mac: null }] })}
        >
          {t('nics.add')}
        </Button>
      </AddButtons>
    </>
  );
}

interface NicProps {
  readonly index: number;
  readonly nic: NicSpec;
  readonly part: PartProps;
  readonly around: HostNetworks;
}

function NicFields({ index, nic, part, around }: NicProps) {
  const { t } = useTranslation('create');
  const { spec, edit, problems, defaults } = part;
  const field = `spec.nics.${index}`;
  const set = (next: Partial<NicSpec>): void => edit({ nics: spec.nics.with(index, { ...nic, ...next }) });
  const title = t('nics.card', { number: index + 1 });
  return (
    <DeviceGroup
      title={title}
      removeLabel={t('nics.removeThis', { what: title })}
      onRemove={() => edit({ nics: spec.nics.filter((_, at) => at !== index) })}
    >
      <Fields>
        <SourceField
          nic={nic}
          part={part}
          error={saidAt(problems, `${field}.source`, true)}
          onChange={(source) => set({ source })}
        />
        {defaults.choices.nicModel.length > 0 && (
          <ChoiceSelect
            label={t('nics.model')}
            choices={defaults.choices.nicModel}
            value={nic.model}
            error={saidAt(problems, `${field}.model`)}
            onChange={(model) => set({ model })}
          />
        )}
      </Fields>
      {nic.mac !== null && part.saved.had?.macs.includes(nic.mac.toLowerCase()) === true && (
        <Note>{t(`${part.saved.had.runs ? 'live' : 'saved'}.macOf`, { mac: nic.mac })}</Note>
      )}
      <SourceMore nic={nic} around={around} onChange={(source) => set({ source })} />
      <More title={t('nics.more')}>
        <NicMore
          nic={nic}
          field={field}
          part={part}
          filters={around.filters.map(({ name }) => name)}
          onChange={set}
        />
        <SwitchField
          label={t('nics.linkUp')}
          description={t('nics.linkUpHelp')}
          checked={nic.linkUp}
          onChange={(linkUp) => set({ linkUp })}
        />
      </More>
    </DeviceGroup>
  );
}

/** Of these QEMU's own is for machines alone. */
const DIRECT = ['bridge', 'direct', 'user'] as const;

function keyOf(source: NicSourceSpec): string {
  return source.kind === 'network' ? `network ${source.network}` : source.kind;
}

function SourceField(props: {
  nic: NicSpec;
  part: PartProps;
  error: string | null;
  onChange: (source: NicSourceSpec) => void;
}) {
  const { t } = useTranslation('create');
  const { nic, part, onChange } = props;
  const value = keyOf(nic.source);
  const networks = part.options.networks.map(({ name, active }) => ({
    value: `network ${name}`,
    label: active ? name : t('nics.inactive', { name }),
    // One that is not started would stop the machine's start; what is chosen stays, with its problem.
    disabled: !active && value !== `network ${name}`,
  }));
  return (
    <Select
      label={t('nics.source')}
      allowDeselect={false}
      error={nic.source.kind === 'network' || nic.source.kind === 'user' ? props.error : null}
      data={[
        ...(networks.length === 0 ? [] : [{ group: t('nics.networks'), items: networks }]),
        {
          group: t('nics.direct'),
          items: DIRECT.filter((kind) => kind !== 'user' || part.form.source !== 'container').map((kind) => ({
            value: kind,
            label: t(`nics.kind.${kind}`),
          })),
        },
      ]}
      value={value}
      onChange={(next) => {
        if (next === null || next === value) return;
        if (next === 'bridge') onChange({ kind: 'bridge', bridge: '', virtualPort: null });
        else if (next === 'direct') onChange({ kind: 'direct', device: '', mode: 'bridge' });
        else if (next === 'user') onChange({ kind: 'user' });
        else onChange({ kind: 'network', network: next.slice('network '.length), portGroup: null });
      }}
    />
  );
}

const MODES = ['bridge', 'private', 'vepa', 'passthrough'] as const;

function SourceMore(props: {
  nic: NicSpec;
  around: HostNetworks;
  onChange: (source: NicSourceSpec) => void;
}) {
  const { t } = useTranslation('create');
  const { nic, around, onChange } = props;
  const { source } = nic;
  switch (source.kind) {
    case 'user':
      return <Note>{t('nics.userHelp')}</Note>;
    case 'network': {
      const groups = around.networks.find(({ name }) => name === source.network)?.portGroups ?? [];
      if (groups.length === 0) return null;
      return (
        <Fields>
          <Select
            label={t('nics.portGroup')}
            clearable
            placeholder={t('nics.noPortGroup')}
            clearButtonProps={{ 'aria-label': t('nics.noPortGroup') }}
            data={groups.map(({ name }) => name)}
            value={source.portGroup}
            onChange={(portGroup) => onChange({ ...source, portGroup })}
          />
        </Fields>
      );
    }
    case 'bridge':
      return (
        <Fields>
          <Autocomplete
            label={t('nics.bridge')}
            description={t('nics.bridgeHelp')}
            value={source.bridge}
            error={source.bridge.trim() === '' ? t('problem.bridge') : null}
            data={[
              ...new Set(around.interfaces.filter(({ kind }) => kind === 'bridge').map(({ name }) => name)),
            ]}
            spellCheck={false}
            onChange={(bridge) => onChange({ ...source, bridge })}
          />
          <SwitchField
            label={t('nics.openvswitch')}
            checked={source.virtualPort === 'openvswitch'}
            onChange={(on) => onChange({ ...source, virtualPort: on ? 'openvswitch' : null })}
          />
        </Fields>
      );
    case 'direct':
      return (
        <Fields>
          <Autocomplete
            label={t('nics.device')}
            description={t('nics.deviceHelp')}
            value={source.device}
            error={source.device.trim() === '' ? t('problem.device') : null}
            data={[
              ...new Set(around.interfaces.filter(({ kind }) => kind !== 'virtual').map(({ name }) => name)),
            ]}
            spellCheck={false}
            onChange={(device) => onChange({ ...source, device })}
          />
          <Select
            label={t('nics.mode')}
            allowDeselect={false}
            data={MODES.map((value) => ({ value, label: t(`nics.modeName.${value}`) }))}
            value={source.mode}
            onChange={(value) =>
              onChange({ ...source, mode: MODES.find((one) => one === value) ?? 'bridge' })
            }
          />
        </Fields>
      );
  }
}
