import type { DiskModel } from '../../../drivers/libvirt/model/disk.ts';
import type { DomainModel } from '../../../drivers/libvirt/model/domain.ts';
import { isCdMadeFor } from '../create/names.ts';
import type { DeletableVolume, DeletionPlan } from '../../contract/domain.ts';
import { nvramOf, pathOf, plainPath } from '../../storage/machine-files.ts';

/** A file of the machine as its host's pools know it; null where no pool has it. */
export interface KnownVolume {
  pool: string;
  capacityBytes: number;
  allocationBytes: number;
}

export interface DeletionFacts {
  model: DomainModel;
  running: boolean;
  managedSave: boolean;
  snapshots: number;
  checkpoints: number;
  /** By path. */
  volumes: ReadonlyMap<string, KnownVolume>;
  /** Names of other machines of the host that use a path. */
  usedBy: ReadonlyMap<string, readonly string[]>;
  /** What may need a file and cannot be seen: a sentence for each kind. */
  unseen: readonly string[];
  /** Of each disk's path: it and the files under it, top first, as their own headers tell. */
  chains: ReadonlyMap<string, readonly string[]>;
  /** Paths of disks that name a pool and a volume in place of a path, by `volumeName`. */
  named: ReadonlyMap<string, string>;
  /** Paths of what booted its installer and was never taken away: which of the two. */
  installer: ReadonlyMap<string, 'kernel' | 'initrd'>;
  /** Machines of its name on other hosts. */
  namesakes: readonly string[];
}

/** What would go when the machine is deleted, and what should stay and why. Pure: facts in, plan out. */
export function planDeletion(facts: DeletionFacts): DeletionPlan {
  const volumes = new Map<string, DeletableVolume>();
  for (const disk of facts.model.disks) {
    const top = disk.source === null ? null : pathOf(disk.source, facts.named);
    if (top === null || disk.type === 'dir') continue;
    if (!volumes.has(top)) volumes.set(top, volumeOf(top, disk, facts));
    for (const under of backingPaths(disk, top, facts)) {
      // Other machines may be made from the same image without their XML telling while they are off.
      if (!volumes.has(under)) volumes.set(under, { ...volumeOf(under, disk, facts), keep: 'backing' });
    }
  }
  for (const { path, readonly, target } of containerFolders(facts.model)) {
    if (volumes.has(path)) continue;
    const volume = volumeOf(path, { target, device: 'folder', shareable: false, readonly }, facts);
    // libvirt knows no size of a folder.
    volumes.set(path, { ...volume, folder: true, capacityBytes: null, allocationBytes: null });
  }
  /** Told by their names alone, as the machine does not run from them; two hosts may share a pool. */
  const unsure: string[] = [];
  for (const [path, target] of facts.installer) {
    if (volumes.has(path)) continue;
    const volume = volumeOf(path, { target, device: 'installer', shareable: false, readonly: false }, facts);
    const isUnsure = facts.namesakes.length > 0 && facts.model.os[target] !== path && isFree(volume.keep);
    if (isUnsure) unsure.push(path);
    volumes.set(path, { ...volume, installer: true, keep: isUnsure ? 'unseen' : volume.keep });
  }
  return {
    volumes: [...volumes.values()],
    unseen: [
      ...([...volumes.values()].some(({ keep }) => isFree(keep)) ? facts.unseen : []),
      ...(unsure.length > 0 ? [namesakesText(facts.namesakes, unsure)] : []),
    ],
    running: facts.running,
    managedSave: facts.managedSave,
    snapshots: facts.snapshots,
    checkpoints: facts.checkpoints,
    nvram: nvramOf(facts.model),
    tpm: facts.model.tpm?.backend === 'emulator',
  };
}

function namesakesText(namesakes: readonly string[], paths: readonly string[]): string {
  return `Where both hosts share the pool, these may be of the installation of ${namesakes.join(', ')}: ${paths.join(', ')}.`;
}

/** A container's `/` lies one folder deeper than the folder that is the container's own, as LXC's does: nobody else may walk through that. */
export const ROOT_NAME = 'rootfs';

/** What a container has as its `/`, where that is a folder of its own. Folders that a machine shares with others are nobody's. */
export function containerFolders(model: DomainModel): { path: string; target: string; readonly: boolean }[] {
  if (model.virtType !== 'lxc') return [];
  return model.filesystems.flatMap(({ type, path, target, readonly }) => {
    if (type !== 'mount' || target !== '/' || path === null) return [];
    const own = plainPath(path).replace(new RegExp(`(?<=.)/${ROOT_NAME}$`), '');
    return own === '/' ? [] : [{ path: own, target, readonly }];
  });
}

/** Paths on the host that the machine's disks name, and a container's folder. */
export function diskPaths(model: DomainModel): string[] {
  const paths = [
    ...model.disks.flatMap((disk) => [disk.source?.path, ...disk.backing.map(({ source }) => source.path)]),
    ...containerFolders(model).map(({ path }) => path),
  ];
  return [...new Set(paths.filter((path): path is string => path !== undefined && path !== null))];
}

/** A running machine's XML tells of its chain, and headers tell when it is off: what either knows stays. */
function backingPaths(disk: DiskModel, top: string, facts: DeletionFacts): string[] {
  const told = disk.backing.flatMap(({ source }) => pathOf(source, facts.named) ?? []);
  return [...new Set([...told, ...(facts.chains.get(top)?.slice(1) ?? [])])];
}

type Kept = Pick<DiskModel, 'target' | 'shareable' | 'readonly'> & {
  readonly device: DiskModel['device'] | 'folder' | 'installer';
};

function volumeOf(path: string, disk: Kept, facts: DeletionFacts): DeletableVolume {
  const known = facts.volumes.get(path);
  const usedBy = [...(facts.usedBy.get(path) ?? [])];
  return {
    key: path,
    path,
    target: disk.target,
    pool: known?.pool ?? null,
    capacityBytes: known?.capacityBytes ?? null,
    allocationBytes: known?.allocationBytes ?? null,
    keep: reasonToKeep(disk, facts, {
      inPool: known !== undefined,
      used: usedBy.length > 0,
      made: disk.device === 'cdrom' && isCdMadeFor(facts.model.name, path),
    }),
    usedBy,
  };
}

function reasonToKeep(
  disk: Kept,
  { unseen }: Pick<DeletionFacts, 'unseen'>,
  { inPool, used, made }: { readonly inPool: boolean; readonly used: boolean; readonly made: boolean },
): DeletableVolume['keep'] {
  if (used) return 'usedByOther';
  if (!inPool) return 'notInPool';
  if (disk.shareable) return 'shareable';
  if (disk.readonly && !made) return 'readonly';
  return unseen.length > 0 ? 'unseen' : null;
}

/** May it go, where a person says so? */
function isFree(keep: DeletableVolume['keep']): boolean {
  return keep === null || keep === 'unseen' || keep === 'shareable' || keep === 'readonly';
}
