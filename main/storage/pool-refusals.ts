import { LibvirtError } from '../../drivers/rpc/errors.ts';
import { FailureError, toFailure } from '../hosts/failures.ts';

/** Where the packages of a distribution have a name of their own. */
interface Package {
  readonly debian: string;
  readonly fedora: string;
}

const same = (name: string): Package => ({ debian: name, fedora: name });
const ISCSI: Package = { debian: 'open-iscsi', fedora: 'iscsi-initiator-utils' };
const ZFS: Package = { debian: 'zfsutils-linux', fedora: 'zfs' };

/** Programs that libvirt calls for pools, and what has them. */
const PROGRAMS: Readonly<Record<string, Package>> = {
  iscsiadm: ISCSI,
  pvs: same('lvm2'),
  pvcreate: same('lvm2'),
  vgs: same('lvm2'),
  vgcreate: same('lvm2'),
  vgchange: same('lvm2'),
  lvs: same('lvm2'),
  lvcreate: same('lvm2'),
  parted: same('parted'),
  'mkfs.ext2': same('e2fsprogs'),
  'mkfs.ext3': same('e2fsprogs'),
  'mkfs.ext4': same('e2fsprogs'),
  'mkfs.xfs': same('xfsprogs'),
  'mkfs.vfat': same('dosfstools'),
  zfs: ZFS,
  zpool: ZFS,
  vstorage: same('vstorage-client'),
};

/** File systems of a network, whose mount needs a program of its own. */
const MOUNTS: Readonly<Record<string, Package>> = {
  nfs: { debian: 'nfs-common', fedora: 'nfs-utils' },
  cifs: same('cifs-utils'),
  glusterfs: { debian: 'glusterfs-client', fedora: 'glusterfs-fuse' },
};

/** Drivers of libvirt that distributions keep in a package of their own. */
const DRIVERS: ReadonlySet<string> = new Set([
  'disk',
  'gluster',
  'iscsi',
  'iscsi-direct',
  'logical',
  'mpath',
  'rbd',
  'scsi',
  'zfs',
]);

/**
 * What a person can do about a refusal of libvirt's that is about the host rather than the pool: something is not installed, or not
 * there. Other errors come back as they are. Tried with libvirt 9; the words have been the same since libvirt 3.
 */
export function explainPool(error: unknown, type: string): unknown {
  const advice = error instanceof LibvirtError ? adviceFor(error.message, type) : null;
  if (advice === null) return error;
  return new FailureError(toFailure(error, { message: advice }), error);
}

function adviceFor(words: string, type: string): string | null {
  if (/missing backend for pool type|pool type .*not supported by/i.test(words)) return noDriver(type);
  const missing = /cannot execute binary (\S+): No such file|Cannot find '([^']+)' in path/.exec(words);
  const program = baseName(missing?.[1] ?? missing?.[2] ?? (/iscsiadm.*'127'/.test(words) ? 'iscsiadm' : ''));
  if (program !== '') return noProgram(program);
  const fileSystem = /unknown filesystem type '([^']+)'/.exec(words)?.[1];
  if (fileSystem !== undefined) return noMount(fileSystem);
  if (/helper program/.test(words)) return noMount(/ -t (\w+) /.exec(words)?.[1] ?? 'nfs');
  const folder = /cannot open (?:directory|path) '([^']+)': No such file or directory/.exec(words)?.[1];
  if (folder !== undefined) return `The host has no folder ${folder}.`;
  if (/Source device does not exist/.test(words)) return 'The host has no such device.';
  const partition = /parted (\S+) rm --script p(\d+)/.exec(words);
  if (partition !== null) return noRemoval(partition[1] ?? '', partition[2] ?? '');
  const device = /special device (\S+) does not exist|probe for device (\S+)/.exec(words);
  const path = device?.[1] ?? device?.[2];
  if (path !== undefined) return `The host has no device ${path}, or it cannot be read.`;
  const adapter = /\/scsi_host\/(host\d+)\/scan/.exec(words)?.[1];
  if (adapter !== undefined)
    return `The host has no SCSI adapter ${adapter}. Those that it has are in /sys/class/scsi_host.`;
  return null;
}

/** virStorageBackendDiskDeleteVol takes the `p` of `nvme0n1p1` for a part of the number. */
function noRemoval(device: string, number: string): string {
  return `libvirt cannot delete partitions of ${device}, as its name ends with a digit. On the host: parted ${device} rm ${number}`;
}

function noDriver(type: string): string {
  const what = `The host’s libvirt has no driver for ${type} pools.`;
  if (!DRIVERS.has(type)) return `${what} It was built without it: another build of libvirt is needed there.`;
  return `${what} Install libvirt-daemon-driver-storage-${type} there, restart libvirt’s daemon, and try again.`;
}

function noProgram(program: string): string {
  const known = PROGRAMS[program];
  const where = known === undefined ? '' : ` Install ${packageWords(known)} there, and try again.`;
  return `The host has no program ${program}, which libvirt needs for this pool.${where}`;
}

function noMount(fileSystem: string): string {
  const known = MOUNTS[fileSystem];
  const what = `The host cannot mount ${fileSystem}.`;
  if (known === undefined) return `${what} Its kernel has no driver for it, or it is not loaded.`;
  return `${what} Install ${packageWords(known)} there; its kernel must have ${fileSystem} too.`;
}

function packageWords({ debian, fedora }: Package): string {
  return debian === fedora ? debian : `${debian} (Fedora, RHEL: ${fedora})`;
}

function baseName(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}
