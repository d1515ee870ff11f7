import { Checkbox, Textarea, TextInput } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import { hasOwnBridge } from '../kinds.ts';
import { RateFields } from './rate-fields.tsx';
import type { PartProps } from './sheet-form.tsx';
import classes from './sheet.module.css';

/** What few networks need: names, routes, MTU, rates. */
export function MoreFields({ form, problems, said, onChange }: PartProps) {
  const { t } = useTranslation('networks');
  const own = hasOwnBridge(form.kind);
  return (
    <div className={classes['fields']}>
      {own && (
        <>
          <TextInput
            label={t('sheet.domain')}
            description={t('sheet.domainHelp')}
            placeholder="lab.internal"
            value={form.domain}
            error={said('domain')}
            spellCheck={false}
            onChange={(event) => onChange({ domain: event.currentTarget.value })}
          />
          <Checkbox
            label={t('sheet.dns')}
            description={t('sheet.dnsHelp')}
            checked={form.dns}
            onChange={(event) => onChange({ dns: event.currentTarget.checked })}
          />
          {form.dns && (
            <Lines
              label={t('sheet.forwarders')}
              help={t('sheet.forwardersHelp')}
              value={form.forwarders}
              error={said('forwarders')}
              onChange={(forwarders) => onChange({ forwarders })}
            />
          )}
          <Lines
            label={t('sheet.routes')}
            help={t('sheet.routesHelp')}
            value={form.routes}
            error={said('routes')}
            onChange={(routes) => onChange({ routes })}
          />
        </>
      )}
      <TextInput
        label={t('sheet.mtu')}
        description={t('sheet.mtuHelp')}
        placeholder="1500"
        inputMode="numeric"
        value={form.mtu}
        error={said('mtu')}
        onChange={(event) => onChange({ mtu: event.currentTarget.value })}
      />
      {own && (
        <>
          <Checkbox
            label={t('sheet.stp')}
            description={t('sheet.stpHelp')}
            checked={form.stp}
            onChange={(event) => onChange({ stp: event.currentTarget.checked })}
          />
          {(['inbound', 'outbound'] as const).map((way) => (
            <RateFields
              key={way}
              label={t(`rates.${way}`)}
              value={form[way]}
              problem={problems.get(way) ?? null}
              onChange={(rate) => onChange({ [way]: rate })}
            />
          ))}
        </>
      )}
    </div>
  );
}

function Lines(props: {
  label: string;
  help: string;
  value: string;
  error: string | null;
  onChange: (value: string) => void;
}) {
  return (
    <Textarea
      size="xs"
      label={props.label}
      description={props.help}
      value={props.value}
      error={props.error}
      autosize
      minRows={1}
      maxRows={6}
      spellCheck={false}
      onChange={(event) => props.onChange(event.currentTarget.value)}
    />
  );
}
