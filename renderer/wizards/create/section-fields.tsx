import { useTranslation } from 'react-i18next';
import { DevicesSection } from './devices-section.tsx';
import { DiscardEdit } from './discard-edit.tsx';
import { DisksSection } from './disks-section.tsx';
import { FirstBootSection } from './first-boot-section.tsx';
import { NameSection } from './name-section.tsx';
import { NetworkSection } from './network-section.tsx';
import type { PartProps } from './parts.ts';
import type { Section } from './problems.ts';
import { SourceSection } from './source-section.tsx';
import { IN_XML, isUnread, unreadable, withXml } from './use-xml.ts';
import { SystemSection } from './system-section.tsx';
import classes from './create.module.css';

const SECTION_FIELDS: Readonly<Record<Section, (part: PartProps) => React.ReactNode>> = {
  source: SourceSection,
  system: SystemSection,
  disks: DisksSection,
  network: NetworkSection,
  devices: DevicesSection,
  firstBoot: FirstBootSection,
  name: NameSection,
};

/** The form of one section. Fields that follow edited XML say what of it they do not hold; of XML that cannot be read they cannot be changed. */
export function SectionFields({ section, part }: { section: Section; part: PartProps }) {
  const { t } = useTranslation('create');
  const Fields = SECTION_FIELDS[section];
  const { form, problems, change } = part;
  if (form.xml === null || !IN_XML.has(section)) return <Fields {...part} />;
  const broken = unreadable(form, problems) !== null;
  const beyond = form.xmlBeyond.join(', ');
  const said = broken ? t('xml.broken') : beyond === '' ? t('xml.followed') : t('xml.beyond', { beyond });
  return (
    <>
      <div className={classes['override']} data-tone={broken ? 'warn' : undefined} role="note">
        <span className={classes['overrideText']}>{said}</span>
        <DiscardEdit form={form} size="compact-xs" onDiscard={() => change(withXml(form, null))} />
      </div>
      <fieldset className={classes['overridden']} disabled={isUnread(form)}>
        <Fields {...part} />
      </fieldset>
    </>
  );
}
