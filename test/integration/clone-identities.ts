const IMAGES = '/var/lib/libvirt/images';
const UUID = '44444444-4444-4444-8444-444444444444';

/** A machine with everything that names it, or a place of its host that one machine has at a time. It is not started. */
export const NAMED = {
  uuid: UUID,
  disk: `${IMAGES}/named.qcow2`,
  xml: `<domain type='qemu'>
  <name>named</name><uuid>${UUID}</uuid><genid>55555555-5555-4555-8555-555555555555</genid>
  <memory unit='MiB'>64</memory><vcpu>1</vcpu><memoryBacking><source type='memfd'/><access mode='shared'/></memoryBacking>
  <sysinfo type='smbios'><system><entry name='serial'>${UUID}</entry><entry name='uuid'>${UUID}</entry></system></sysinfo>
  <os firmware='efi'><type arch='x86_64' machine='q35'>hvm</type><nvram>/var/lib/libvirt/qemu/nvram/named_VARS.fd</nvram><smbios mode='sysinfo'/></os>
  <features><acpi/></features>
  <devices>
    <disk type='file' device='disk'><driver name='qemu' type='qcow2'/><source file='${IMAGES}/named.qcow2'/><target dev='sda' bus='scsi'/><wwn>5000c50044444444</wwn></disk>
    <interface type='bridge'><mac address='52:54:00:44:44:44'/><source bridge='br0'/><virtualport type='openvswitch'><parameters interfaceid='66666666-6666-4666-8666-666666666666'/></virtualport><target dev='named0'/></interface>
    <interface type='vhostuser'><mac address='52:54:00:44:44:45'/><source type='unix' path='/run/named-net.sock' mode='server'/><model type='virtio'/></interface>
    <filesystem type='mount'><driver type='virtiofs'/><source socket='/run/named-files.sock'/><target dir='files'/></filesystem>
    <serial type='unix'><source mode='bind' path='/run/named-serial.sock'/><log file='/var/log/named-serial.log'/></serial>
    <serial type='file'><source path='/var/log/out.log'/></serial>
    <parallel type='pipe'><source path='/run/named.pipe'/></parallel>
    <channel type='unix'><source mode='bind' path='/run/named/agent.sock'/><target type='virtio' name='org.qemu.guest_agent.0'/></channel>
    <channel type='unix'><source mode='bind' path='/run/named/other.sock'/><target type='virtio' name='org.example.other'/></channel>
    <graphics type='vnc' port='5907' autoport='no' websocket='5707' passwd='ofnamed'><listen type='address' address='127.0.0.1'/></graphics>
    <graphics type='spice' port='5908' autoport='no'/>
    <audio id='1' type='file' path='/var/log/named.wav'/>
    <tpm model='tpm-crb'><backend type='emulator' version='2.0'/></tpm>
    <vsock model='virtio'><cid auto='no' address='77'/></vsock>
  </devices>
</domain>`,
} as const;
