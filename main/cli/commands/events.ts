import type { ActivityEvent } from '../../contract/activity.ts';
import type { FleetSession } from '../fleet-session.ts';
import { clock } from '../format.ts';

/** What the hosts tell, one line each, until Ctrl+C or until `count` were printed. */
export async function showEvents(session: FleetSession, count: number | null): Promise<void> {
  await session.connectAny();
  const abort = new AbortController();
  const messages = await session.client.activity.watch(undefined, { signal: abort.signal });
  let left = count ?? Number.POSITIVE_INFINITY;
  for await (const message of messages) {
    // The snapshot tells of what came before this command looked.
    if (message.type !== 'event') continue;
    print(session, message.event);
    left -= 1;
    if (left <= 0) break;
  }
  abort.abort();
}

function print(session: FleetSession, event: ActivityEvent): void {
  const host = session.hostName(event.host);
  const { output } = session;
  if (output.json) {
    output.record({ ...event, host, hostId: event.host });
    return;
  }
  const what = [event.kind, event.event, event.detail].filter((word) => word !== '').join(' ');
  const where = event.name === '' ? host : `${host}/${event.name}`;
  output.line(`${clock(event.time)}  ${where}  ${what}`);
}
