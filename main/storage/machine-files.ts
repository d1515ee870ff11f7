import type { DiskSource } from '../../drivers/libvirt/model/disk.ts';
import type { DomainModel } from '../../drivers/libvirt/model/domain.ts';
import type { VolumeUser } from '../contract/storage.ts';

/** Where a file or folder of the host is: by its path, or by a pool and a volume. */
export type FileSource = Pick<DiskSource, 'path' | 'pool' | 'volume'>;

/** A file or folder of the host that a machine needs, with what lies under it. */
export interface MachineFile {
  /** What of the machine has it: `vda`, `kernel`, the place of a file system in its guest. */
  readonly target: string;
  readonly via: Exclude<VolumeUser['via'], 'backing'>;
  readonly source: FileSource;
  /** The machine writes to it while it runs. */
  readonly writes: boolean;
  /** QEMU's name; null where none is written. */
  readonly format: string | null;
  /** What its XML tells of the files under it, top first. */
  readonly backing: readonly FileSource[];
}

/** A source as `<disk type='volume'>` names it. */
export interface NamedVolume {
  readonly pool: string;
  readonly volume: string;
}

/** Everything on its host that a machine names and would miss: whoever asks who needs a file asks by this list. */
export function machineFiles(model: DomainModel): MachineFile[] {
  const { disks, filesystems, os } = model;
  const under = (backing: readonly { readonly source: FileSource }[]): FileSource[] =>
    backing.map(({ source }) => source);
  const boot = {
    kernel: os.kernel,
    initrd: os.initrd,
    dtb: os.dtb,
    loader: os.loader?.path ?? null,
    nvram: nvramOf(model),
  };
  return [
    ...disks.flatMap(({ target, device, readonly, source, format, backing }): MachineFile[] => {
      const writes = !readonly && device !== 'cdrom';
      return source === null
        ? []
        : [{ target, via: 'disk', writes, source, format, backing: under(backing) }];
    }),
    ...disks.flatMap(({ target, mirror }): MachineFile[] =>
      mirror === null
        ? []
        : [{ target, via: 'copy', writes: true, ...mirror, backing: under(mirror.backing) }],
    ),
    ...filesystems.map(({ target, format, path, pool, volume }): MachineFile => {
      const source = { path: path === null ? null : plainPath(path), pool, volume };
      return { target, via: 'file', writes: true, source, format, backing: [] };
    }),
    ...Object.entries(boot).flatMap(([target, path]): MachineFile[] => {
      const writes = target === 'nvram';
      const source = { path, pool: null, volume: null };
      return path === null ? [] : [{ target, via: 'file', writes, source, format: null, backing: [] }];
    }),
  ];
}

/**
 * File of the firmware's variables. A definition by `firmware='efi'` does not name it before libvirt 9.2; the QEMU driver has made it all the
 * same at the first start, and refuses to undefine the machine without VIR_DOMAIN_UNDEFINE_NVRAM from then on.
 */
export function nvramOf({ name, os }: DomainModel): string | null {
  if (os.nvram !== null || os.firmware !== 'efi' || os.loader?.type === 'rom') return os.nvram;
  return `/var/lib/libvirt/qemu/nvram/${name}_VARS.fd`;
}

/** Volumes that the machine names by their pool. */
export function namedVolumes(model: DomainModel): NamedVolume[] {
  return machineFiles(model)
    .flatMap(({ source, backing }) => [source, ...backing])
    .flatMap((source) => namedVolume(source) ?? []);
}

function namedVolume({ pool, volume }: FileSource): NamedVolume | null {
  return pool === null || volume === null ? null : { pool, volume };
}

/** No pool and no volume has a slash in its name. */
export function volumeName({ pool, volume }: NamedVolume): string {
  return `${pool}/${volume}`;
}

/**
 * Path of a source; null where it is none of the host's files, or in a pool that is not active.
 * @param named paths of volumes that are named by their pool, by `volumeName`
 */
export function pathOf(source: FileSource, named: ReadonlyMap<string, string>): string | null {
  const byName = namedVolume(source);
  return source.path ?? (byName === null ? null : (named.get(volumeName(byName)) ?? null));
}

/** As libvirt takes it (virFileSanitizePath): no slash twice, and none at the end. */
export function plainPath(path: string): string {
  return path.replaceAll(/\/+/g, '/').replace(/(?<=.)\/$/, '');
}

/** Is it that file, or something in that folder? */
export function isWithin(path: string, folder: string): boolean {
  return path === folder || path.startsWith(folder.endsWith('/') ? folder : `${folder}/`);
}
