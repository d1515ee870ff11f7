import type { ActivityEvent } from '../../../../main/contract/activity.ts';

/** Events that change what a graph shows, by the core's names (main/inventory). */
const MARKED = new Set([
  'started',
  'suspended',
  'resumed',
  'stopped',
  'shutdown',
  'pmsuspended',
  'crashed',
  'rebooted',
  'ioError',
  'fired',
]);

/** Details that tell more than the event itself: a start that was the end of a migration. */
const TELLING = new Set(['migrated', 'restored', 'saved', 'crashed', 'failed']);

/** The last part of the i18n key of a mark's word. */
export function markWord({ event, detail }: Pick<ActivityEvent, 'event' | 'detail'>): string {
  return TELLING.has(detail) ? detail : event;
}

/** Two of a kind closer than this are one line. */
const APART_MS = 1000;

/** A machine's own events that are worth a line in its graphs, oldest first. */
export function markedEvents(
  events: readonly ActivityEvent[],
  ref: { host: string; uuid: string },
): readonly ActivityEvent[] {
  const kept: ActivityEvent[] = [];
  for (const event of events.toSorted((a, b) => a.time - b.time)) {
    if (event.host !== ref.host || event.uuid !== ref.uuid || !MARKED.has(event.event)) continue;
    const last = kept.at(-1);
    if (last !== undefined && last.event === event.event && event.time - last.time < APART_MS) continue;
    kept.push(event);
  }
  return kept;
}
