import type { PoolType } from './storage.ts';

/** What libvirt can do with the volumes of a type of pool (its storage backends' tables; the same since libvirt 5). */
export interface PoolAbilities {
  /** They are files, with a format of their own, and one can lie on another. */
  readonly files: boolean;
  /** It makes new ones; where not, they are what the server or the hardware has. */
  readonly makes: boolean;
  /** It copies one into a new one of the pool. */
  readonly copies: boolean;
  readonly deletes: boolean;
  readonly resizes: boolean;
  /** Their bytes are read and written through libvirt: upload and download. */
  readonly bytes: boolean;
  readonly wipes: boolean;
}

const FILES: PoolAbilities = {
  files: true,
  makes: true,
  copies: true,
  deletes: true,
  resizes: true,
  bytes: true,
  wipes: true,
};
const PARTS: PoolAbilities = { ...FILES, files: false, resizes: false };
const GIVEN: PoolAbilities = { ...PARTS, makes: false, copies: false, deletes: false };

const ABILITIES: Record<PoolType, PoolAbilities> = {
  dir: FILES,
  fs: FILES,
  netfs: FILES,
  vstorage: FILES,
  logical: PARTS,
  disk: PARTS,
  zfs: { ...PARTS, copies: false, wipes: false },
  rbd: { ...PARTS, resizes: true, bytes: false },
  gluster: { ...GIVEN, files: true, deletes: true, bytes: false, wipes: false },
  iscsi: GIVEN,
  'iscsi-direct': { ...GIVEN, bytes: false },
  scsi: GIVEN,
  mpath: GIVEN,
};

/** Of a type that this build does not know everything is tried, as on files of no known format. */
export function poolAbilities(type: string): PoolAbilities {
  return isPoolType(type) ? ABILITIES[type] : { ...FILES, files: false };
}

function isPoolType(type: string): type is PoolType {
  return Object.hasOwn(ABILITIES, type);
}
