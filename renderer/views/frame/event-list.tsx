import { IconAlertCircle, IconAlertTriangle, IconPoint } from '@tabler/icons-react';
import { memo } from 'react';
import { useTranslation } from 'react-i18next';
import type { ActivityEvent } from '../../../main/contract/activity.ts';
import { useEvents } from '../../state/activity.ts';
import { useHost } from '../../state/inventory.ts';
import { eventWords } from './event-words.ts';
import { formatClock, formatExact } from '../../ui/format.ts';
import { useNow } from '../../ui/time.tsx';
import classes from './drawer.module.css';

const SHOWN = 200;
const ICONS = { info: IconPoint, warning: IconAlertCircle, error: IconAlertTriangle };
const DAY_STEP_MS = 60_000;

export function EventList() {
  const { t } = useTranslation('frame');
  const events = useEvents();
  const now = useNow(DAY_STEP_MS);
  if (events.length === 0) return <p className={classes['none']}>{t('events.none')}</p>;
  return events.slice(0, SHOWN).map((event) => <EventLine key={event.id} event={event} now={now} />);
}

const EventLine = memo(function EventLine({ event, now }: { event: ActivityEvent; now: number }) {
  const { t } = useTranslation('frame');
  const host = useHost(event.host);
  const Icon = ICONS[event.severity];
  const { word, detail } = eventWords(event, t);
  return (
    <div className={`${classes['line']} ${classes['event']}`}>
      <Icon size={14} className={classes['icon']} data-state={event.severity} aria-hidden="true" />
      <time className="faint" dateTime={new Date(event.time).toISOString()} title={formatExact(event.time)}>
        {formatClock(event.time, now)}
      </time>
      <span className={`muted truncate ${classes['wide']}`}>
        {event.uuid === null ? '' : (host?.name ?? event.host)}
      </span>
      <span className="strong truncate">
        {event.uuid === null ? (host?.name ?? event.name) : <a href={machineHash(event)}>{event.name}</a>}
      </span>
      <span className="truncate">
        {word} <span className="muted">{detail}</span>
      </span>
    </div>
  );
});

function machineHash(event: ActivityEvent): string {
  return `#/machine/${encodeURIComponent(event.host)}/${encodeURIComponent(event.uuid ?? '')}/overview`;
}
