import { writeNewElement } from '../../xml/index.ts';
import { parseRoot } from './values.ts';

/** A disk, and the file that takes from a snapshot on what its machine writes to it. */
export interface SnapshotOverlay {
  /** `vda` */
  readonly disk: string;
  /** A file that is not there. */
  readonly path: string;
}

/**
 * The XML of virDomainSnapshotCreateXML that leaves disks as they are and lets their machine write into files over them.
 * @param others disks that it goes on writing to
 * @throws {XmlError} for a character that XML cannot hold
 */
export function overlaySnapshotXml(overlays: readonly SnapshotOverlay[], others: readonly string[]): string {
  const disks = [
    ...overlays.map(({ disk, path }) => ({
      name: 'disk',
      attributes: { name: disk, type: 'file', snapshot: 'external' },
      children: [
        { name: 'driver', attributes: { type: 'qcow2' } },
        { name: 'source', attributes: { file: path } },
      ],
    })),
    ...others.map((name) => ({ name: 'disk', attributes: { name, snapshot: 'no' } })),
  ];
  const root = { name: 'domainsnapshot', children: [{ name: 'disks', children: disks }] };
  return `${writeNewElement(root, { newline: '\n', indent: '', step: '  ' })}\n`;
}

/** The files over disks that a snapshot makes. @throws {XmlError} when it is not XML, or not of a snapshot */
export function readOverlaySnapshot(xml: string): SnapshotOverlay[] {
  return parseRoot(xml, 'domainsnapshot')
    .findAll('disks/disk')
    .flatMap((disk) => {
      const path = disk.attributeAt('source', 'file');
      return path === null ? [] : [{ disk: disk.attribute('name') ?? '', path }];
    });
}
