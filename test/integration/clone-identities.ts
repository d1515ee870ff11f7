import { parseXml, type XmlElement } from '../../drivers/xml/index.ts';

const IMAGES = '/var/lib/libvirt/images';
const UUID = '44444444-4444-4444-8444-444444444444';

/** A machine with everything that names it, or a place of its host that one machine has at a time. It is not started. */
export const NAMED = {
  uuid: UUID,
  disk: `${IMAGES}/named.qcow2`,
  xml: `<domain type='qemu'>
  <name>named</name><uuid>${UUID}</uuid><genid>55555555-5555-4555-8555-555555555555</genid>
  <memory unit='MiB'>64</memory><vcpu>1</vcpu>
  <sysinfo type='smbios'><system><entry name='serial'>${UUID}</entry><entry name='uuid'>${UUID}</entry></system></sysinfo>
  <os firmware='efi'><type arch='x86_64' machine='q35'>hvm</type><nvram>/var/lib/libvirt/qemu/nvram/named_VARS.fd</nvram><smbios mode='sysinfo'/></os>
  <features><acpi/></features>
  <devices>
    <disk type='file' device='disk'><driver name='qemu' type='qcow2'/><source file='${IMAGES}/named.qcow2'/><target dev='vda' bus='virtio'/></disk>
    <interface type='bridge'><mac address='52:54:00:44:44:44'/><source bridge='br0'/><virtualport type='openvswitch'><parameters interfaceid='66666666-6666-4666-8666-666666666666'/></virtualport><target dev='named0'/></interface>
    <interface type='vhostuser'><mac address='52:54:00:44:44:45'/><source type='unix' path='/run/named-net.sock' mode='server'/><model type='virtio'/></interface>
    <serial type='unix'><source mode='bind' path='/run/named-serial.sock'/><log file='/var/log/named-serial.log'/></serial>
    <serial type='file'><source path='/var/log/out.log'/></serial>
    <parallel type='pipe'><source path='/run/named.pipe'/></parallel>
    <channel type='unix'><source mode='bind' path='/run/named/agent.sock'/><target type='virtio' name='org.qemu.guest_agent.0'/></channel>
    <channel type='unix'><source mode='bind' path='/run/named/other.sock'/><target type='virtio' name='org.example.other'/></channel>
    <graphics type='vnc' port='5907' autoport='no' passwd='ofnamed'><listen type='address' address='127.0.0.1'/></graphics>
    <graphics type='spice' port='5908' autoport='no'/>
    <audio id='1' type='file' path='/var/log/named.wav'/>
    <tpm model='tpm-crb'><backend type='emulator' version='2.0'/></tpm>
    <vsock model='virtio'><cid auto='no' address='77'/></vsock>
  </devices>
</domain>`,
} as const;

/** What machines have alike, though it looks like a name. */
const ALIKE = /^\/usr\/|^\/dev\/urandom$/;
const NAME = /^\/|^[0-9a-f]{8}-[0-9a-f-]{27}$|^[0-9a-f]{2}(?::[0-9a-f]{2}){5}$/i;
/** Numbers that are one machine's at a time, by their attributes. */
const NUMBERS: ReadonlySet<string> = new Set(['graphics port', 'graphics tlsPort', 'cid address']);

/**
 * Every value of a definition that is the machine's alone, by where it is (`serial/source path`): UUIDs, MACs, paths, passwords, ports and
 * numbers, whatever element has it.
 */
export function identitiesOf(xml: string): Map<string, string> {
  const found = new Map<string, string>();
  const take = (place: string, value: string): void => {
    if (ALIKE.test(value)) return;
    let key = place;
    for (let number = 2; found.has(key); number += 1) key = `${place} ${number}`;
    found.set(key, value);
  };
  const visit = (element: XmlElement, parent: string): void => {
    const { name, text } = element;
    if (name === 'name' || NAME.test(text.trim())) take(`${parent}/${name}`, text.trim());
    for (const [attribute, value] of element.attributes)
      if (NAME.test(value) || attribute === 'passwd' || isNumber(`${name} ${attribute}`, value))
        take(`${parent}/${name} ${attribute}`, value);
    for (const child of element.children) visit(child, name);
  };
  visit(parseXml(xml).root, '');
  return found;
}

function isNumber(place: string, value: string): boolean {
  return NUMBERS.has(place) && Number(value) > 0;
}
