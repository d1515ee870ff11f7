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
const TELLING = new Set(['migrated', 'restored', 'saved', 'crashed', 'failed', 'destroyed', 'shutdown']);

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
    const soon = last !== undefined && event.time - last.time < APART_MS;
    if (soon && last.event === event.event) continue;
    // A guest that has shut down is stopped by libvirt at once: one line, with what is known in the end.
    if (soon && last.event === 'shutdown' && event.event === 'stopped') kept.pop();
    kept.push(event);
  }
  return kept;
}
