import { parseXml, type XmlElement } from '../../xml/index.ts';
import { count, exact, filled, parseRoot, sizeBytes } from './values.ts';

/** virStorageVolGetXMLDesc. */
export interface VolumeModel {
  readonly name: string;
  readonly key: string | null;
  /** `file`, `block`, `dir`, `network`, `netdir`, `ploop`. */
  readonly type: string;
  readonly path: string | null;
  readonly capacityBytes: number | null;
  readonly allocationBytes: number | null;
  /** Size of the file itself: what a download sends. Libvirt tells it since 3.0. */
  readonly physicalBytes: number | null;
  readonly format: string | null;
  readonly backingPath: string | null;
  readonly backingFormat: string | null;
  /** `luks`, `qcow`; null where it is not encrypted. */
  readonly encryption: string | null;
  /** UUID of the secret that opens it. */
  readonly secretUuid: string | null;
  /** When the file and its inode were changed last, as libvirt writes it (seconds with nanoseconds); null where it does not tell. */
  readonly changed: string | null;
}

/** @throws {XmlError} when it is not XML, or not of a volume */
export function readVolume(xml: string): VolumeModel {
  const root = parseRoot(xml, 'volume');
  return {
    name: root.find('name')?.text ?? '',
    key: exact(root.find('key')?.text),
    type: root.attribute('type') ?? 'file',
    path: exact(root.find('target/path')?.text),
    capacityBytes: sizeBytes(root.find('capacity'), 'bytes'),
    allocationBytes: sizeBytes(root.find('allocation'), 'bytes'),
    physicalBytes: sizeBytes(root.find('physical'), 'bytes'),
    format: filled(root.attributeAt('target/format', 'type')),
    backingPath: exact(root.find('backingStore/path')?.text),
    backingFormat: filled(root.attributeAt('backingStore/format', 'type')),
    encryption: filled(root.attributeAt('target/encryption', 'format')),
    secretUuid: filled(root.attributeAt('target/encryption/secret', 'uuid')),
    changed: times(root.textAt('target/timestamps/mtime'), root.textAt('target/timestamps/ctime')),
  };
}

function times(modified: string | null, changed: string | null): string | null {
  return filled(modified) === null || filled(changed) === null ? null : `${modified} ${changed}`;
}

/** The `<source>` of a pool, or one that a host found. */
export interface PoolSourceModel {
  readonly hosts: readonly { readonly name: string; readonly port: number | null }[];
  readonly devices: readonly string[];
  readonly dir: string | null;
  /** Volume group, RBD pool, gluster volume, ZFS dataset. */
  readonly name: string | null;
  readonly format: string | null;
  readonly adapter: string | null;
}

/** virStoragePoolGetXMLDesc. */
export interface PoolModel {
  /** `dir`, `logical`, `iscsi`, `rbd`… */
  readonly type: string;
  readonly name: string;
  readonly uuid: string;
  readonly targetPath: string | null;
  readonly sourceName: string | null;
  readonly source: PoolSourceModel;
  /** UUID of the secret that it logs in with. */
  readonly secretUuid: string | null;
  readonly capacityBytes: number | null;
  readonly allocationBytes: number | null;
  readonly availableBytes: number | null;
}

/** @throws {XmlError} when it is not XML, or not of a pool */
export function readPool(xml: string): PoolModel {
  const root = parseRoot(xml, 'pool');
  const source = readSource(root.find('source'));
  return {
    type: root.attribute('type') ?? 'unknown',
    name: root.find('name')?.text ?? '',
    uuid: (root.textAt('uuid') ?? '').toLowerCase(),
    targetPath: exact(root.find('target/path')?.text),
    sourceName: source.name,
    source,
    secretUuid: filled(root.attributeAt('source/auth/secret', 'uuid')),
    capacityBytes: sizeBytes(root.find('capacity'), 'bytes'),
    allocationBytes: sizeBytes(root.find('allocation'), 'bytes'),
    availableBytes: sizeBytes(root.find('available'), 'bytes'),
  };
}

/**
 * virConnectFindStoragePoolSources
 * @throws {XmlError} when it is not XML
 */
export function readPoolSources(xml: string): PoolSourceModel[] {
  return parseXml(xml).root.findAll('source').map(readSource);
}

function readSource(source: XmlElement | null): PoolSourceModel {
  const paths = (name: string, attribute: string): string[] =>
    source?.findAll(name).flatMap((found) => exact(found.attribute(attribute)) ?? []) ?? [];
  return {
    hosts:
      source?.findAll('host').flatMap((host) => {
        const name = filled(host.attribute('name'));
        return name === null ? [] : [{ name, port: count(host.attribute('port')) }];
      }) ?? [],
    devices: paths('device', 'path'),
    dir: paths('dir', 'path')[0] ?? null,
    name: exact(source?.find('name')?.text),
    format: filled(source?.attributeAt('format', 'type')),
    adapter: filled(source?.attributeAt('adapter', 'name')),
  };
}
