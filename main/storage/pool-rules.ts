import { posix } from 'node:path';
import type { PoolDefinition } from '../../drivers/libvirt/model/index.ts';
import type { PoolInput, PoolType } from '../contract/storage.ts';

type Field =
  'path' | 'devices' | 'hosts' | 'dir' | 'sourceName' | 'format' | 'adapter' | 'initiator' | 'auth';

interface Rule {
  readonly needs: readonly Field[];
  readonly may: readonly Field[];
  /** Where its volumes appear when nothing is said; null: they have no place in the host's file system. */
  readonly path: ((name: string) => string) | null;
  /** libvirt can make what is not there. */
  readonly builds: boolean;
}

const folder = (name: string): string => `/var/lib/libvirt/${name}`;
const byPath = (): string => '/dev/disk/by-path';

/** What libvirt's backends know (storagepool.rng and src/storage). */
const RULES: Record<PoolType, Rule> = {
  dir: { needs: [], may: ['path'], path: folder, builds: true },
  fs: { needs: ['devices'], may: ['path', 'format'], path: folder, builds: true },
  netfs: { needs: ['hosts', 'dir'], may: ['path', 'format'], path: folder, builds: true },
  logical: {
    needs: ['sourceName'],
    may: ['path', 'devices', 'format'],
    path: (name) => `/dev/${name}`,
    builds: true,
  },
  disk: { needs: ['devices'], may: ['path', 'format'], path: () => '/dev', builds: true },
  iscsi: { needs: ['hosts', 'devices'], may: ['path', 'initiator', 'auth'], path: byPath, builds: false },
  'iscsi-direct': { needs: ['hosts', 'devices', 'initiator'], may: ['auth'], path: null, builds: false },
  scsi: { needs: ['adapter'], may: ['path'], path: byPath, builds: false },
  mpath: { needs: [], may: ['path'], path: () => '/dev/mapper', builds: false },
  rbd: { needs: ['sourceName', 'hosts'], may: ['auth'], path: null, builds: false },
  gluster: { needs: ['sourceName', 'hosts'], may: ['dir'], path: null, builds: false },
  zfs: { needs: ['sourceName'], may: ['devices'], path: null, builds: true },
  vstorage: { needs: ['sourceName'], may: ['path'], path: folder, builds: true },
};

const FIELDS: readonly Field[] = [
  'path',
  'devices',
  'hosts',
  'dir',
  'sourceName',
  'format',
  'adapter',
  'initiator',
  'auth',
];

const WORDS: Record<Field, string> = {
  path: 'a folder on the host',
  devices: 'a device',
  hosts: 'a server',
  dir: 'an exported folder',
  sourceName: 'the name of the source',
  format: 'a format',
  adapter: 'an adapter',
  initiator: 'the initiator’s IQN',
  auth: 'a login',
};

const AUTH: Partial<Record<PoolType, 'chap' | 'ceph'>> = {
  iscsi: 'chap',
  'iscsi-direct': 'chap',
  rbd: 'ceph',
};

/** What stands against making a pool of it, as sentences; empty when nothing does. Pure. */
export function poolProblems(input: PoolInput): string[] {
  const rule = RULES[input.type];
  const given = (field: Field): boolean => {
    const value = input[field];
    return Array.isArray(value) ? value.length > 0 : value !== undefined && value !== '';
  };
  const problems = FIELDS.flatMap((field) => {
    if (rule.needs.includes(field))
      return given(field) ? [] : [`A ${input.type} pool needs ${WORDS[field]}.`];
    return !given(field) || rule.may.includes(field)
      ? []
      : [`A ${input.type} pool has no use for ${WORDS[field]}.`];
  });
  if (/[/\n]/.test(input.name)) problems.push('The name of a pool has no slash and no line break.');
  if (input.path !== undefined && !input.path.startsWith('/'))
    problems.push('The folder is written from the root: /srv/images.');
  if (hasOwnFolder(input.type) && input.path !== undefined && isSystemFolder(folderPath(input.path)))
    problems.push(`${folderPath(input.path)} is the host’s own: take a folder that is for volumes alone.`);
  if (input.build === true && !rule.builds) problems.push(`libvirt cannot build ${input.type} pools.`);
  if (input.build === true && (input.type === 'logical' || input.type === 'zfs') && !given('devices'))
    problems.push('To build it, the devices that it is made of must be named.');
  const wanted = AUTH[input.type];
  if (input.auth !== undefined && wanted !== undefined && input.auth.type !== wanted)
    problems.push(`The login of a ${input.type} pool is of the type ${wanted}.`);
  return problems;
}

/** Types whose path is theirs alone; `/dev` is everybody's. */
const OWN_FOLDER: ReadonlySet<string> = new Set(['dir', 'fs', 'netfs', 'logical', 'vstorage']);

export function hasOwnFolder(type: string): boolean {
  return OWN_FOLDER.has(type);
}

/** One folder has one way to be written: no slash at its end, no `.`, no `..`. */
export function folderPath(path: string): string {
  const clean = posix.normalize(path);
  return clean.length > 1 && clean.endsWith('/') ? clean.slice(0, -1) : clean;
}

/** Of the Filesystem Hierarchy Standard: folders of other things, though one for volumes may be below them. */
const SYSTEM: ReadonlySet<string> = new Set([
  '/',
  '/dev',
  '/home',
  '/run',
  '/usr',
  '/var',
  '/var/lib',
  '/tmp',
]);
/** Nor may one be below these. */
const SYSTEM_TREES = ['/bin', '/boot', '/etc', '/lib', '/lib32', '/lib64', '/proc', '/sbin', '/sys'];

function isSystemFolder(path: string): boolean {
  return SYSTEM.has(path) || SYSTEM_TREES.some((tree) => path === tree || path.startsWith(`${tree}/`));
}

/** The definition of a pool; `secretUuid` is the secret of its login. */
export function poolDefinition(input: PoolInput, uuid: string, secretUuid: string): PoolDefinition {
  const { type, name, devices, hosts, dir, sourceName, format, adapter, initiator, auth } = input;
  const rule = RULES[type];
  // The volume group is what is under /dev, whatever the pool is called.
  const path =
    input.path === undefined
      ? rule.path?.(type === 'logical' ? (sourceName ?? name) : name)
      : folderPath(input.path);
  return {
    type,
    name,
    uuid,
    path,
    devices,
    hosts,
    dir,
    sourceName,
    format,
    adapter,
    initiator,
    auth: auth === undefined ? undefined : { type: auth.type, username: auth.username, secretUuid },
  };
}
