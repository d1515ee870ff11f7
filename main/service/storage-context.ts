import { readVolume, type VolumeModel } from '../../drivers/libvirt/model/index.ts';
import type { LibvirtClient } from '../../drivers/libvirt/client.ts';
import type { StorageVolRef } from '../../drivers/libvirt/protocol/structs.ts';
import type { PoolRef, VolumeRef } from '../contract/storage.ts';
import type { HostSession } from '../hosts/session.ts';
import type { PlanHost } from '../jobs/engine/step.ts';
import { isUnsure } from '../jobs/registry.ts';
import { readPoolByUuid, type PoolWithXml } from '../storage/read.ts';
import { volumeAt } from '../storage/steps/volume-calls.ts';
import { isActive } from '../storage/views.ts';
import { BadInput, failing, FailureError, toFailure } from './errors.ts';
import type { Services } from './services.ts';

/** A connected host, for one call. */
export interface StorageHost {
  readonly at: PlanHost;
  readonly session: HostSession;
  readonly client: LibvirtClient;
}

/** What is said when a call fails: “The pool images was not started on kvm-a.” */
export interface Sentence {
  /** `name`, of the pool or the volume, where it is known. */
  readonly what: string;
  /** “started”; left out for what only reads. */
  readonly done?: string;
}

/** Finds the host and does the work; what goes wrong is told with a sentence that names it. */
export async function onHost<T>(
  services: Services,
  host: string,
  sentence: Sentence,
  work: (host: StorageHost) => Promise<T>,
): Promise<T> {
  const known = services.fleet.store.host(host);
  const where = known?.name ?? 'its host';
  const message =
    sentence.done === undefined
      ? `${sentence.what} on ${where} could not be read.`
      : `${sentence.what} was not ${sentence.done} on ${where}.`;
  const onFault = (error: unknown): void => services.onFault(message, error);
  const context = known === undefined ? {} : { host: { id: known.id, name: known.name } };
  return failing({ ...context, message, onFault }, async () => {
    const { id, name, uri } = services.fleet.hosts.connection(host).host;
    const session = services.fleet.hosts.session(host);
    try {
      return await work({ at: { id, name, uri }, session, client: session.client });
    } catch (error) {
      if (sentence.done === undefined || !isUnsure(error)) throw error;
      const unsure = `It is not known whether ${sentence.what} was ${sentence.done} on ${where}: the list shows it when the host answers again.`;
      throw new FailureError(toFailure(error, { ...context, message: unsure }), error);
    }
  });
}

/** @throws FailureError CONFLICT when the pool is not active: its volumes are out of sight */
export async function activePool({ client, at }: StorageHost, { uuid }: PoolRef): Promise<PoolWithXml> {
  const found = await readPoolByUuid(client, at.id, uuid);
  if (isActive(found.pool.state)) return found;
  throw new FailureError({
    code: 'CONFLICT',
    message: `The pool ${found.pool.name} on ${at.name} is not active. Start it first.`,
  });
}

export interface FoundVolume extends PoolWithXml {
  readonly vol: StorageVolRef;
  readonly model: VolumeModel;
  readonly path: string;
}

/** @throws FailureError NOT_FOUND */
export async function findVolume(host: StorageHost, ref: VolumeRef): Promise<FoundVolume> {
  const found = await activePool(host, ref);
  const place = { pool: ref.uuid, poolName: found.pool.name, name: ref.name };
  const vol = await volumeAt(host.client, place);
  const { xml } = await host.client.remote.storageVolGetXmlDesc({ vol, flags: 0 });
  const model = readVolume(xml);
  return { ...found, vol, model, path: model.path ?? vol.key };
}

/** @throws BadInput for a name that no volume can have */
export function checkName(name: string): void {
  // oxlint-disable-next-line no-control-regex
  if (name === '.' || name === '..' || /[/\u0000-\u001f]/.test(name))
    throw new BadInput(`“${name}” cannot be a name: it has a slash or a control character.`);
}
