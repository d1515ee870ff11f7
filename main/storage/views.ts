import type { PoolModel, PoolSourceModel, VolumeModel } from '../../drivers/libvirt/model/index.ts';
import { POOL_STATES, type HiddenVolumes, type Pool, type Volume } from '../contract/storage.ts';

/** What virStoragePoolGetInfo tells. */
export interface PoolInfo {
  readonly state: number;
  readonly capacity: bigint;
  readonly allocation: bigint;
  readonly available: bigint;
}

/** What of a pool is in no XML. */
export interface PoolFacts {
  readonly host: string;
  readonly autostart: boolean;
  readonly persistent: boolean;
}

export function toPool(model: PoolModel, info: PoolInfo, facts: PoolFacts): Pool {
  return {
    ...facts,
    uuid: model.uuid,
    name: model.name,
    type: model.type,
    path: model.targetPath,
    source: sourceLine(model.source),
    ...toUsage(info),
  };
}

/** A pool's sizes; none while it is not active. */
export function toUsage(
  info: PoolInfo,
): Pick<Pool, 'state' | 'capacityBytes' | 'allocationBytes' | 'availableBytes'> {
  const state = POOL_STATES[info.state] ?? 'inaccessible';
  const active = isActive(state);
  return {
    state,
    capacityBytes: active ? Number(info.capacity) : null,
    allocationBytes: active ? Number(info.allocation) : null,
    availableBytes: active ? Number(info.available) : null,
  };
}

/** Whether libvirt has the pool's volumes in sight. */
export function isActive(state: Pool['state']): boolean {
  return state === 'running' || state === 'degraded';
}

/** Where a pool's bytes come from, in one line; null where that is its path alone. */
export function sourceLine(source: PoolSourceModel): string | null {
  const hosts = source.hosts.map(({ name, port }) => (port === null ? name : `${name}:${port}`)).join(',');
  const what = [source.name, source.dir, ...source.devices, source.adapter].filter((part) => part !== null);
  const path = what.join(source.name !== null && source.dir !== null ? '' : ' ');
  if (hosts === '') return path === '' ? null : path;
  return path === '' ? hosts : `${hosts}:${path}`;
}

/** What is said of volumes that nothing is known of but their names; what is no UTF-8 in those came as U+FFFD. */
export function hiddenOf(names: readonly string[]): HiddenVolumes {
  const noText = names.filter((name) => name.includes('\ufffd')).length;
  return { noText, unreadable: names.length - noText };
}

/** A volume without its users. */
export type BareVolume = Omit<Volume, 'usedBy' | 'baseOf'>;

export function toVolume(model: VolumeModel): BareVolume {
  const path = model.path ?? model.key ?? model.name;
  return {
    name: model.name,
    key: model.key ?? path,
    path,
    type: model.type,
    format: model.format,
    capacityBytes: model.capacityBytes ?? 0,
    allocationBytes: model.allocationBytes ?? 0,
    backing: model.backingPath,
    encrypted: model.encryption !== null,
  };
}
