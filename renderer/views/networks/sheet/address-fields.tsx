import { ActionIcon, Button, Checkbox, TextInput } from '@mantine/core';
import { IconPlus, IconX } from '@tabler/icons-react';
import { useTranslation } from 'react-i18next';
import { parseCidr, subnetOf, subnetText } from '../ip.ts';
import { ipFormOf, rangesFor, type IpForm } from './form.ts';
import { freeSubnets } from './free-subnet.ts';
import type { PartProps } from './sheet-form.tsx';
import classes from './sheet.module.css';

/** The host's addresses in the network, and what DHCP gives out of each. */
export function AddressFields(props: PartProps) {
  const { form, said, around, onChange } = props;
  const { t } = useTranslation('networks');
  const { ips } = form;
  const add = (family: 'ipv4' | 'ipv6'): void => {
    const mine = { ips: ips.flatMap(({ cidr }) => addressIn(cidr)) };
    const [free = ''] = freeSubnets(family, [...around.networks, mine], 1);
    onChange({
      ips: [...ips, { ...ipFormOf(free), family, ...(served(ips, family) ? { ranges: [] } : {}) }],
    });
  };
  const missing = said('ips');
  return (
    <div className={classes['fields']}>
      {ips.map((ip, at) => (
        <Address
          key={`${ip.family} ${at}`}
          ip={ip}
          said={(field) => said(`ips.${at}.${field}`)}
          onChange={(next) => onChange({ ips: ips.with(at, next) })}
          onRemove={() => onChange({ ips: ips.filter((one) => one !== ip) })}
        />
      ))}
      {ips.length === 0 && <p className={classes['note']}>{t('sheet.noAddress')}</p>}
      {missing !== null && <span className={classes['error']}>{missing}</span>}
      <div className="row">
        {(['ipv4', 'ipv6'] as const).map((family) => (
          <Button
            key={family}
            size="compact-sm"
            leftSection={<IconPlus size={13} />}
            onClick={() => add(family)}
          >
            {t(`sheet.add.${family}`)}
          </Button>
        ))}
      </div>
    </div>
  );
}

function served(ips: readonly IpForm[], family: 'ipv4' | 'ipv6'): boolean {
  return ips.some((ip) => ip.family === family && ip.ranges.length > 0);
}

function addressIn(cidr: string) {
  const parsed = parseCidr(cidr);
  if (parsed === null) return [];
  return [{ family: parsed.ip.family, address: parsed.text, prefix: parsed.prefix, ranges: [], hosts: [] }];
}

function Address(props: {
  ip: IpForm;
  said: (field: string) => string | null;
  onChange: (ip: IpForm) => void;
  onRemove: () => void;
}) {
  const { ip, said, onChange, onRemove } = props;
  const { t } = useTranslation('networks');
  const parsed = parseCidr(ip.cidr);
  const subnet = parsed === null ? null : subnetOf(parsed.ip, parsed.prefix);
  const family = t(`sheet.family.${ip.family}`);
  const retype = (cidr: string): void => {
    // Ranges that stood for the whole of the old network follow the new one.
    const whole = ip.ranges.length === 1 && JSON.stringify(rangesFor(ip.cidr)) === JSON.stringify(ip.ranges);
    const next = rangesFor(cidr);
    onChange({ ...ip, cidr, ...(whole && next.length > 0 ? { ranges: next } : {}) });
  };
  return (
    <fieldset className={classes['address']}>
      <legend className="sr-only">{family}</legend>
      <TextInput
        label={t('sheet.cidr', { family })}
        description={
          subnet === null ? t('sheet.cidrHelp') : t('sheet.cidrSubnet', { subnet: subnetText(subnet) })
        }
        value={ip.cidr}
        error={said('cidr')}
        spellCheck={false}
        onChange={(event) => retype(event.currentTarget.value)}
      />
      <Checkbox
        label={t('sheet.dhcp')}
        description={t(ip.family === 'ipv4' ? 'sheet.dhcpHelp' : 'sheet.dhcp6Help')}
        checked={ip.ranges.length > 0}
        onChange={(event) =>
          onChange({ ...ip, ranges: event.currentTarget.checked ? firstRange(ip.cidr) : [] })
        }
      />
      {ip.ranges.map((range, at) => (
        <div key={at} className={classes['range']}>
          <TextInput
            label={t('sheet.from')}
            value={range.start}
            error={said(`ranges.${at}`)}
            spellCheck={false}
            onChange={(event) =>
              onChange({ ...ip, ranges: ip.ranges.with(at, { ...range, start: event.currentTarget.value }) })
            }
          />
          <TextInput
            label={t('sheet.to')}
            value={range.end}
            error={said(`ranges.${at}`) !== null}
            spellCheck={false}
            onChange={(event) =>
              onChange({ ...ip, ranges: ip.ranges.with(at, { ...range, end: event.currentTarget.value }) })
            }
          />
        </div>
      ))}
      <ActionIcon
        variant="subtle"
        size={22}
        className={classes['remove'] ?? ''}
        aria-label={t('sheet.removeAddress', { cidr: ip.cidr })}
        title={t('sheet.removeAddress', { cidr: ip.cidr })}
        onClick={onRemove}
      >
        <IconX size={14} />
      </ActionIcon>
    </fieldset>
  );
}

function firstRange(cidr: string): IpForm['ranges'] {
  const ranges = rangesFor(cidr);
  return ranges.length > 0 ? ranges : [{ start: '', end: '' }];
}
