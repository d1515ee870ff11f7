import { Button } from '@mantine/core';
import { IconPlus, IconTrash } from '@tabler/icons-react';
import { useTranslation } from 'react-i18next';
import { hasVlan } from '../kinds.ts';
import { NEW_PORT_GROUP } from './form.ts';
import { PortGroupFields } from './port-group-fields.tsx';
import type { Problem } from './problems.ts';
import type { PartProps } from './sheet-form.tsx';
import { VlanFields } from './vlan-fields.tsx';
import classes from './sheet.module.css';

/** The VLAN of the whole network, and port groups with their own. */
export function PortGroupList({ form, problems, said, onChange }: PartProps) {
  const { t } = useTranslation('networks');
  const { portGroups, kind } = form;
  return (
    <div className={classes['fields']}>
      {hasVlan(kind) && (
        <VlanFields value={form.vlan} error={said('vlan')} onChange={(vlan) => onChange({ vlan })} />
      )}
      <p className={classes['note']}>{t('portGroups.intro')}</p>
      {portGroups.map((group, at) => (
        <fieldset key={at} className={classes['address']}>
          <legend className="sr-only">{t('portGroups.nth', { n: at + 1 })}</legend>
          <PortGroupFields
            value={group}
            kind={kind}
            problems={problemsOf(problems, at)}
            showNeeded={said(`portGroups.${at}.name`) !== null}
            onChange={(next) => onChange({ portGroups: portGroups.with(at, next) })}
          />
          <Button
            size="compact-sm"
            justify="flex-start"
            leftSection={<IconTrash size={13} />}
            style={{ justifySelf: 'start' }}
            onClick={() => onChange({ portGroups: portGroups.filter((one) => one !== group) })}
          >
            {t('portGroups.remove')}
          </Button>
        </fieldset>
      ))}
      <Button
        size="compact-sm"
        style={{ justifySelf: 'start' }}
        leftSection={<IconPlus size={13} />}
        onClick={() => onChange({ portGroups: [...portGroups, NEW_PORT_GROUP] })}
      >
        {t('portGroups.add')}
      </Button>
    </div>
  );
}

function problemsOf(problems: ReadonlyMap<string, Problem>, at: number): ReadonlyMap<string, Problem> {
  const prefix = `portGroups.${at}.`;
  return new Map(
    [...problems].flatMap(([field, problem]) =>
      field.startsWith(prefix) ? [[field.slice(prefix.length), problem] as const] : [],
    ),
  );
}
