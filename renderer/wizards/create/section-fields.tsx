import { Button } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import { DevicesSection } from './devices-section.tsx';
import { DisksSection } from './disks-section.tsx';
import { FirstBootSection } from './first-boot-section.tsx';
import { NameSection } from './name-section.tsx';
import { NetworkSection } from './network-section.tsx';
import type { PartProps } from './parts.ts';
import type { Section } from './problems.ts';
import { SourceSection } from './source-section.tsx';
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

/** All that these say stands in the XML; of the disks only what is to be made. */
const IN_XML: ReadonlySet<Section> = new Set(['system', 'disks', 'network', 'devices']);

/** The form of one section. What an edited XML says in its place is said, and cannot be changed here. */
export function SectionFields({ section, part }: { section: Section; part: PartProps }) {
  const { t } = useTranslation('create');
  const Fields = SECTION_FIELDS[section];
  if (part.form.xml === null || !IN_XML.has(section)) return <Fields {...part} />;
  return (
    <>
      <div className={classes['override']} role="note">
        <span>{t(section === 'disks' ? 'xml.overridesDisks' : 'xml.overrides')}</span>
        <span className="spacer" />
        <Button size="compact-xs" onClick={() => part.change({ xml: null })}>
          {t('xml.discard')}
        </Button>
      </div>
      <fieldset className={classes['overridden']} disabled>
        <Fields {...part} />
      </fieldset>
    </>
  );
}
