import { readDomain, readVolume, type DomainModel } from '../../drivers/libvirt/model/index.ts';
import { writeNewElement } from '../../drivers/xml/index.ts';
import { isActive as machineRuns } from '../inventory/states.ts';
import { volumeByPath } from '../jobs/delete/volumes.ts';
import { uuidToString } from '../../drivers/libvirt/uuid.ts';
import type { Plan } from '../jobs/engine/step.ts';
import { poolAbilities } from '../contract/pool-abilities.ts';
import { namesLike } from '../storage/names-like.ts';
import { volumeByName } from '../storage/read.ts';
import { creationStep } from '../storage/volume-plans.ts';
import { FailureError } from './errors.ts';
import type { Machine } from './fleet.ts';
import { activePool, type StorageHost } from './storage-context.ts';

export interface DiskMove {
  readonly host: string;
  readonly uuid: string;
  readonly target: string;
  /** UUID of the pool that it moves to. */
  readonly pool: string;
  readonly deleteSource: boolean;
}

/** What moving a disk of a machine that runs will do. @throws FailureError CONFLICT where it cannot be moved */
export async function planDiskMove(
  { dom, domain }: Machine,
  host: StorageHost,
  move: DiskMove,
): Promise<Plan> {
  const { at, client } = host;
  const { remote } = client;
  if (!machineRuns(domain.state))
    throw conflict(`${domain.name} does not run: copy the volume and change its disk instead.`);
  const model = readDomain((await remote.domainGetXmlDesc({ dom, flags: 0 })).xml);
  const disk = model.disks.find(({ target }) => target === move.target);
  const path = disk?.source?.path ?? null;
  if (disk === undefined || path === null)
    throw conflict(
      `${domain.name} has no disk ${move.target} that is a file or a device of its host${hasWords(model)}.`,
    );
  if (disk.device !== 'disk' || disk.readonly || disk.shareable)
    throw conflict(`${move.target} of ${domain.name} is no disk of its own that is written to.`);
  const { pool } = await activePool(host, { host: move.host, uuid: move.pool });
  if (pool.path === null)
    throw conflict(`The volumes of ${pool.name} have no path on ${at.name}: a disk cannot move there.`);
  const source = await volumeByPath(client, path, {});
  if (source?.pool === pool.name) throw conflict(`${path} is in ${pool.name} already.`);
  if (source === null && move.deleteSource) throw conflict(`${path} is in no pool, and cannot be deleted.`);
  const capacityBytes = Number(
    (await remote.domainGetBlockInfo({ dom, path: move.target, flags: 0 })).capacity,
  );
  const format = poolAbilities(pool.type).files && disk.format === 'qcow2' ? 'qcow2' : 'raw';
  const name = await freeName(host, pool.uuid, path.slice(path.lastIndexOf('/') + 1));
  const place = { at, pool };
  const params = {
    host: at.id,
    machine: domain.uuid,
    machineName: domain.name,
    target: move.target,
    path: `${pool.path}/${name}`,
  };
  return {
    kind: 'moveDisk',
    name: domain.name,
    uuid: domain.uuid,
    hosts: [at],
    secrets: [],
    failed: `The disk ${move.target} of ${domain.name} was not moved to ${pool.name} on ${at.name}.`,
    steps: [
      creationStep(place, name, { capacityBytes, format, machine: domain.uuid }),
      {
        id: 'mirror',
        kind: 'disk.mirror',
        host: at.id,
        title: `Copy ${move.target} while ${domain.name} runs`,
        params: {
          ...params,
          xml: destinationXml(params.path, { isFile: poolAbilities(pool.type).files, format }),
          sizeBytes: capacityBytes,
        },
        weight: 50,
      },
      {
        id: 'pivot',
        kind: 'disk.pivot',
        host: at.id,
        title: `Let ${domain.name} work on the copy`,
        params: { ...params, source: move.deleteSource ? await sourceOf(host, path) : null },
      },
    ],
  };
}

function destinationXml(path: string, { isFile, format }: { isFile: boolean; format: string }): string {
  const disk = {
    name: 'disk',
    attributes: { type: isFile ? 'file' : 'block' },
    children: [
      { name: 'driver', attributes: { name: 'qemu', type: format } },
      { name: 'source', attributes: isFile ? { file: path } : { dev: path } },
    ],
  };
  return writeNewElement(disk, { newline: '\n', indent: '', step: '  ' });
}

/** The volume that it leaves, by its pool's UUID and its name. */
async function sourceOf({ client }: StorageHost, path: string) {
  const vol = await volumeByPath(client, path, {});
  if (vol === null) return null;
  const { pool } = await client.remote.storagePoolLookupByVolume({ vol });
  const { xml } = await client.remote.storageVolGetXmlDesc({ vol, flags: 0 });
  return { pool: uuidToString(pool.uuid), name: readVolume(xml).name, path };
}

async function freeName({ client }: StorageHost, pool: string, wanted: string): Promise<string> {
  for (const name of namesLike(wanted))
    if ((await volumeByName(client, { pool, name })) === null) return name;
  return wanted;
}

function conflict(message: string): FailureError {
  return new FailureError({ code: 'CONFLICT', message });
}

/** “: it has vda, vdb” */
function hasWords({ disks }: DomainModel): string {
  const targets = disks.filter(({ source }) => source?.path != null).map(({ target }) => target);
  return targets.length === 0 ? '' : `: it has ${targets.join(', ')}`;
}
