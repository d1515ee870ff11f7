import { filled, parseRoot, sizeBytes } from './values.ts';

/** virStorageVolGetXMLDesc. */
export interface VolumeModel {
  readonly name: string;
  readonly key: string | null;
  /** `file`, `block`, `dir`, `network`, `netdir`, `ploop`. */
  readonly type: string;
  readonly path: string | null;
  readonly capacityBytes: number | null;
  readonly allocationBytes: number | null;
  readonly format: string | null;
  readonly backingPath: string | null;
  readonly backingFormat: string | null;
  /** When the file and its inode were changed last, as libvirt writes it (seconds with nanoseconds); null where it does not tell. */
  readonly changed: string | null;
}

/** @throws {XmlError} when it is not XML, or not of a volume */
export function readVolume(xml: string): VolumeModel {
  const root = parseRoot(xml, 'volume');
  return {
    name: root.textAt('name') ?? '',
    key: filled(root.textAt('key')),
    type: root.attribute('type') ?? 'file',
    path: filled(root.textAt('target/path')),
    capacityBytes: sizeBytes(root.find('capacity'), 'bytes'),
    allocationBytes: sizeBytes(root.find('allocation'), 'bytes'),
    format: filled(root.attributeAt('target/format', 'type')),
    backingPath: filled(root.textAt('backingStore/path')),
    backingFormat: filled(root.attributeAt('backingStore/format', 'type')),
    changed: times(root.textAt('target/timestamps/mtime'), root.textAt('target/timestamps/ctime')),
  };
}

function times(modified: string | null, changed: string | null): string | null {
  return filled(modified) === null || filled(changed) === null ? null : `${modified} ${changed}`;
}

/** virStoragePoolGetXMLDesc. */
export interface PoolModel {
  /** `dir`, `logical`, `iscsi`, `rbd`… */
  readonly type: string;
  readonly name: string;
  readonly uuid: string;
  readonly targetPath: string | null;
  readonly sourceName: string | null;
  readonly capacityBytes: number | null;
  readonly allocationBytes: number | null;
  readonly availableBytes: number | null;
}

/** @throws {XmlError} when it is not XML, or not of a pool */
export function readPool(xml: string): PoolModel {
  const root = parseRoot(xml, 'pool');
  return {
    type: root.attribute('type') ?? 'unknown',
    name: root.textAt('name') ?? '',
    uuid: (root.textAt('uuid') ?? '').toLowerCase(),
    targetPath: filled(root.textAt('target/path')),
    sourceName: filled(root.textAt('source/name')),
    capacityBytes: sizeBytes(root.find('capacity'), 'bytes'),
    allocationBytes: sizeBytes(root.find('allocation'), 'bytes'),
    availableBytes: sizeBytes(root.find('available'), 'bytes'),
  };
}
