import { poolXml, sourceSpecXml, type PoolSourceModel } from '../../drivers/libvirt/model/index.ts';
import { LibvirtError } from '../../drivers/rpc/errors.ts';
import type { Pool, PoolInput, PoolRef, PoolSource, StorageLoss } from '../contract/storage.ts';
import { refuseUnable } from '../storage/abilities.ts';
import { readNeeded, refuseNeeded, whyNeeded } from '../storage/needed.ts';
import { planPoolCreation, planPoolDeletion } from '../storage/pool-plans.ts';
import { explainPool } from '../storage/pool-refusals.ts';
import { folderPath, hasOwnFolder, poolDefinition, poolProblems } from '../storage/pool-rules.ts';
import { findSources, groupExists, volumeGroups } from '../storage/pool-sources.ts';
import { poolByUuid, readPoolByUuid, readPools, readVolumes } from '../storage/read.ts';
import { isActive } from '../storage/views.ts';
import type { Api } from './api.ts';
import { BadInput, FailureError } from './errors.ts';
import type { Services } from './services.ts';
import { activePool, onHost, type StorageHost } from './storage-context.ts';

/** A pool on a network, or with many files, takes its time. */
const LIMIT_MS = 300_000;
const NO_UUID = '00000000-0000-0000-0000-000000000000';

/** Handlers of `file.*`. */
export function fileRoutes(api: Api['file'], { files, pipes }: Services) {
  return {
    offer: api.offer.handler(({ input }) => {
      const { file, pipe } = files.offer(input);
      return { file, ...pipes.offer(pipe) };
    }),
  };
}

/** Handlers of `pool.*`. Short work is one call; what has several steps is a plan that a job runs. */
export function poolRoutes(api: Api['pool'], services: Services) {
  const { storage, workflows } = services;
  /** A call on a pool; the events of libvirt, or a look of ours, show what became of it. */
  const act = (
    ref: PoolRef,
    done: string,
    call: (host: StorageHost, pool: { name: string; uuid: Uint8Array }) => Promise<unknown>,
  ): Promise<void> =>
    onHost(services, ref.host, { what: 'The pool', done }, async (host) => {
      await call(host, await poolByUuid(host.client, ref.uuid));
    }).finally(() => storage.touch(ref.host));
  return {
    watch: api.watch.handler(({ input, signal }) => {
      // Fails for an unknown host; one that is away is waited for.
      services.fleet.hosts.connection(input.host);
      return storage.watch(input.host, signal ?? new AbortController().signal);
    }),
    history: api.history.handler(({ input }) => {
      const { uri } = services.fleet.hosts.connection(input.host).host;
      return services.capacity.history(uri, input.uuid, input.span);
    }),
    sources: api.sources.handler(({ input, signal }) =>
      onHost(services, input.host, { what: `What there is for ${input.type} pools` }, async ({ client }) => {
        const { type, server, initiator } = input;
        const srcSpec = server === undefined ? null : sourceSpecXml(server, initiator);
        const options = signal === undefined ? {} : { signal };
        return (await findSources(client, { type, srcSpec }, options)).map(toSource);
      }),
    ),
    xml: api.xml.handler(({ input }) =>
      onHost(services, input.host, { what: 'The XML of the pool' }, async ({ client }) => {
        const pool = await poolByUuid(client, input.uuid);
        return (await client.remote.storagePoolGetXmlDesc({ pool, flags: 0 })).xml;
      }),
    ),
    preview: api.preview.handler(({ input }) =>
      onHost(services, input.host, { what: 'The pools' }, async (host) => ({
        // Both UUIDs are made when it is created.
        xml: poolXml({ ...poolDefinition(input, NO_UUID, NO_UUID), uuid: undefined }),
        problems: await allProblems(input, host),
      })),
    ),
    create: api.create.handler(({ input }) =>
      onHost(services, input.host, { what: `The pool ${input.name}`, done: 'created' }, async (host) => {
        const problems = await allProblems(input, host);
        // Nothing is wrong with what was asked: it is there, as a network, a volume or a machine may be.
        if (problems.length === 1 && problems[0] === poolTaken(host, input))
          throw new FailureError({ code: 'CONFLICT', message: problems[0] });
        if (problems.length > 0) throw new BadInput(problems.join(' '));
        const { plan, secrets } = planPoolCreation(input, host.at);
        return { job: await workflows.start(plan, secrets) };
      }),
    ),
    start: api.start.handler(({ input }) =>
      act(input, 'started', async ({ client, at }, pool) => {
        try {
          await client.remote.storagePoolCreate({ pool, flags: 0 }, { timeoutMs: LIMIT_MS });
        } catch (error) {
          if (!(error instanceof LibvirtError)) throw error;
          throw explainPool(error, (await readPoolByUuid(client, at.id, input.uuid)).pool.type);
        }
      }),
    ),
    stop: api.stop.handler(({ input }) =>
      act(input, 'stopped', ({ client }, pool) =>
        client.remote.storagePoolDestroy({ pool }, { timeoutMs: LIMIT_MS }),
      ),
    ),
    refresh: api.refresh.handler(({ input }) =>
      act(input, 'refreshed', ({ client }, pool) =>
        client.remote.storagePoolRefresh({ pool, flags: 0 }, { timeoutMs: LIMIT_MS }),
      ),
    ),
    setAutostart: api.setAutostart.handler(({ input }) => {
      const done = input.autostart ? 'set to start with the host' : 'kept from starting with the host';
      const autostart = input.autostart ? 1 : 0;
      return act(input, done, ({ client }, pool) =>
        client.remote.storagePoolSetAutostart({ pool, autostart }),
      );
    }),
    loss: api.loss.handler(({ input, signal }) =>
      onHost(services, input.host, { what: 'What is in the pool' }, (host) => poolLoss(host, input, signal)),
    ),
    delete: api.delete.handler(({ input, signal }) =>
      onHost(services, input.host, { what: 'The pool', done: 'deleted' }, async (host) => {
        const found = input.volumes
          ? await activePool(host, input)
          : await readPoolByUuid(host.client, input.host, input.uuid);
        if (input.volumes) refuseUnable(found.pool, 'deletes');
        const { accepted = [] } = input;
        const loss = input.volumes ? await poolLoss(host, input, signal) : null;
        if (loss !== null) refuseNeeded(loss, { ...poolLossOf(found.pool.name), accepted });
        const volumes = loss?.volumes.map(({ name }) => name) ?? [];
        return { job: await workflows.start(planPoolDeletion({ ...found, volumes, accepted }, host.at)) };
      }),
    ),
  };
}

function poolLossOf(name: string) {
  return { what: `What is in ${name}`, loss: 'deleted' } as const;
}

function poolTaken({ at }: StorageHost, { name }: PoolInput): string {
  return `${at.name} has a pool ${name} already.`;
}

async function allProblems(input: PoolInput, host: StorageHost): Promise<string[]> {
  const { client, at } = host;
  const problems = poolProblems(input);
  const pools = await readPools(client, at.id);
  if (pools.some(({ name }) => name === input.name)) problems.push(poolTaken(host, input));
  const { path } = poolDefinition(input, NO_UUID, NO_UUID);
  const isSame = (pool: Pool): boolean => pool.path !== null && folderPath(pool.path) === path;
  const same = hasOwnFolder(input.type) ? pools.find(isSame) : undefined;
  const { sourceName } = input;
  if (input.type === 'logical' && input.build === true && sourceName !== undefined)
    if ((await volumeGroups(client)).includes(sourceName)) problems.push(groupExists(sourceName));
  if (same !== undefined) problems.push(`${path ?? ''} is the folder of the pool ${same.name} already.`);
  return problems;
}

async function poolLoss(
  host: StorageHost,
  { uuid }: PoolRef,
  signal: AbortSignal | undefined,
): Promise<StorageLoss> {
  const { ref, pool } = await readPoolByUuid(host.client, host.at.id, uuid);
  if (!isActive(pool.state)) return { volumes: [], users: [], breaks: [], unseen: [], refused: null };
  const client = await host.session.bulkClient();
  const options = signal === undefined ? {} : { signal };
  const volumes = await readVolumes(client, ref, options);
  const paths = new Set(volumes.flatMap(({ path }) => path ?? []));
  const needed = await readNeeded(client, paths, options);
  return {
    volumes: volumes.map(({ name, path, allocationBytes }) => ({
      name,
      path: path ?? name,
      allocationBytes: allocationBytes ?? 0,
    })),
    users: [...needed.users],
    breaks: [...needed.breaks],
    unseen: [...needed.unseen],
    refused: whyNeeded(needed, poolLossOf(pool.name)),
  };
}

function toSource(source: PoolSourceModel): PoolSource {
  const hosts = source.hosts.map(({ name, port }) => (port === null ? { name } : { name, port }));
  return {
    label: [source.name, source.dir, ...source.devices, source.adapter, ...hosts.map(({ name }) => name)]
      .filter((part) => part !== null)
      .join(' '),
    input: {
      ...(source.devices.length === 0 ? {} : { devices: [...source.devices] }),
      ...(hosts.length === 0 ? {} : { hosts }),
      ...(source.dir === null ? {} : { dir: source.dir }),
      ...(source.name === null ? {} : { sourceName: source.name }),
      ...(source.format === null ? {} : { format: source.format }),
      ...(source.adapter === null ? {} : { adapter: source.adapter }),
    },
  };
}
