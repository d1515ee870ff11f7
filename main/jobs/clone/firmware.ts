import path from 'node:path/posix';
import type { CloneInput } from '../../contract/clone.ts';
import type { PlannedStep } from '../engine/step.ts';
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
 * @param uuid of the pool, where one is to be made: nobody else has it, so it is the job's own
 * @returns null: there is nothing to copy
 */
export function firmwareFolder(
  { firmware }: Pick<CloneInput, 'firmware'>,
  { nvram, pools }: Pick<CloneFacts, 'nvram' | 'pools'>,
  uuid: string,
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
export function folderSteps(folder: FirmwareFolder | null, host: string): [PlannedStep[], PlannedStep[]] {
  if (folder === null || !folder.made) return [[], []];
  const params = { host, uuid: folder.pool, name: folder.poolName, path: folder.path };
  const open = `Open ${folder.path} for the settings of the firmware`;
  return [
    [{ id: 'folder', kind: 'clone.openFolder', host, title: open, params }],
    [{ id: 'folder-end', kind: 'clone.closeFolder', host, title: `Close ${folder.path}`, params }],
  ];
}

/** The step that copies the file for one machine. */
export function firmwareStep(
  folder: FirmwareFolder,
  file: string,
  { host, number }: { readonly host: string; readonly number: number },
): PlannedStep {
  const { pool, poolName } = folder;
  return {
    id: `firmware-${number}`,
    kind: 'clone.firmware',
    host,
    title: `Copy the settings of the firmware to ${file}`,
    params: { host, pool, poolName, name: file, from: folder.file },
  };
}
