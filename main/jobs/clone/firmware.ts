import path from 'node:path/posix';
import type { CloneInput } from '../../contract/clone.ts';
import type { Pool } from '../../contract/storage.ts';
import type { PlanHost, PlannedStep } from '../engine/step.ts';
import type { CloneFacts } from './facts.ts';

/** Pools that are there for the time of a job begin so. */
const FOLDER_POOL = 'virtlane-firmware-';

/** Where the files of firmware variables lie while they are copied. */
export interface FirmwareFolder {
  readonly pool: string;
  readonly poolName: string;
  /** The folder. */
  readonly path: string;
  /** The name of the machine's own file. */
  readonly file: string;
  /** No pool is there for it: one is made for the time of the job. */
  readonly made: boolean;
}

/**
 * libvirt copies files of pools alone, and the folder of firmware variables is in none.
 * @param pools of the host
 * @param uuid of the pool, where one is to be made: nobody else has it, so it is the job's own
 * @returns null: there is nothing to copy
 */
export function firmwareFolder(
  { firmware }: Pick<CloneInput, 'firmware'>,
  { nvram }: Pick<CloneFacts, 'nvram'>,
  { pools, uuid }: { readonly pools: readonly Pool[]; readonly uuid: string },
): FirmwareFolder | null {
  if (nvram === null || firmware !== 'copy') return null;
  const { dir, base: file } = path.parse(nvram);
  const known = pools.find(
    (pool) => pool.path === dir && pool.state === 'running' && !pool.name.startsWith(FOLDER_POOL),
  );
  if (known !== undefined) return { pool: known.uuid, poolName: known.name, path: dir, file, made: false };
  return { pool: uuid, poolName: `${FOLDER_POOL}${uuid}`, path: dir, file, made: true };
}

/** The file of a new machine. */
export function firmwareFile(
  { path: dir, file }: FirmwareFolder,
  { from, to }: { readonly from: string; readonly to: string },
): { name: string; path: string } {
  const name = file.includes(from) ? file.replace(from, () => to) : `${to}-${file}`;
  return { name, path: `${dir}/${name}` };
}

/** The steps that make the pool and take it away again. */
export function folderSteps(folder: FirmwareFolder | null, host: PlanHost): [PlannedStep[], PlannedStep[]] {
  if (folder === null || !folder.made) return [[], []];
  const params = { host: host.id, uuid: folder.pool, name: folder.poolName, path: folder.path };
  const where = `${folder.path} on ${host.name}`;
  return [
    [
      {
        id: `folder-${host.id}`,
        kind: 'clone.openFolder',
        host: host.id,
        title: `Open ${where} for the settings of the firmware`,
        params,
      },
    ],
    [
      {
        id: `folder-${host.id}-end`,
        kind: 'clone.closeFolder',
        host: host.id,
        title: `Close ${where}`,
        params,
      },
    ],
  ];
}

/** The step that copies the file for one machine, or sends it from another host. */
export function firmwareStep(
  { folder, away }: { readonly folder: FirmwareFolder; readonly away: FirmwareFolder | null },
  file: string,
  {
    facts,
    number,
  }: { readonly facts: Pick<CloneFacts, 'host' | 'source' | 'model'>; readonly number: number },
): PlannedStep {
  const { pool, poolName } = folder;
  const host = facts.host.id;
  const step = { id: `firmware-${number}`, host, title: `Copy the settings of the firmware to ${file}` };
  const place = { host, pool, poolName, name: file };
  if (away === null) {
    const claim = { machine: facts.model.name, format: facts.model.os.nvramFormat };
    return { ...step, kind: 'clone.firmware', params: { ...place, from: folder.file, claim } };
  }
  const from = { host: facts.source.id, pool: away.pool, poolName: away.poolName, name: away.file };
  return {
    ...step,
    kind: 'clone.send',
    params: { ...place, from, what: 'firmware', format: 'raw', temporary: false },
  };
}
