import type { PoolInput, PoolSource, PoolType } from '../../../main/contract/storage.ts';

/** What a person types of a pool, as text; what a type has no field for is left out of its input. */
export interface PoolForm {
  readonly name: string;
  readonly path: string;
  /** One, or several with blanks between. */
  readonly devices: string;
  /** `server` or `server:port`, several with blanks between. */
  readonly hosts: string;
  readonly dir: string;
  readonly sourceName: string;
  readonly format: string;
  readonly adapter: string;
  readonly initiator: string;
  readonly username: string;
  readonly secret: string;
  readonly build: boolean;
  readonly autostart: boolean;
}

export const EMPTY_FORM: PoolForm = {
  name: '',
  path: '',
  devices: '',
  hosts: '',
  dir: '',
  sourceName: '',
  format: '',
  adapter: '',
  initiator: '',
  username: '',
  secret: '',
  build: true,
  autostart: true,
};

/** The fields in between its name and its options. */
export type PoolField = Exclude<keyof PoolForm, 'name' | 'build' | 'autostart' | 'username' | 'secret'>;

export interface PoolKind {
  readonly fields: readonly PoolField[];
  readonly required: readonly PoolField[];
  /** Offered for `format`; the first is libvirt's own choice. */
  readonly formats?: readonly string[];
  /** libvirt can make what is not there. */
  readonly build?: boolean;
  readonly auth?: 'chap' | 'ceph';
  /** The host can look for sources; `server`: on a server that is named. */
  readonly sources?: 'host' | 'server';
  /** Where its volumes appear; `<name>` stands for the pool's name. */
  readonly path?: string;
}

const MOUNTED = '/var/lib/libvirt/<name>';

/** What each type of pool is made from, in the order in which most people need them. */
export const POOL_KINDS: Readonly<Record<PoolType, PoolKind>> = {
  dir: { fields: ['path'], required: ['path'], build: true, path: MOUNTED },
  netfs: {
    fields: ['hosts', 'dir', 'format', 'path'],
    required: ['hosts', 'dir', 'path'],
    formats: ['auto', 'nfs', 'cifs', 'glusterfs'],
    build: true,
    sources: 'server',
    path: MOUNTED,
  },
  logical: {
    fields: ['sourceName', 'devices'],
    required: ['sourceName'],
    build: true,
    sources: 'host',
  },
  fs: {
    fields: ['devices', 'format', 'path'],
    required: ['devices', 'path'],
    formats: ['auto', 'ext4', 'xfs', 'ext3', 'ext2', 'vfat', 'iso9660', 'udf', 'ufs', 'gfs2', 'ocfs2'],
    build: true,
    path: MOUNTED,
  },
  disk: {
    fields: ['devices', 'format'],
    required: ['devices'],
    formats: ['gpt', 'dos', 'mac', 'bsd', 'sun', 'dvh', 'pc98', 'lvm2'],
    build: true,
  },
  iscsi: {
    fields: ['hosts', 'devices', 'initiator'],
    required: ['hosts', 'devices'],
    auth: 'chap',
    sources: 'server',
  },
  'iscsi-direct': {
    fields: ['hosts', 'devices', 'initiator'],
    required: ['hosts', 'devices', 'initiator'],
    auth: 'chap',
    sources: 'server',
  },
  zfs: { fields: ['sourceName', 'devices'], required: ['sourceName'], build: true },
  rbd: { fields: ['hosts', 'sourceName'], required: ['hosts', 'sourceName'], auth: 'ceph' },
  gluster: {
    fields: ['hosts', 'sourceName', 'dir'],
    required: ['hosts', 'sourceName'],
    sources: 'server',
  },
  scsi: { fields: ['adapter'], required: ['adapter'] },
  mpath: { fields: [], required: [] },
  vstorage: {
    build: true,
    fields: ['sourceName', 'path'],
    required: ['sourceName', 'path'],
    path: MOUNTED,
  },
};

const words = (text: string): string[] => text.split(/[\s,]+/).filter(Boolean);

function hostsOf(text: string): NonNullable<PoolInput['hosts']> {
  return words(text).map((word) => {
    // the port of an IPv6 address stands behind its bracket
    const parts = /^(\[.*\]|[^:]*):(\d{1,5})$/.exec(word);
    const name = (parts?.[1] ?? word).replace(/^\[(.*)\]$/, '$1');
    return { name, ...(parts === null ? {} : { port: Number(parts[2]) }) };
  });
}

/** The form as the contract takes it: only what the type has a field for, and only what was typed. */
export function poolInputOf(host: string, type: PoolType, form: PoolForm): PoolInput {
  const kind = POOL_KINDS[type];
  const typed = (field: PoolField): boolean => kind.fields.includes(field) && form[field].trim() !== '';
  return {
    host,
    name: form.name.trim(),
    type,
    ...(typed('path') ? { path: form.path.trim() } : {}),
    ...(typed('devices') ? { devices: words(form.devices) } : {}),
    ...(typed('hosts') ? { hosts: hostsOf(form.hosts) } : {}),
    ...(typed('dir') ? { dir: form.dir.trim() } : {}),
    ...(typed('sourceName') ? { sourceName: form.sourceName.trim() } : {}),
    ...(typed('format') ? { format: form.format } : {}),
    ...(typed('adapter') ? { adapter: form.adapter.trim() } : {}),
    ...(typed('initiator') ? { initiator: form.initiator.trim() } : {}),
    ...(kind.auth !== undefined && form.username !== ''
      ? { auth: { type: kind.auth, username: form.username, secret: form.secret } }
      : {}),
    ...(kind.build === true && form.build ? { build: true } : {}),
    ...(form.autostart ? { autostart: true } : {}),
  };
}

/** The form as a source that the host has found fills it. */
export function filledBy(form: PoolForm, { input }: PoolSource): PoolForm {
  const hosts = input.hosts?.map(({ name, port }) => {
    const bare = name.includes(':') ? `[${name}]` : name;
    return port === undefined ? bare : `${bare}:${port}`;
  });
  return {
    ...form,
    ...(input.devices === undefined ? {} : { devices: input.devices.join(' ') }),
    ...(hosts === undefined ? {} : { hosts: hosts.join(' ') }),
    ...(input.dir === undefined ? {} : { dir: input.dir }),
    ...(input.sourceName === undefined ? {} : { sourceName: input.sourceName }),
    ...(input.format === undefined ? {} : { format: input.format }),
    ...(input.adapter === undefined ? {} : { adapter: input.adapter }),
  };
}

export type PoolProblem = 'needed' | 'taken' | 'badName' | 'notAbsolute' | 'bothOrNone';

/** What hinders, by field. A field that is empty hinders, and is not a fault to be shown before something was typed. */
export function poolProblems(
  type: PoolType,
  form: PoolForm,
  names: readonly string[],
): Partial<Record<keyof PoolForm, PoolProblem>> {
  const kind = POOL_KINDS[type];
  const problems: Partial<Record<keyof PoolForm, PoolProblem>> = {};
  for (const field of kind.required) if (form[field].trim() === '') problems[field] = 'needed';
  const name = form.name.trim();
  if (name === '') problems.name = 'needed';
  else if (/[/\n]/.test(name)) problems.name = 'badName';
  else if (names.includes(name)) problems.name = 'taken';
  const absolute = kind.fields.includes('path') && form.path !== '' && !form.path.trim().startsWith('/');
  if (absolute) problems.path = 'notAbsolute';
  if (kind.auth !== undefined && (form.username === '') !== (form.secret === ''))
    problems[form.username === '' ? 'username' : 'secret'] = 'bothOrNone';
  return problems;
}
