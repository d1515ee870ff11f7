import { uuidToString } from '../../libvirt/uuid.ts';
import { MACHINE_TYPE } from './domain-definition.ts';

export interface HostFacts {
  name: string;
  uuid: Uint8Array;
  cpus: number;
  memoryKiB: number;
}

export const CPU_MODEL = 'Cascadelake-Server';
const EMULATOR = '/usr/bin/qemu-system-x86_64';
const OVMF = '/usr/share/OVMF/OVMF_CODE_4M.fd';
const OVMF_SECURE = '/usr/share/OVMF/OVMF_CODE_4M.ms.fd';
const MACHINE_TYPES: readonly [name: string, alias: string | null][] = [
  [MACHINE_TYPE, 'q35'],
  ['pc-i440fx-7.2', 'pc'],
  ['microvm', null],
];

/** virConnectGetCapabilities */
export function capabilitiesXml(host: HostFacts): string {
  return [`<capabilities>`, ...hostElement(host), ...guestElement(), `</capabilities>`, ``].join('\n');
}

function hostElement(host: HostFacts): string[] {
  const { sockets, cores } = topology(host.cpus);
  return [
    `  <host>`,
    `    <uuid>${uuidToString(host.uuid)}</uuid>`,
    `    <cpu>`,
    `      <arch>x86_64</arch>`,
    `      <model>${CPU_MODEL}</model>`,
    `      <vendor>Intel</vendor>`,
    `      <topology sockets='${sockets}' dies='1' cores='${cores}' threads='2'/>`,
    `      <pages unit='KiB' size='4'/>`,
    `      <pages unit='KiB' size='2048'/>`,
    `    </cpu>`,
    `    <power_management/>`,
    `    <iommu support='yes'/>`,
    `    <migration_features>`,
    `      <live/>`,
    `      <uri_transports>`,
    `        <uri_transport>tcp</uri_transport>`,
    `      </uri_transports>`,
    `    </migration_features>`,
    ...topologyElement(host, cores),
    `    <secmodel>`,
    `      <model>none</model>`,
    `      <doi>0</doi>`,
    `    </secmodel>`,
    `  </host>`,
  ];
}

function topologyElement(host: HostFacts, cores: number): string[] {
  const cpus = Array.from({ length: host.cpus }, (_, id) => {
    const socket = Math.floor(id / (cores * 2));
    return `            <cpu id='${id}' socket_id='${socket}' core_id='${Math.floor(id / 2) % cores}'/>`;
  });
  return [
    `    <topology>`,
    `      <cells num='1'>`,
    `        <cell id='0'>`,
    `          <memory unit='KiB'>${host.memoryKiB}</memory>`,
    `          <cpus num='${host.cpus}'>`,
    ...cpus,
    `          </cpus>`,
    `        </cell>`,
    `      </cells>`,
    `    </topology>`,
  ];
}

function guestElement(): string[] {
  const machines = MACHINE_TYPES.map(([name, alias]) =>
    alias === null
      ? `      <machine maxCpus='288'>${name}</machine>`
      : `      <machine canonical='${name}' maxCpus='288'>${alias}</machine>`,
  );
  return [
    `  <guest>`,
    `    <os_type>hvm</os_type>`,
    `    <arch name='x86_64'>`,
    `      <wordsize>64</wordsize>`,
    `      <emulator>${EMULATOR}</emulator>`,
    ...machines,
    `      <domain type='qemu'/>`,
    `      <domain type='kvm'/>`,
    `    </arch>`,
    `    <features>`,
    `      <acpi default='on' toggle='yes'/>`,
    `      <apic default='on' toggle='no'/>`,
    `      <disksnapshot default='on' toggle='no'/>`,
    `    </features>`,
    `  </guest>`,
  ];
}

/** Two sockets with two threads a core. */
export function topology(cpus: number): { sockets: number; cores: number; threads: number } {
  return { sockets: 2, cores: Math.max(1, Math.floor(cpus / 4)), threads: 2 };
}

function choices(name: string, values: readonly string[]): string[] {
  return [
    `      <enum name='${name}'>`,
    ...values.map((value) => `        <value>${value}</value>`),
    `      </enum>`,
  ];
}

function device(name: string, enums: Record<string, readonly string[]>): string[] {
  return [
    `    <${name} supported='yes'>`,
    ...Object.entries(enums).flatMap(([key, values]) => choices(key, values)),
    `    </${name}>`,
  ];
}

/** virConnectGetDomainCapabilities, for KVM on x86_64. */
export function domainCapabilitiesXml(wanted: { machine: string | null; virtType: string | null }): string {
  const type = MACHINE_TYPES.find((names) => wanted.machine !== null && names.includes(wanted.machine));
  return [
    `<domainCapabilities>`,
    `  <path>${EMULATOR}</path>`,
    `  <domain>${wanted.virtType === 'qemu' ? 'qemu' : 'kvm'}</domain>`,
    `  <machine>${type?.[0] ?? MACHINE_TYPE}</machine>`,
    `  <arch>x86_64</arch>`,
    `  <vcpu max='288'/>`,
    `  <iothreads supported='yes'/>`,
    `  <os supported='yes'>`,
    `    <enum name='firmware'>`,
    `      <value>efi</value>`,
    `    </enum>`,
    `    <loader supported='yes'>`,
    `      <value>${OVMF}</value>`,
    `      <value>${OVMF_SECURE}</value>`,
    ...choices('type', ['rom', 'pflash']),
    ...choices('readonly', ['yes', 'no']),
    ...choices('secure', ['yes', 'no']),
    `    </loader>`,
    `  </os>`,
    ...cpuModesElement(),
    ...devicesElement(),
    `  <features>`,
    `    <gic supported='no'/>`,
    `    <vmcoreinfo supported='yes'/>`,
    `    <genid supported='yes'/>`,
    `    <backingStoreInput supported='yes'/>`,
    `    <backup supported='yes'/>`,
    `    <sev supported='no'/>`,
    `  </features>`,
    `</domainCapabilities>`,
    ``,
  ].join('\n');
}

function cpuModesElement(): string[] {
  return [
    `  <cpu>`,
    `    <mode name='host-passthrough' supported='yes'>`,
    `      <enum name='hostPassthroughMigratable'>`,
    `        <value>on</value>`,
    `        <value>off</value>`,
    `      </enum>`,
    `    </mode>`,
    `    <mode name='maximum' supported='yes'/>`,
    `    <mode name='host-model' supported='yes'>`,
    `      <model fallback='forbid'>${CPU_MODEL}</model>`,
    `      <vendor>Intel</vendor>`,
    `    </mode>`,
    `    <mode name='custom' supported='yes'>`,
    ...['qemu64', 'Haswell', 'Broadwell', 'Skylake-Server', CPU_MODEL].map(
      (model) => `      <model usable='yes' vendor='Intel'>${model}</model>`,
    ),
    `    </mode>`,
    `  </cpu>`,
  ];
}

function devicesElement(): string[] {
  return [
    `  <devices>`,
    ...device('disk', {
      diskDevice: ['disk', 'cdrom', 'floppy', 'lun'],
      bus: ['fdc', 'scsi', 'virtio', 'usb', 'sata'],
      model: ['virtio', 'virtio-transitional', 'virtio-non-transitional'],
    }),
    ...device('graphics', { type: ['vnc', 'spice', 'egl-headless'] }),
    ...device('video', { modelType: ['vga', 'cirrus', 'qxl', 'virtio', 'none', 'bochs', 'ramfb'] }),
    ...device('hostdev', {
      mode: ['subsystem'],
      startupPolicy: ['default', 'mandatory', 'requisite', 'optional'],
      subsysType: ['usb', 'pci', 'scsi'],
    }),
    ...device('rng', { model: ['virtio'], backendModel: ['random', 'egd', 'builtin'] }),
    ...device('filesystem', { driverType: ['path', 'handle', 'virtiofs'] }),
    ...device('tpm', { model: ['tpm-tis', 'tpm-crb'], backendModel: ['passthrough', 'emulator'] }),
    ...device('channel', { type: ['pty', 'unix', 'spicevmc'] }),
    `  </devices>`,
  ];
}

/** virConnectGetSysinfo: says on every page that shows it that the host is not real. */
export function sysinfoXml(host: HostFacts): string {
  return [
    `<sysinfo type='smbios'>`,
    `  <system>`,
    `    <entry name='manufacturer'>Virtlane</entry>`,
    `    <entry name='product'>Demo host ${host.name}</entry>`,
    `    <entry name='uuid'>${uuidToString(host.uuid)}</entry>`,
    `  </system>`,
    `</sysinfo>`,
    ``,
  ].join('\n');
}
