import type { HiddenVolumes, Pool, StorageMessage, Volume } from '../contract/storage.ts';
import { CliError } from './errors.ts';
import type { FleetSession } from './fleet-session.ts';
import { resolveNamed } from './resolve.ts';

/** A host that does not tell of its pools in this time is given up. */
const LIMIT_MS = 60_000;

/** The pools of all connected hosts, by host and name. */
export async function readPools(session: FleetSession): Promise<Pool[]> {
  const lists = await Promise.all(
    session.connectedHosts.map(({ id }) =>
      first(session, id, (message) => (message.type === 'pools' ? message.pools : undefined)),
    ),
  );
  return lists.flat();
}

/** What is in a pool, with who uses it; nothing while the pool is not active. */
export async function readVolumes(session: FleetSession, pool: Pool): Promise<readonly Volume[]> {
  return (await readAllVolumes(session, pool)).volumes;
}

/** The same, and how many there are of which nothing can be told. */
export async function readAllVolumes(
  session: FleetSession,
  pool: Pool,
): Promise<{ readonly volumes: readonly Volume[]; readonly hidden: HiddenVolumes }> {
  if (pool.state !== 'running' && pool.state !== 'degraded')
    return { volumes: [], hidden: { noText: 0, unreadable: 0 } };
  return first(session, pool.host, (message) =>
    message.type === 'volumes' && message.pool === pool.uuid ? message : undefined,
  );
}

/** The pool of that name or UUID, or `host/name`. */
export async function findPool(session: FleetSession, text: string): Promise<Pool> {
  await session.connectAny();
  return resolveNamed(text, { hosts: session.hosts, items: await readPools(session), noun: 'pool' });
}

/** @throws CliError NOT_FOUND */
export async function findVolume(session: FleetSession, pool: Pool, name: string): Promise<Volume> {
  const volume = (await readVolumes(session, pool)).find((one) => one.name === name);
  if (volume !== undefined) return volume;
  throw new CliError({
    code: 'NOT_FOUND',
    message: `There is no volume ${name} in ${pool.name} on ${session.hostName(pool.host)}.`,
  });
}

async function first<T>(
  session: FleetSession,
  host: string,
  pick: (message: StorageMessage) => T | undefined,
): Promise<T> {
  const abort = new AbortController();
  const limit = setTimeout(() => abort.abort(), LIMIT_MS);
  try {
    const messages = await session.client.pool.watch({ host }, { signal: abort.signal });
    for await (const message of messages) {
      const picked = pick(message);
      if (picked !== undefined) return picked;
    }
  } catch (error) {
    if (!abort.signal.aborted) throw error;
  } finally {
    clearTimeout(limit);
    abort.abort();
  }
  throw new CliError({
    code: 'TIMEOUT',
    message: `${session.hostName(host)} did not tell of its storage in time.`,
  });
}
