import { Checkbox } from '@mantine/core';
import { IconCheck, IconX } from '@tabler/icons-react';
import { useTranslation } from 'react-i18next';
import type { SourceReport } from '../../../main/contract/p2v-source.ts';
import { formatBytes } from '../../ui/format.ts';
import { KeyValue } from '../../ui/key-value.tsx';
import { Group, Note } from '../sheet/cards.tsx';
import { Wrong } from '../sheet/device-group.tsx';
import { LiveDisks } from './live-disks.tsx';
import { hostOf, reasonsAgainst } from './live-input.ts';
import type { PartProps } from './parts.ts';
import { saidAt } from './problems.ts';
import { Macs } from './saved-macs.tsx';
import { Where } from './saved-where.tsx';
import classes from './live.module.css';

/** What a running machine is: what works, what is asked, and what cannot be. Of one that cannot be copied nothing else follows. */
export function LiveReport({ part, report }: { part: PartProps; report: SourceReport }) {
  const { t } = useTranslation('create');
  const against = reasonsAgainst(report);
  const macs = report.nics.map(({ mac }) => mac);
  return (
    <>
      <Group title={t('live.facts')}>
        <Facts report={report} />
      </Group>
      {against.length > 0 ? (
        <Group title={t('live.cannot')}>
          <Sentences sign="no" sentences={against} />
        </Group>
      ) : (
        <>
          <Group title={t('live.works')}>
            <Sentences sign="yes" sentences={report.works} />
          </Group>
          <Changes part={part} report={report} />
          <LiveDisks part={part} report={report} />
          <Where {...part} />
          {macs.length > 0 && <Macs part={part} of="live" macs={macs} />}
        </>
      )}
    </>
  );
}

function Facts({ report }: { report: SourceReport }) {
  const { t } = useTranslation('create');
  const { hostname, system, kernel, arch, firmware, secureBoot, memoryBytes, cpus, nics, as } = report;
  const started = firmware === 'uefi' ? 'UEFI' : 'BIOS';
  return (
    <KeyValue
      facts={[
        { name: t('live.machine'), value: hostname },
        {
          name: t('live.system'),
          value: [system ?? t('live.unknown'), kernel, arch].join(' · '),
        },
        {
          name: t('live.firmware'),
          value: secureBoot === true ? t('live.secureBoot', { firmware: started }) : started,
        },
        { name: t('live.memory'), value: formatBytes(memoryBytes) },
        { name: t('live.cpus'), value: cpus },
        {
          name: t('live.nics'),
          value:
            nics.length === 0 ? (
              <span className="muted">{t('live.unknown')}</span>
            ) : (
              <span className={classes['nics']}>
                {nics.map(({ name, mac, addresses }) => (
                  <span key={name}>
                    {t('live.nic', { name, mac })} <span className="muted">{addresses.join(', ')}</span>
                  </span>
                ))}
              </span>
            ),
        },
        { name: t('live.as'), value: t(`live.asWho.${as}`) },
      ]}
    />
  );
}

function Sentences({ sign, sentences }: { sign: 'yes' | 'no'; sentences: readonly string[] }) {
  const Icon = sign === 'yes' ? IconCheck : IconX;
  return (
    <ul className={classes['sentences']} data-sign={sign}>
      {sentences.map((sentence) => (
        <li key={sentence}>
          <Icon size={14} stroke={2.25} aria-hidden="true" />
          <span>{sentence}</span>
        </li>
      ))}
    </ul>
  );
}

/** Each change of the source by itself; none is agreed to unasked. */
function Changes({ part, report }: { part: PartProps; report: SourceReport }) {
  const { t } = useTranslation('create');
  const { form, change } = part;
  const { allow } = form.live;
  const { changes } = report;
  const wrong = saidAt(part.problems, 'source.allow');
  return (
    <Group title={t('live.changes', { name: hostOf(report) })}>
      <Note>{t(changes.length === 0 ? 'live.noChanges' : 'live.changesHelp')}</Note>
      {changes.map(({ id, text, why, lines }) => (
        <Checkbox
          key={id}
          label={text}
          description={
            <>
              {why}
              {lines.map((line) => (
                <code key={line} className={classes['line']}>
                  {line}
                </code>
              ))}
            </>
          }
          checked={allow.includes(id)}
          onChange={(event) => {
            const on = event.currentTarget.checked;
            const others = allow.filter((one) => one !== id);
            change({ live: { ...form.live, allow: on ? [...others, id] : others } });
          }}
        />
      ))}
      <Wrong said={wrong} />
    </Group>
  );
}
