import { exact, filled, parseRoot, sizeBytes } from './values.ts';

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
    name: root.find('name')?.text ?? '',
    key: exact(root.find('key')?.text),
    type: root.attribute('type') ?? 'file',
    path: exact(root.find('target/path')?.text),
    capacityBytes: sizeBytes(root.find('capacity'), 'bytes'),
    allocationBytes: sizeBytes(root.find('allocation'), 'bytes'),
    format: filled(root.attributeAt('target/format', 'type')),
    backingPath: exact(root.find('backingStore/path')?.text),
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
    name: root.find('name')?.text ?? '',
    uuid: (root.textAt('uuid') ?? '').toLowerCase(),
    targetPath: exact(root.find('target/path')?.text),
    sourceName: exact(root.find('source/name')?.text),
    capacityBytes: sizeBytes(root.find('capacity'), 'bytes'),
    allocationBytes: sizeBytes(root.find('allocation'), 'bytes'),
    availableBytes: sizeBytes(root.find('available'), 'bytes'),
  };
}
