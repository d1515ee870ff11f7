import { openConsole } from '../consoles/open-console.ts';
import type { Api } from './api.ts';
import { failing } from './errors.ts';
import type { Fleet } from './fleet.ts';
import type { Services } from './services.ts';
import { localLibvirt } from './suggest.ts';

/** Handlers of everything but hosts and machines. */
export function otherRoutes(api: Api, services: Services) {
  const { fleet, settings, stats, jobs, workflows, secrets, notices, app } = services;
  return {
    app: {
      info: api.app.info.handler(async () => ({
        ...app,
        platform: process.platform,
        localLibvirt: await localLibvirt(),
        canRemember: secrets.canRemember,
      })),
      preferences: api.app.preferences.handler(() => settings.preferences()),
      setPreferences: api.app.setPreferences.handler(({ input }) =>
        settings.setPreferences(withoutUndefined(input)),
      ),
      notices: api.app.notices.handler(({ signal }) => notices.watch(orNever(signal))),
    },
    inventory: {
      watch: api.inventory.watch.handler(({ input, signal }) =>
        fleet.store.watch(input.sinceSeq, orNever(signal)),
      ),
    },
    stats: {
      watch: api.stats.watch.handler(({ input, signal }) =>
        iterate(stats.watch(input, orNever(signal)), fleet),
      ),
      history: api.stats.history.handler(({ input }) => stats.history(input)),
      sparklines: api.stats.sparklines.handler(({ input }) => stats.sparklines(input)),
    },
    console: {
      open: api.console.open.handler(({ input, signal }) => offerConsole(input, signal, services)),
    },
    activity: {
      watch: api.activity.watch.handler(({ signal }) => fleet.activity.watch(orNever(signal))),
      cancelJob: api.activity.cancelJob.handler(({ input }) => jobs.cancel(input.job)),
      leftJobs: api.activity.leftJobs.handler(() => workflows.left()),
      resumeJob: api.activity.resumeJob.handler(({ input }) => workflows.resume(input.job, input.choice)),
    },
  };
}

type ConsoleInput = Parameters<Parameters<Api['console']['open']['handler']>[0]>[0]['input'];

async function offerConsole(input: ConsoleInput, signal: AbortSignal | undefined, services: Services) {
  const { fleet, pipes, onFault } = services;
  const host = fleet.store.host(input.host);
  const name = fleet.store.domain(input.host, input.uuid)?.name ?? 'the machine';
  const message = `The console of ${name} on ${host?.name ?? 'its host'} was not opened.`;
  const at = host === undefined ? {} : { host: { id: host.id, name: host.name } };
  return failing({ message, onFault: (error) => onFault(message, error), ...at }, async () => {
    const { session, dom } = fleet.machine(input);
    const { kind, device, takeOver } = input;
    // A serial console has one viewer: one that was opened for a viewer who did not wait would be in the way until it expires.
    const line = kind === 'serial' ? `${input.host} ${input.uuid}` : null;
    if (line !== null) pipes.withdrawAll(line);
    const { duplex, password } = await openConsole(session, dom, { kind, device, takeOver, signal });
    if (signal?.aborted === true) duplex.destroy();
    signal?.throwIfAborted();
    const { token, expiresInMs } = pipes.offer(duplex, line);
    return { token, kind, expiresInMs, password };
  });
}

/** oRPC wants a generator; its `finally` is what ends the watching. Who watches figures looks at the hosts. */
async function* iterate<T>(source: AsyncIterable<T>, fleet: Fleet): AsyncGenerator<T, void, void> {
  const lookAway = fleet.hosts.look();
  try {
    yield* source;
  } finally {
    lookAway();
  }
}

function orNever(signal: AbortSignal | undefined): AbortSignal {
  return signal ?? new AbortController().signal;
}

/** Keys that are left out stay as they are. */
function withoutUndefined<T extends object>(value: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(value).filter(([, part]) => part !== undefined)) as {
    [K in keyof T]?: Exclude<T[K], undefined>;
  };
}
