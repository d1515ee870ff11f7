import { virDomainBlockResizeFlags } from '../../drivers/libvirt/constants/domain-block.ts';
import { virStorageVolResizeFlags } from '../../drivers/libvirt/constants/storage.ts';
import { uuidFromString } from '../../drivers/libvirt/uuid.ts';
import { FILE_PIPE_BYTES, memoryPair } from '../../drivers/transport/memory.ts';
import { poolAbilities } from '../contract/pool-abilities.ts';
import type { Pool, StorageLoss, VolumeInput, VolumeRef, VolumeUser } from '../contract/storage.ts';
import type { HostSession } from '../hosts/session.ts';
import { volumeByPath } from '../jobs/delete/volumes.ts';
import type { JobContext } from '../jobs/registry.ts';
import { refuseNoPartition, refuseUnable } from '../storage/abilities.ts';
import { runDownload } from '../storage/download-job.ts';
import { assertImage, readImage } from '../storage/image.ts';
import type { OfferedFile } from '../storage/offered-files.ts';
import { readNeeded, refuseNeeded, refuseUnseen, whyNeeded, type Needed } from '../storage/needed.ts';
import { rangesOf } from '../storage/random-source.ts';
import { volumeByName } from '../storage/read.ts';
import { readFileUsers } from '../storage/users.ts';
import { assertSource, claimProblem, qemuFormat, readVolumeImage } from '../storage/volume-image.ts';
import {
  planClone,
  planUpload,
  planVolumeCreation,
  planVolumeDeletion,
  planWipe,
} from '../storage/volume-plans.ts';
import type { Api } from './api.ts';
import { refuseReadDisk } from './copy-guard.ts';
import { FailureError } from './errors.ts';
import type { Services } from './services.ts';
import {
  activePool,
  checkName,
  findVolume,
  onHost,
  type FoundVolume,
  type StorageHost,
} from './storage-context.ts';
import { planDiskMove } from './volume-move.ts';

const RESIZE_LIMIT_MS = 300_000;

/** Handlers of `volume.*`. */
export function volumeRoutes(api: Api['volume'], services: Services) {
  const { workflows, storage, files } = services;
  return {
    xml: api.xml.handler(({ input }) =>
      onHost(services, input.host, { what: `The XML of ${input.name}` }, async (host) => {
        const { vol } = await findVolume(host, input);
        return (await host.client.remote.storageVolGetXmlDesc({ vol, flags: 0 })).xml;
      }),
    ),
    create: api.create.handler(({ input }) =>
      onHost(services, input.host, { what: input.name, done: 'created' }, async (host) => {
        const { pool } = await freePlace(host, input);
        const backing = input.backing === undefined ? null : await backingOf(host, input, input.backing);
        if (!poolAbilities(pool.type).files && input.format === 'qcow2')
          throw conflict(`The pool ${pool.name} has no files: its volumes are raw.`);
        const { plan, secrets } = planVolumeCreation(input, { at: host.at, pool }, backing);
        return { job: await workflows.start(plan, secrets) };
      }),
    ),
    upload: api.upload.handler(({ input, signal }) =>
      onHost(services, input.host, { what: input.name, done: 'uploaded' }, async (host) => {
        const file = files.file(input.file);
        const { pool } = await freePlace(host, input);
        refuseUnable(pool, 'bytes');
        const convert = input.convert ?? false;
        await assertUsable(file, { convert, pool }, signal);
        const { name, checksum = true } = input;
        const plan = planUpload(
          { name, file: input.file, sizeBytes: file.sizeBytes, convert, checksum },
          { at: host.at, pool },
        );
        return { job: await workflows.start(plan) };
      }),
    ),
    download: api.download.handler(({ input, signal }) =>
      onHost(services, input.host, { what: input.name, done: 'downloaded' }, (host) =>
        download(services, host, input, signal),
      ),
    ),
    resize: api.resize.handler(({ input, signal }) =>
      onHost(services, input.host, { what: input.name, done: 'resized' }, async (host) => {
        const found = await findVolume(host, input);
        refuseUnable(found.pool, 'resizes');
        await resize(services, host, found, { ...input, signal });
      }).finally(() => storage.touch(input.host)),
    ),
    clone: api.clone.handler(({ input, signal }) =>
      onHost(services, input.host, { what: input.name, done: 'copied' }, async (host) => {
        const found = await findVolume(host, input);
        const options = { signal: signal ?? new AbortController().signal };
        const { path, vol } = found;
        const client = await host.session.bulkClient();
        const { writers: all, claims } = await readFileUsers(client, new Set([path]), options);
        const writers = all.get(path) ?? [];
        refuseRunning(found, writers, 'copied');
        await assertSource(host.session, vol, { claims: claims.get(path) ?? [], ...options });
        const to = await freePlace(host, { host: input.host, uuid: input.to, name: input.newName });
        refuseUnable(to.pool, 'copies');
        const { at } = host;
        const target = { at, pool: to.pool, name: input.newName, format: input.format };
        const source = { ...found.model, at, pool: found.pool, writers };
        return { job: await workflows.start(planClone(source, target)) };
      }),
    ),
    wipe: api.wipe.handler(({ input, signal }) =>
      onHost(services, input.host, { what: input.name, done: 'wiped' }, async (host) => {
        const found = await findVolume(host, input);
        refuseUnable(found.pool, 'wipes');
        const { accepted = [] } = input;
        const needed = await neededOf(host, found, signal);
        refuseNeeded(needed, { what: input.name, loss: 'wiped', accepted });
        await refuseReadDisk(services, host.at.id, {
          volume: input.name,
          users: needed.users,
          done: 'wiped',
        });
        const place = { at: host.at, pool: found.pool };
        return { job: await workflows.start(planWipe(place, input.name, accepted)) };
      }),
    ),
    loss: api.loss.handler(({ input, signal }) =>
      onHost(services, input.host, { what: `What needs ${input.name}` }, async (host) =>
        volumeLoss(host, await findVolume(host, input), signal),
      ),
    ),
    delete: api.delete.handler(({ input, signal }) =>
      onHost(services, input.host, { what: input.name, done: 'deleted' }, async (host) => {
        const found = await findVolume(host, input);
        refuseUnable(found.pool, 'deletes');
        const { accepted = [] } = input;
        const needed = await neededOf(host, found, signal);
        refuseNeeded(needed, { what: input.name, loss: 'deleted', accepted });
        const place = { at: host.at, pool: found.pool };
        const encrypted = found.model.encryption !== null;
        const plan = planVolumeDeletion(place, input.name, { encrypted, accepted });
        return { job: await workflows.start(plan) };
      }),
    ),
    move: api.move.handler(({ input }) =>
      onHost(services, input.host, { what: `The disk ${input.target}`, done: 'moved' }, async (host) => {
        const plan = await planDiskMove(services.fleet.machine(input), host, input);
        return { job: await workflows.start(plan) };
      }),
    ),
  };
}

/** An active pool that has no volume of the name yet. */
async function freePlace(host: StorageHost, ref: VolumeRef) {
  checkName(ref.name);
  const found = await activePool(host, ref);
  refuseUnable(found.pool, 'makes');
  refuseNoPartition(found.pool, ref.name);
  if ((await volumeByName(host.client, { pool: ref.uuid, name: ref.name })) === null) return found;
  throw conflict(`The pool ${found.pool.name} has a volume ${ref.name} already.`);
}

/** The file under a new volume must be one that nobody writes to any more. */
async function backingOf(host: StorageHost, input: VolumeInput, path: string) {
  const vol = await volumeByPath(host.client, path, {});
  if (vol === null) throw conflict(`${path} is in no pool of ${host.at.name} that is active.`);
  const { signal } = new AbortController();
  const { format, capacityBytes } = await assertSource(host.session, vol, { claims: [], signal });
  if (input.capacityBytes < (capacityBytes ?? 0))
    throw conflict(`It must not be smaller than ${path}, which has ${capacityBytes ?? 0} bytes.`);
  const { users } = await readNeeded(await host.session.bulkClient(), new Set([path]), {});
  const writers = users.filter(({ via }) => via !== 'backing').map(({ name }) => name);
  if (writers.length > 0)
    throw conflict(
      `${path} is a disk of ${writers.join(', ')}: when it changes, what lies on it is unreadable.`,
    );
  return { path, format: qemuFormat(format) };
}

/** @throws FailureError for a file that no host could use as it is */
async function assertUsable(
  file: OfferedFile,
  { convert, pool }: { readonly convert: boolean; readonly pool: Pick<Pool, 'name' | 'type'> },
  signal: AbortSignal = new AbortController().signal,
): Promise<void> {
  if (file.sizeBytes === 0) throw conflict(`${file.name} is empty.`);
  const image = await readImage(rangesOf(file, signal), file.sizeBytes);
  assertImage(file.name, image, convert ? 'disk' : 'file');
  if (image.is === 'qcow2' && convert)
    throw conflict(`${file.name} is qcow2 already: there is nothing to convert.`);
  if ((image.is === 'qcow2' || convert) && !poolAbilities(pool.type).files)
    throw conflict(`The pool ${pool.name} has no files: only raw disks can be uploaded to it.`);
}

async function download(
  services: Services,
  host: StorageHost,
  { checksum = true, ...input }: VolumeRef & { readonly checksum?: boolean | undefined },
  signal: AbortSignal | undefined,
) {
  const { clock, jobs, pipes, fleet } = services;
  const found = await findVolume(host, input);
  refuseUnable(found.pool, 'bytes');
  refuseWritten(found, (await neededOf(host, found, signal)).users, 'downloaded');
  const { vol, model, pool } = found;
  const sizeBytes = (model.format === 'raw' ? null : model.physicalBytes) ?? model.capacityBytes ?? 0;
  const [near, far] = memoryPair(FILE_PIPE_BYTES);
  near.on('error', () => undefined);
  const { id, name } = host.at;
  const job = jobs.start({
    kind: 'downloadVolume',
    host: { id, name },
    uuid: null,
    name: input.name,
    cancelled: `The download of ${input.name} from ${name} was cancelled.`,
    failed: `${input.name} was not downloaded from ${pool.name} on ${name}.`,
    unsure: `${input.name} was not downloaded from ${pool.name} on ${name}.`,
    run: async (context) => {
      if (model.backingPath !== null)
        context.log(`${input.name} lies on ${model.backingPath}, which is not part of this file`);
      const session = (): HostSession => fleet.hosts.session(id);
      const untilBack = async (job: JobContext, signal: AbortSignal): Promise<void> => {
        job.show({ waitsFor: [name] });
        await fleet.connected(id, signal);
        signal.throwIfAborted();
        job.show({ waitsFor: [] });
      };
      await runDownload({ host: id, session, untilBack, vol, sizeBytes, checksum, pipe: near }, context, {
        clock,
      });
    },
  });
  return { job, ...pipes.offer(far), sizeBytes, fileName: input.name };
}

interface Resize {
  readonly capacityBytes: number;
  readonly shrink?: boolean | undefined;
  readonly accepted?: readonly string[] | undefined;
  readonly signal: AbortSignal | undefined;
}

async function resize(
  services: Services,
  host: StorageHost,
  found: FoundVolume,
  { capacityBytes, shrink = false, accepted = [], signal }: Resize,
): Promise<void> {
  const { model, vol } = found;
  const shrinks = capacityBytes < (model.capacityBytes ?? 0);
  if (shrinks && !shrink)
    throw new FailureError({
      code: 'CONFLICT',
      message: `${model.name} would become smaller, and what is beyond its new end is lost.`,
      unless: 'shrink',
    });
  const needed = await neededOf(host, found, signal);
  const { users, breaks } = needed;
  if (breaks.length > 0) throw conflict(`${breaks.join(', ')} lies on ${model.name}: its size must stay.`);
  // What lies on it unseen reads past its new end.
  if (shrinks) refuseUnseen(needed, { what: model.name, loss: 'wiped', accepted });
  const running = users.filter((user) => user.running);
  const [first] = running.filter(({ via }) => via === 'disk');
  if (first === undefined) {
    refuseRunning(found, running, 'resized');
    await refuseReadDisk(services, host.at.id, { volume: model.name, users, done: 'resized' });
    await refuseOther(host, found, signal);
    const flags = shrinks ? virStorageVolResizeFlags.VIR_STORAGE_VOL_RESIZE_SHRINK : 0;
    await host.client.remote.storageVolResize(
      { vol, capacity: BigInt(capacityBytes), flags },
      { timeoutMs: RESIZE_LIMIT_MS },
    );
    return;
  }
  if (shrinks) throw conflict(`${first.name} runs: its disk can only grow. Shut it down first.`);
  const { dom } = await host.client.remote.domainLookupByUuid({ uuid: uuidFromString(first.uuid) });
  const flags = virDomainBlockResizeFlags.VIR_DOMAIN_BLOCK_RESIZE_BYTES;
  await host.client.remote.domainBlockResize(
    { dom, disk: first.target, size: BigInt(capacityBytes), flags },
    { timeoutMs: RESIZE_LIMIT_MS },
  );
}

/** libvirt lets QEMU resize what it takes a file for, and what a guest's disk looks like may name any file of the host. */
async function refuseOther(
  host: StorageHost,
  { model, vol, path }: FoundVolume,
  signal = new AbortController().signal,
): Promise<void> {
  const client = await host.session.bulkClient();
  const { claims } = await readFileUsers(client, new Set([path]), { signal });
  const image = await readVolumeImage(host.session, vol, model, signal);
  const problem = claimProblem(model.name, image, claims.get(path) ?? []);
  if (problem !== null) throw conflict(problem);
}

async function neededOf(
  host: StorageHost,
  { path }: FoundVolume,
  signal: AbortSignal | undefined,
): Promise<Needed> {
  const client = await host.session.bulkClient();
  return readNeeded(client, new Set([path]), signal === undefined ? {} : { signal });
}

/** A file that others only lie on is not written by anybody while they run: reading it is safe. */
function refuseWritten(found: FoundVolume, users: readonly VolumeUser[], done: string): void {
  refuseRunning(
    found,
    users.filter(({ via }) => via === 'disk'),
    done,
  );
}

function refuseRunning({ model }: FoundVolume, users: readonly VolumeUser[], done: string): void {
  const names = new Set(users.filter(({ running }) => running).map(({ name }) => name));
  if (names.size === 0) return;
  throw conflict(`${model.name} is used by ${[...names].join(', ')} while it runs, and cannot be ${done}.`);
}

async function volumeLoss(
  host: StorageHost,
  found: FoundVolume,
  signal: AbortSignal | undefined,
): Promise<StorageLoss> {
  const { model, path } = found;
  const needed = await neededOf(host, found, signal);
  return {
    volumes: [{ name: model.name, path, allocationBytes: model.allocationBytes ?? 0 }],
    users: [...needed.users],
    breaks: [...needed.breaks],
    unseen: [...needed.unseen],
    refused: whyNeeded(needed, { what: model.name, loss: 'deleted' }),
  };
}

function conflict(message: string): FailureError {
  return new FailureError({ code: 'CONFLICT', message });
}
