import { uuidToString } from '../../libvirt/uuid.ts';
import { encodeText } from '../../xml/index.ts';
import { poolUsage, type Pool, type Volume } from '../host/storage.ts';

export function poolXml(pool: Pool): string {
  const { capacity, allocation, available } = poolUsage(pool);
  return [
    `<pool type='dir'>`,
    `  <name>${encodeText(pool.name)}</name>`,
    `  <uuid>${uuidToString(pool.uuid)}</uuid>`,
    `  <capacity unit='bytes'>${capacity}</capacity>`,
    `  <allocation unit='bytes'>${allocation}</allocation>`,
    `  <available unit='bytes'>${available}</available>`,
    `  <source>`,
    `  </source>`,
    `  <target>`,
    `    <path>${encodeText(pool.path)}</path>`,
    `  </target>`,
    `</pool>`,
    ``,
  ].join('\n');
}

export function volumeXml(volume: Volume): string {
  const { backing, changed } = volume;
  return [
    `<volume type='file'>`,
    `  <name>${encodeText(volume.name)}</name>`,
    `  <key>${encodeText(volume.path)}</key>`,
    `  <capacity unit='bytes'>${volume.capacityBytes}</capacity>`,
    `  <allocation unit='bytes'>${volume.allocationBytes}</allocation>`,
    `  <physical unit='bytes'>${volume.physicalBytes ?? (volume.format === 'qcow2' ? volume.allocationBytes : volume.capacityBytes)}</physical>`,
    `  <target>`,
    `    <path>${encodeText(volume.path)}</path>`,
    `    <format type='${volume.format}'/>`,
    ...(changed === undefined
      ? []
      : [
          `    <timestamps>`,
          `      <mtime>${changed}</mtime>`,
          `      <ctime>${changed}</ctime>`,
          `    </timestamps>`,
        ]),
    `  </target>`,
    ...(backing === undefined
      ? []
      : [
          `  <backingStore>`,
          `    <path>${encodeText(backing.path)}</path>`,
          `    <format type='${encodeText(backing.format)}'/>`,
          `  </backingStore>`,
        ]),
    `</volume>`,
    ``,
  ].join('\n');
}
