import { writeNewElement } from '../../../../drivers/xml/fragment.ts';

export interface SourceMachine {
  readonly name: string;
  readonly arch: string;
  /** In order: where each is, and what the system called it: `sda`, `nvme0n1`; null: nobody knows. */
  readonly disks: readonly { readonly path: string; readonly was: string | null }[];
}

/** What the names of disks begin with, and the bus that virt-v2v takes such a disk to be on. */
const BUSES: readonly (readonly [prefix: string, bus: string])[] = [
  ['vd', 'virtio'],
  ['hd', 'ide'],
];

/**
 * The machine as virt-v2v reads it (`-i libvirtxml`): as it was, so that it changes what names its disks from that to virtio's (`/dev/sda1` in
 * `/etc/fstab`).
 * @throws {XmlError} for a name that XML cannot hold
 */
export function sourceXml({ name, arch, disks }: SourceMachine): string {
  return writeNewElement(
    {
      name: 'domain',
      attributes: { type: 'kvm' },
      children: [
        { name: 'name', text: name },
        { name: 'memory', attributes: { unit: 'MiB' }, text: '1024' },
        { name: 'vcpu', text: '1' },
        { name: 'os', children: [{ name: 'type', attributes: { arch }, text: 'hvm' }] },
        { name: 'features', children: [{ name: 'acpi' }] },
        {
          name: 'devices',
          children: disks.map(({ path, was }, index) => {
            const [prefix, bus] = BUSES.find(([begin]) => was?.startsWith(begin)) ?? ['sd', 'sata'];
            return {
              name: 'disk',
              attributes: { type: 'file', device: 'disk' },
              children: [
                { name: 'driver', attributes: { name: 'qemu', type: 'qcow2' } },
                { name: 'source', attributes: { file: path } },
                { name: 'target', attributes: { dev: `${prefix}${letters(index)}`, bus } },
              ],
            };
          }),
        },
      ],
    },
    { newline: '\n', indent: '', step: '  ' },
  );
}

/** `a` to `z`, `aa`… */
function letters(index: number): string {
  const last = String.fromCodePoint(97 + (index % 26));
  return index < 26 ? last : `${letters(Math.floor(index / 26) - 1)}${last}`;
}
