import { useTranslation } from 'react-i18next';
import type { MachineSpec } from '../../../main/contract/machine-spec.ts';
import { OrderList } from '../sheet/order-list.tsx';
import { SwitchField } from '../sheet/switch-field.tsx';
import type { PartProps } from './parts.ts';

const DEVICES = ['hd', 'cdrom', 'network', 'fd'] as const;
type BootDevice = (typeof DEVICES)[number];

/** What the machine starts from first, second… */
export function BootOrder({ spec, edit, boot }: PartProps) {
  const { t } = useTranslation('create');
  const own = spec.boot !== null;
  return (
    <>
      <SwitchField
        label={t('boot.own')}
        description={
          own
            ? t('boot.ownHelp')
            : t('boot.bySource', { devices: boot.map((one) => t(`boot.device.${deviceOf(one)}`)).join(', ') })
        }
        checked={own}
        onChange={(on) => edit({ boot: on ? boot.map(deviceOf) : null })}
      />
      {spec.boot !== null && (
        <OrderList
          label={t('boot.title')}
          items={DEVICES.map((value) => ({
            value,
            label: t(`boot.device.${value}`),
            unavailable: isThere(value, spec) ? null : t(`boot.without.${value}`),
          }))}
          value={spec.boot}
          onChange={(next) => edit({ boot: [...next] })}
        />
      )}
      <SwitchField
        label={t('system.bootMenu')}
        description={t('system.bootMenuHelp')}
        checked={spec.bootMenu}
        onChange={(bootMenu) => edit({ bootMenu })}
      />
    </>
  );
}

function deviceOf(word: string): BootDevice {
  return DEVICES.find((one) => one === word) ?? 'hd';
}

function isThere(device: BootDevice, { disks, nics }: MachineSpec): boolean {
  switch (device) {
    case 'hd':
      return disks.some((disk) => disk.device === 'disk');
    case 'cdrom':
      return disks.some((disk) => disk.device === 'cdrom');
    case 'fd':
      return disks.some((disk) => disk.device === 'floppy');
    case 'network':
      return nics.length > 0;
  }
}
