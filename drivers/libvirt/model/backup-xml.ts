import { writeNewElement, type NewElement } from '../../xml/index.ts';
import { parseRoot } from './values.ts';

/** Where a disk is copied to. */
export interface BackupTarget {
  /** `vda` */
  readonly disk: string;
  /** A file that is there, as large as the disk. */
  readonly path: string;
  readonly format: string;
}

/**
 * The XML of virDomainBackupBegin that copies disks into files, all as they are in one instant.
 * @param others disks that are left out
 * @throws {XmlError} for a character that XML cannot hold
 */
export function backupXml(targets: readonly BackupTarget[], others: readonly string[]): string {
  const disks: NewElement[] = [
    ...targets.map(({ disk, path, format }) => ({
      name: 'disk',
      attributes: { name: disk, type: 'file', backup: 'yes' },
      children: [
        { name: 'driver', attributes: { type: format } },
        { name: 'target', attributes: { file: path } },
      ],
    })),
    ...others.map((name) => ({ name: 'disk', attributes: { name, backup: 'no' } })),
  ];
  const root = {
    name: 'domainbackup',
    attributes: { mode: 'push' },
    children: [{ name: 'disks', children: disks }],
  };
  return `${writeNewElement(root, { newline: '\n', indent: '', step: '  ' })}\n`;
}

/** What a backup copies. @throws {XmlError} when it is not XML, or not of a backup */
export function readBackup(xml: string): BackupTarget[] {
  return parseRoot(xml, 'domainbackup')
    .findAll('disks/disk')
    .flatMap((disk) => {
      const path = disk.attributeAt('target', 'file');
      if (path === null) return [];
      return [
        { disk: disk.attribute('name') ?? '', path, format: disk.attributeAt('driver', 'type') ?? 'raw' },
      ];
    });
}
