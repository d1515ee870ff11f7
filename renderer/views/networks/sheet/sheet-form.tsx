import { Select, TextInput } from '@mantine/core';
import { useState, type ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import type { Host } from '../../../../main/contract/host.ts';
import { hasOwnBridge, hasVlan } from '../kinds.ts';
import { AddressFields } from './address-fields.tsx';
import type { NetworkForm } from './form.ts';
import { KindCards } from './kind-cards.tsx';
import { LinkFields } from './link-fields.tsx';
import { MoreFields } from './more-fields.tsx';
import { PortGroupList } from './port-group-list.tsx';
import type { Problems, Surroundings } from './problems.ts';
import { useSaid } from './use-said.ts';
import classes from './sheet.module.css';

export interface SheetAround extends Surroundings {
  readonly hosts: readonly Host[];
}

/** What each part of the form needs. */
export interface PartProps {
  readonly form: NetworkForm;
  readonly problems: Problems;
  readonly around: SheetAround;
  readonly said: (field: string) => string | null;
  readonly onChange: (part: Partial<NetworkForm>) => void;
}

const SECTIONS = ['kind', 'link', 'addresses', 'ports', 'more'] as const;
type Section = (typeof SECTIONS)[number];

const FIELDS: Readonly<Record<Section, RegExp>> = {
  kind: /^name$/,
  link: /^(?:bridge|devices|nat)$/,
  addresses: /^ips/,
  ports: /^(?:vlan|portGroups)/,
  more: /^(?:domain|forwarders|routes|mtu|inbound|outbound)/,
};

/** The form, in parts that the list at its left leads to. */
export function SheetForm(props: {
  form: NetworkForm;
  problems: Problems;
  showNeeded: boolean;
  around: SheetAround;
  /** Null: it is where it is. */
  host: { readonly id: string; readonly onChange: (id: string) => void } | null;
  onChange: (part: Partial<NetworkForm>) => void;
}) {
  const { form, problems, around, onChange } = props;
  const { t } = useTranslation('networks');
  const said = useSaid(problems, props.showNeeded);
  const [current, setCurrent] = useState<Section>('kind');
  const part: PartProps = { form, problems, around, said, onChange };
  const shown = SECTIONS.filter((section) => section !== 'addresses' || hasOwnBridge(form.kind));
  const go = (section: Section): void => {
    setCurrent(section);
    document.getElementById(`network-part-${section}`)?.scrollIntoView({ block: 'start' });
  };
  const title = (section: Section): string =>
    t(section === 'ports' && !hasVlan(form.kind) ? 'tab.portGroups' : `sheet.part.${section}`);
  return (
    <>
      <nav className={classes['parts']} aria-label={t('sheet.parts')}>
        {shown.map((section) => {
          const wrong = [...problems.keys()].some(
            (field) => FIELDS[section].test(field) && said(field) !== null,
          );
          return (
            <button
              key={section}
              type="button"
              aria-current={section === current ? 'step' : undefined}
              onClick={() => go(section)}
            >
              {title(section)}
              {wrong && <span className={classes['wrong']} role="img" aria-label={t('sheet.wrong')} />}
            </button>
          );
        })}
      </nav>
      <div className={classes['form']}>
        <Part section="kind" title={title('kind')}>
          <div className={classes['two']}>
            <TextInput
              label={t('sheet.name')}
              value={form.name}
              error={said('name')}
              disabled={props.host === null}
              spellCheck={false}
              onChange={(event) => onChange({ name: event.currentTarget.value })}
            />
            {props.host !== null && <HostField around={around} host={props.host} />}
          </div>
          <KindCards {...part} />
        </Part>
        <Part section="link" title={title('link')}>
          <LinkFields {...part} />
        </Part>
        {hasOwnBridge(form.kind) && (
          <Part section="addresses" title={title('addresses')}>
            <AddressFields {...part} />
          </Part>
        )}
        <Part section="ports" title={title('ports')}>
          <PortGroupList {...part} />
        </Part>
        <Part section="more" title={title('more')}>
          <MoreFields {...part} />
        </Part>
      </div>
    </>
  );
}

function HostField(props: {
  around: SheetAround;
  host: { readonly id: string; readonly onChange: (id: string) => void };
}) {
  const { t } = useTranslation('networks');
  const { id, onChange } = props.host;
  const hosts = props.around.hosts.filter((host) => host.state === 'connected' || host.id === id);
  return (
    <Select
      label={t('sheet.host')}
      value={id}
      allowDeselect={false}
      data={hosts.map((host) => ({ value: host.id, label: host.name }))}
      onChange={(next) => next !== null && onChange(next)}
    />
  );
}

function Part({ section, title, children }: { section: Section; title: string; children: ReactNode }) {
  return (
    <section
      id={`network-part-${section}`}
      className={classes['part']}
      aria-labelledby={`network-part-title-${section}`}
    >
      <h3 id={`network-part-title-${section}`}>{title}</h3>
      {children}
    </section>
  );
}
