import { MultiSelect, Select, TextInput } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import type { HostInterface } from '../../../../main/contract/network.ts';
import { hasDevicePool, hasHostBridge, hasOwnBridge, hasUplink, MACVTAP_MODES } from '../kinds.ts';
import { SearchSelect } from '../search-select.tsx';
import { freeBridge } from './free-subnet.ts';
import type { PartProps } from './sheet-form.tsx';
import classes from './sheet.module.css';

/** What of the host it stands on: a bridge, a device, several of them. */
export function LinkFields(props: PartProps) {
  const { form, said, around, onChange } = props;
  const { t } = useTranslation('networks');
  const { kind } = form;
  // Bonds, VLANs and bridges are only “virtual” on a host without libvirt's interface driver: those are offered too.
  const uplinks = around.interfaces.filter(({ network }) => network === null);
  return (
    <div className={classes['fields']}>
      {hasUplink(kind) && (
        <Select
          label={t('sheet.uplink')}
          description={t('sheet.uplinkHelp')}
          value={form.uplink}
          allowDeselect={false}
          data={[{ value: '', label: t('sheet.anyDevice') }, ...names(uplinks, form.uplink)]}
          onChange={(uplink) => onChange({ uplink: uplink ?? '' })}
        />
      )}
      {kind === 'macvtap' && (
        <Select
          label={t('sheet.macvtap')}
          description={t(`sheet.macvtapText.${form.macvtap}`)}
          value={form.macvtap}
          allowDeselect={false}
          data={MACVTAP_MODES.map((mode) => ({ value: mode, label: t(`sheet.macvtapMode.${mode}`) }))}
          onChange={(value) =>
            onChange({ macvtap: MACVTAP_MODES.find((mode) => mode === value) ?? 'bridge' })
          }
        />
      )}
      {hasDevicePool(kind) && <Devices {...props} />}
      {hasHostBridge(kind) && (
        <SearchSelect
          label={t(kind === 'ovs' ? 'sheet.ovsBridge' : 'sheet.hostBridge')}
          description={t(kind === 'ovs' ? 'sheet.ovsBridgeHelp' : 'sheet.hostBridgeHelp')}
          value={form.hostBridge}
          error={said('bridge')}
          options={around.interfaces
            .filter(({ kind: of, network }) => (of === 'bridge' || of === 'virtual') && network === null)
            .map(({ name, kind: of }) => ({ value: name, note: t(`interfaces.kinds.${of}`) }))}
          onChange={(hostBridge) => onChange({ hostBridge })}
        />
      )}
      {hasOwnBridge(kind) && (
        <TextInput
          label={t('sheet.ownBridge')}
          description={t('sheet.ownBridgeHelp')}
          placeholder={freeBridge(around.networks, around.interfaces)}
          value={form.ownBridge}
          error={said('bridge')}
          spellCheck={false}
          onChange={(event) => onChange({ ownBridge: event.currentTarget.value })}
        />
      )}
      {kind === 'nat' && <NatPorts {...props} />}
    </div>
  );
}

function names(interfaces: readonly HostInterface[], ...also: readonly string[]): string[] {
  return [...new Set([...interfaces.map(({ name }) => name), ...also.filter((name) => name !== '')])];
}

function Devices({ form, said, around, onChange }: PartProps) {
  const { t } = useTranslation('networks');
  const able = around.interfaces.filter(({ kind: of, network, virtualFunctions }) =>
    form.kind === 'sriov' ? virtualFunctions !== null : of !== 'bridge' && network === null,
  );
  const none = able.length === 0 && around.interfaces.length > 0;
  return (
    <MultiSelect
      size="xs"
      label={t(form.kind === 'sriov' ? 'sheet.card' : 'sheet.devices')}
      description={t(
        none && form.kind === 'sriov'
          ? 'sheet.noCard'
          : form.kind === 'sriov'
            ? 'sheet.cardHelp'
            : 'sheet.devicesHelp',
      )}
      data={names(able, ...form.devices)}
      value={[...form.devices]}
      error={said('devices')}
      // A card is divided alone; direct cards can be spread over several devices.
      {...(form.kind === 'sriov' ? { maxValues: 1 } : {})}
      onChange={(devices) => onChange({ devices })}
    />
  );
}

function NatPorts({ form, said, onChange }: PartProps) {
  const { t } = useTranslation('networks');
  const error = said('nat');
  return (
    <div className={classes['two']}>
      <TextInput
        label={t('sheet.natStart')}
        description={t('sheet.natHelp')}
        placeholder="1024"
        inputMode="numeric"
        value={form.natStart}
        error={error}
        onChange={(event) => onChange({ natStart: event.currentTarget.value })}
      />
      <TextInput
        label={t('sheet.natEnd')}
        description={t('sheet.natEndHelp')}
        placeholder="65535"
        inputMode="numeric"
        value={form.natEnd}
        error={error !== null}
        onChange={(event) => onChange({ natEnd: event.currentTarget.value })}
      />
    </div>
  );
}
