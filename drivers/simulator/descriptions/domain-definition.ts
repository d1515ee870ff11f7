import { uuidToString } from '../../libvirt/uuid.ts';
import { encodeText } from '../../xml/index.ts';
import { GUEST_SYSTEMS, type DiskSpec, type MachineSpec, type NicSpec } from '../fleet/spec.ts';

const EMULATOR = '/usr/bin/qemu-system-x86_64';
export const MACHINE_TYPE = 'pc-q35-7.2';
const NVRAM_PATH = '/var/lib/libvirt/qemu/nvram';
const OVMF_PATH = '/usr/share/OVMF/OVMF_CODE_4M.fd';

/** The definition (inactive XML) of a planned machine, laid out as libvirt does. */
export function domainDefinition(spec: MachineSpec): string {
  const pciSlots = slotCounter();
  return [
    `<domain type='kvm'>`,
    `  <name>${encodeText(spec.name)}</name>`,
    `  <uuid>${uuidToString(spec.uuid)}</uuid>`,
    ...(spec.title === null ? [] : [`  <title>${encodeText(spec.title)}</title>`]),
    `  <metadata>`,
    `    <libosinfo:libosinfo xmlns:libosinfo="http://libosinfo.org/xmlns/libvirt/domain/1.0">`,
    `      <libosinfo:os id="${GUEST_SYSTEMS[spec.os].osinfo}"/>`,
    `    </libosinfo:libosinfo>`,
    `  </metadata>`,
    `  <memory unit='KiB'>${spec.maxMemoryKiB}</memory>`,
    `  <currentMemory unit='KiB'>${spec.memoryKiB}</currentMemory>`,
    vcpuElement(spec),
    ...osElement(spec),
    `  <features>`,
    `    <acpi/>`,
    `    <apic/>`,
    ...(GUEST_SYSTEMS[spec.os].kind === 'windows'
      ? [
          `    <hyperv mode='custom'>`,
          `      <relaxed state='on'/>`,
          `      <vapic state='on'/>`,
          `    </hyperv>`,
        ]
      : []),
    `  </features>`,
    `  <cpu mode='host-passthrough' check='none' migratable='on'/>`,
    `  <clock offset='${GUEST_SYSTEMS[spec.os].kind === 'windows' ? 'localtime' : 'utc'}'>`,
    `    <timer name='rtc' tickpolicy='catchup'/>`,
    `    <timer name='pit' tickpolicy='delay'/>`,
    `    <timer name='hpet' present='no'/>`,
    `  </clock>`,
    `  <on_poweroff>destroy</on_poweroff>`,
    `  <on_reboot>restart</on_reboot>`,
    `  <on_crash>destroy</on_crash>`,
    `  <devices>`,
    `    <emulator>${EMULATOR}</emulator>`,
    ...spec.disks.flatMap((disk) => diskElement(disk, pciSlots)),
    `    <controller type='pci' index='0' model='pcie-root'/>`,
    `    <controller type='usb' index='0' model='qemu-xhci' ports='15'/>`,
    `    <controller type='virtio-serial' index='0'/>`,
    ...spec.nics.flatMap((nic) => nicElement(nic, pciSlots)),
    ...serialElements(spec),
    ...agentElement(spec),
    `    <input type='tablet' bus='usb'/>`,
    `    <input type='mouse' bus='ps2'/>`,
    `    <input type='keyboard' bus='ps2'/>`,
    ...graphicsElements(spec),
    ...balloonElement(spec),
    `    <rng model='virtio'>`,
    `      <backend model='random'>/dev/urandom</backend>`,
    `    </rng>`,
    `  </devices>`,
    `</domain>`,
    ``,
  ].join('\n');
}

function slotCounter(): () => string {
  let bus = 0;
  return () => {
    bus += 1;
    return `      <address type='pci' domain='0x0000' bus='0x${bus.toString(16).padStart(2, '0')}' slot='0x00' function='0x0'/>`;
  };
}

function vcpuElement(spec: MachineSpec): string {
  const current = spec.vcpus < spec.maxVcpus ? ` current='${spec.vcpus}'` : '';
  return `  <vcpu placement='static'${current}>${spec.maxVcpus}</vcpu>`;
}

function osElement(spec: MachineSpec): string[] {
  const efi = spec.firmware === 'efi';
  return [
    efi ? `  <os firmware='efi'>` : `  <os>`,
    `    <type arch='x86_64' machine='${MACHINE_TYPE}'>hvm</type>`,
    ...(efi
      ? [
          `    <loader readonly='yes' type='pflash'>${OVMF_PATH}</loader>`,
          `    <nvram>${NVRAM_PATH}/${encodeText(spec.name)}_VARS.fd</nvram>`,
        ]
      : []),
    `    <boot dev='hd'/>`,
    `  </os>`,
  ];
}

function diskElement(disk: DiskSpec, nextSlot: () => string): string[] {
  return [
    `    <disk type='file' device='${disk.device}'>`,
    `      <driver name='qemu' type='${disk.format}'${disk.device === 'disk' ? ` cache='none' discard='unmap'` : ''}/>`,
    ...(disk.path === null ? [] : [`      <source file='${encodeText(disk.path)}'/>`]),
    `      <target dev='${disk.target}' bus='${disk.bus}'/>`,
    ...(disk.device === 'cdrom' ? [`      <readonly/>`] : []),
    ...(disk.bus === 'virtio'
      ? [nextSlot()]
      : [`      <address type='drive' controller='0' bus='0' target='0' unit='0'/>`]),
    `    </disk>`,
  ];
}

function nicElement(nic: NicSpec, nextSlot: () => string): string[] {
  return [
    `    <interface type='network'>`,
    `      <mac address='${nic.mac}'/>`,
    `      <source network='${encodeText(nic.network)}'/>`,
    `      <model type='${nic.model}'/>`,
    nextSlot(),
    `    </interface>`,
  ];
}

function serialElements(spec: MachineSpec): string[] {
  if (!spec.serial) return [];
  return [
    `    <serial type='pty'>`,
    `      <target type='isa-serial' port='0'>`,
    `        <model name='isa-serial'/>`,
    `      </target>`,
    `    </serial>`,
    `    <console type='pty'>`,
    `      <target type='serial' port='0'/>`,
    `    </console>`,
  ];
}

function agentElement(spec: MachineSpec): string[] {
  if (!spec.agent) return [];
  return [
    `    <channel type='unix'>`,
    `      <target type='virtio' name='org.qemu.guest_agent.0'/>`,
    `      <address type='virtio-serial' controller='0' bus='0' port='1'/>`,
    `    </channel>`,
  ];
}

function graphicsElements(spec: MachineSpec): string[] {
  if (spec.graphics === 'none') return [];
  const password = spec.password === null ? '' : ` passwd='${encodeText(spec.password)}'`;
  return [
    `    <graphics type='${spec.graphics}' port='-1' autoport='yes' listen='127.0.0.1'${password}>`,
    `      <listen type='address' address='127.0.0.1'/>`,
    `    </graphics>`,
    `    <video>`,
    `      <model type='${spec.graphics === 'spice' ? 'qxl' : 'virtio'}' heads='1' primary='yes'/>`,
    `    </video>`,
  ];
}

function balloonElement(spec: MachineSpec): string[] {
  if (spec.balloonPeriodSec === 0) return [`    <memballoon model='virtio'/>`];
  return [
    `    <memballoon model='virtio'>`,
    `      <stats period='${spec.balloonPeriodSec}'/>`,
    `    </memballoon>`,
  ];
}
