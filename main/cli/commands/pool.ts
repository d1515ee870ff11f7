import { readFile } from 'node:fs/promises';
import type { Pool, PoolInput, PoolType, StorageLoss } from '../../contract/storage.ts';
import { CliError, UsageError } from '../errors.ts';
import type { FleetSession } from '../fleet-session.ts';
import { bytes, percent } from '../format.ts';
import { findPool, readPools, readVolumes } from '../storage-reads.ts';
import { keyValues, table } from '../table.ts';
import { runJob } from './jobs.ts';

/** The stable JSON of a pool (docs/cli.md). */
export function poolJson(session: FleetSession, pool: Pool): Record<string, unknown> {
  const { host, ...rest } = pool;
  return { host: session.hostName(host), hostId: host, ...rest };
}

export async function listPools(session: FleetSession): Promise<void> {
  await session.connect();
  const pools = await readPools(session);
  session.output.either(
    pools.map((pool) => poolJson(session, pool)),
    () => {
      const lines = table(
        [
          { title: 'NAME', value: ({ name }) => name },
          { title: 'STATE', value: ({ state }) => state },
          { title: 'HOST', value: ({ host }) => session.hostName(host) },
          { title: 'TYPE', value: ({ type }) => type },
          { title: 'SIZE', value: ({ capacityBytes }) => bytes(capacityBytes), align: 'right' },
          { title: 'FREE', value: ({ availableBytes }) => bytes(availableBytes), align: 'right' },
          { title: 'AUTOSTART', value: ({ autostart }) => (autostart ? 'yes' : 'no') },
          { title: 'PATH', value: ({ path, source }) => path ?? source ?? '' },
        ],
        pools,
      );
      for (const line of lines) session.output.line(line);
    },
  );
}

export async function showPool(session: FleetSession, name: string): Promise<void> {
  const pool = await findPool(session, name);
  const { capacityBytes, allocationBytes } = pool;
  const used =
    capacityBytes === null || allocationBytes === null ? null : (100 * allocationBytes) / capacityBytes;
  const { daysToFull } = await session.client.pool.history({ host: pool.host, uuid: pool.uuid, span: 'day' });
  session.output.either({ ...poolJson(session, pool), daysToFull }, () => {
    const lines = keyValues([
      ['name', pool.name],
      ['host', session.hostName(pool.host)],
      ['uuid', pool.uuid],
      ['type', pool.type],
      ['state', pool.state],
      ['autostart', pool.autostart ? 'yes' : 'no'],
      ['path', pool.path],
      ['source', pool.source],
      ['size', bytes(capacityBytes)],
      ['used', `${bytes(allocationBytes)} (${percent(used)})`],
      ['free', bytes(pool.availableBytes)],
      [
        'full in',
        daysToFull === null
          ? null
          : `about ${Math.max(1, Math.ceil(daysToFull))} d at the rate of the last week`,
      ],
    ]);
    for (const line of lines) session.output.line(line);
  });
}

export interface PoolOptions {
  readonly type: PoolType;
  readonly path?: string;
  readonly device: string[];
  readonly server: string[];
  readonly dir?: string;
  readonly sourceName?: string;
  readonly format?: string;
  readonly adapter?: string;
  readonly initiator?: string;
  readonly username?: string;
  readonly secretFile?: string;
  readonly build: boolean;
  readonly autostart: boolean;
}

export async function createPool(session: FleetSession, text: string, options: PoolOptions): Promise<void> {
  const { host, name } = await newPoolOf(session, text);
  const { type, device, server, username, secretFile, build, autostart, ...rest } = options;
  const auth = await authOf(type, username, secretFile);
  const input: PoolInput = {
    host,
    name,
    type,
    ...rest,
    ...(device.length === 0 ? {} : { devices: device }),
    ...(server.length === 0 ? {} : { hosts: server.map(serverOf) }),
    ...(auth === null ? {} : { auth }),
    build,
    autostart,
  };
  await runJob(session, () => session.client.pool.create(input));
  done(session, { host, pool: name, name, done: 'created' });
}

export async function actOnPool(
  session: FleetSession,
  text: string,
  action: 'start' | 'stop' | 'refresh' | 'autostart' | 'noAutostart',
): Promise<void> {
  const { host, uuid, name } = await findPool(session, text);
  const { pool } = session.client;
  const ref = { host, uuid };
  switch (action) {
    case 'start':
      await pool.start(ref);
      return done(session, { host, pool: name, name, done: 'started' });
    case 'stop':
      await pool.stop(ref);
      return done(session, { host, pool: name, name, done: 'stopped' });
    case 'refresh':
      await pool.refresh(ref);
      return done(session, { host, pool: name, name, done: 'refreshed' });
    case 'autostart':
    case 'noAutostart':
      await pool.setAutostart({ ...ref, autostart: action === 'autostart' });
      return done(session, {
        host,
        pool: name,
        name,
        done: action === 'autostart' ? 'starts with its host' : 'does not start with its host',
      });
  }
}

export interface PoolDeletion {
  readonly volumes: boolean;
  readonly yes: boolean;
  readonly unseen: boolean;
}

export async function deletePool(session: FleetSession, text: string, options: PoolDeletion): Promise<void> {
  const pool = await findPool(session, text);
  const { host, uuid, name } = pool;
  const { volumes, yes, unseen } = options;
  let accepted: readonly string[] = [];
  if (volumes) {
    const loss = await session.client.pool.loss({ host, uuid });
    if (loss.refused !== null) throw new CliError({ code: 'CONFLICT', message: loss.refused });
    accepted = await confirmLoss(session, `the pool ${name} with everything in it`, { loss, yes, unseen });
  }
  const stays = volumes || pool.state !== 'running' ? [] : await readVolumes(session, pool);
  await runJob(session, () => session.client.pool.delete({ host, uuid, volumes, accepted: [...accepted] }));
  done(session, { host, pool: name, name, done: volumes ? 'deleted' : forgotten(pool, stays.length) });
}

/** “forgotten; its 2 volumes stay in /srv/images” */
function forgotten({ path }: Pool, volumes: number): string {
  const where = path === null ? '' : ` in ${path}`;
  if (volumes === 0) return `forgotten; what is in it stays${where}`;
  return `forgotten; its ${volumes === 1 ? 'volume stays' : `${volumes} volumes stay`}${where}`;
}

export async function showSources(
  session: FleetSession,
  type: PoolType,
  at: { server?: string; initiator?: string },
): Promise<void> {
  await session.connectAny();
  const found = await Promise.all(
    session.connectedHosts.map(async ({ id, name }) => {
      const sources = await session.client.pool.sources({
        host: id,
        type,
        ...at,
      });
      return sources.map((source) => ({ host: name, hostId: id, ...source }));
    }),
  );
  session.output.either(found.flat(), () => {
    for (const { host, label } of found.flat()) session.output.line(`${host}: ${label}`);
  });
}

/**
 * Says what is lost and asks, unless nobody is to be asked.
 * @returns what of `loss.unseen` is agreed to: who typed yes has read it; who is not asked says so by `--unseen`
 */
export async function confirmLoss(
  session: FleetSession,
  what: string,
  { loss, yes, unseen }: { loss: StorageLoss; yes: boolean; unseen: boolean },
): Promise<readonly string[]> {
  if (yes) return unseen ? loss.unseen : [];
  if (!session.canAsk)
    throw new UsageError('There is no terminal to ask at: nothing is deleted without --yes.');
  session.output.aside(`${what} is deleted. There is no undo.`);
  for (const { path, allocationBytes } of loss.volumes)
    session.output.aside(`  deleted  ${path} (${bytes(allocationBytes)} on disk)`);
  for (const sentence of loss.unseen) session.output.aside(`  unseen   ${sentence}`);
  if (!(await session.confirm(`Delete ${what}? Type yes to delete: `)))
    throw new CliError({ code: 'CANCELLED', message: 'Nothing is deleted.' });
  return loss.unseen;
}

export interface Done {
  readonly host: string;
  readonly pool: string;
  readonly name: string;
  /** “started” */
  readonly done: string;
  readonly more?: Record<string, unknown>;
}

export function done(session: FleetSession, { host, pool, name, done: what, more = {} }: Done): void {
  const value = { host: session.hostName(host), pool, name, done: true, ...more };
  session.output.either(value, () => session.output.line(`${name} (${session.hostName(host)}): ${what}`));
}

/** `name` where there is one host, else `host/name`. */
async function newPoolOf(session: FleetSession, text: string): Promise<{ host: string; name: string }> {
  await session.connectAny();
  const hosts = session.connectedHosts;
  const on = hosts.find(({ name }) => text.startsWith(`${name}/`));
  if (on !== undefined) return { host: on.id, name: text.slice(on.name.length + 1) };
  const [only, ...others] = hosts;
  if (only === undefined || others.length > 0)
    throw new UsageError(`There are several hosts: say where, as ${hosts[0]?.name ?? 'host'}/${text}.`);
  return { host: only.id, name: text };
}

function serverOf(text: string): { name: string; port?: number } {
  const match = /^(.+):(\d{1,5})$/.exec(text);
  const [, name = text, port] = match ?? [];
  return port === undefined ? { name } : { name, port: Number(port) };
}

async function authOf(type: PoolType, username: string | undefined, file: string | undefined) {
  if (username === undefined && file === undefined) return null;
  if (username === undefined || file === undefined)
    throw new UsageError('A login has both: --username and --secret-file.');
  const secret = (await readFile(file, 'utf8')).replace(/\r?\n$/, '');
  return { type: type === 'rbd' ? ('ceph' as const) : ('chap' as const), username, secret };
}
