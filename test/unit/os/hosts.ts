import { readFileSync } from 'node:fs';
import {
  readCapabilities,
  readDomainCapabilities,
  type CapabilitiesModel,
  type DomainCapabilitiesModel,
} from '../../../drivers/libvirt/model/index.ts';
import {
  findSystem,
  UNKNOWN_SYSTEM,
  type DefaultsInput,
  type MachineTarget,
  type OperatingSystem,
} from '../../../main/os/index.ts';

/** What a host has installed, as its libvirt tells it. */
export interface HostTraits {
  readonly machine: 'q35' | 'pc' | 'virt';
  readonly virtType: 'kvm' | 'qemu';
  readonly arch: string;
  readonly efi: boolean;
  /** Firmware with Microsoft's keys, and a QEMU that can lock its flash. */
  readonly secureBoot: boolean;
  readonly swtpm: boolean;
  readonly spice: boolean;
  /** `hostPassthroughMigratable` and the lists that came with later versions. */
  readonly modern: boolean;
}

/** Debian 12 with KVM, ovmf and swtpm. */
export const FULL_HOST: HostTraits = {
  machine: 'q35',
  virtType: 'kvm',
  arch: 'x86_64',
  efi: true,
  secureBoot: true,
  swtpm: true,
  spice: true,
  modern: true,
};

const EXPANDED = { q35: 'pc-q35-7.2', pc: 'pc-i440fx-7.2', virt: 'virt-7.2' } as const;
const HYPERV =
  'relaxed vapic spinlocks vpindex runtime synic stimer reset vendor_id frequencies reenlightenment tlbflush ipi';

function list(name: string, values: string): string {
  const written = values.split(' ').filter((value) => value !== '');
  return `<enum name='${name}'>${written.map((value) => `<value>${value}</value>`).join('')}</enum>`;
}

/** Of the shape that libvirt 9.0 answers with; without `modern` that of 5.2. */
export function domainCapabilities(traits: Partial<HostTraits> = {}): DomainCapabilitiesModel {
  const host = { ...FULL_HOST, ...traits };
  const { machine, virtType, modern } = host;
  const kvm = virtType === 'kvm';
  const loaders = host.secureBoot ? ['/usr/share/OVMF/OVMF_CODE_4M.ms.fd'] : [];
  if (host.efi) loaders.push('/usr/share/OVMF/OVMF_CODE_4M.fd');
  const secure = host.secureBoot && machine === 'q35' ? 'yes no' : 'no';
  const passthrough = kvm
    ? `<mode name='host-passthrough' supported='yes'>${modern ? list('hostPassthroughMigratable', 'on off') : ''}</mode>
       <mode name='host-model' supported='yes'><model fallback='forbid'>EPYC</model></mode>`
    : `<mode name='host-passthrough' supported='no'/>${modern ? "<mode name='maximum' supported='yes'/>" : ''}`;
  return readDomainCapabilities(`<domainCapabilities>
    <path>/usr/bin/qemu-system-${host.arch}</path><domain>${virtType}</domain>
    <machine>${EXPANDED[machine]}</machine><arch>${host.arch}</arch><vcpu max='255'/>
    <os supported='yes'>${list('firmware', host.efi ? 'efi' : '')}
      <loader supported='yes'>${loaders.map((path) => `<value>${path}</value>`).join('')}${list('secure', secure)}</loader></os>
    <cpu>${passthrough}<mode name='custom' supported='yes'>
      <model usable='yes'>qemu64</model><model usable='no'>Snowridge</model></mode></cpu>
    ${modern ? `<memoryBacking supported='yes'>${list('sourceType', 'file anonymous memfd')}</memoryBacking>` : ''}
    <devices>
      <disk supported='yes'>${list('bus', `fdc scsi virtio usb sata${machine === 'pc' ? ' ide' : ''}`)}</disk>
      <graphics supported='yes'>${list('type', `vnc${host.spice ? ' spice' : ''}`)}</graphics>
      <video supported='yes'>${list('modelType', `vga cirrus virtio none bochs ramfb${host.spice ? ' qxl' : ''}`)}</video>
      ${modern ? `<rng supported='yes'>${list('model', 'virtio')}</rng>` : ''}
      ${modern ? `<tpm supported='yes'>${list('model', 'tpm-tis tpm-crb')}${list('backendModel', `passthrough${host.swtpm ? ' emulator' : ''}`)}</tpm>` : ''}
    </devices>
    <features>${modern ? `<hyperv supported='yes'>${list('features', kvm ? HYPERV : 'spinlocks vendor_id')}</hyperv>` : ''}</features>
  </domainCapabilities>`);
}

/** A host of one architecture with the machine types given. */
export function capabilities(
  arch: string,
  machines: readonly string[],
  domainTypes: readonly string[],
): CapabilitiesModel {
  return readCapabilities(`<capabilities><host><cpu><arch>${arch}</arch></cpu></host>
    <guest><os_type>hvm</os_type><arch name='${arch}'>${machines
      .map((name) => `<machine canonical='${name}-7.2' maxCpus='255'>${name}</machine>`)
      .join(
        '',
      )}${domainTypes.map((type) => `<domain type='${type}'/>`).join('')}</arch></guest></capabilities>`);
}

/** What libvirt of Debian 12 answered. */
export function recorded(name: string): DomainCapabilitiesModel {
  return readDomainCapabilities(
    readFileSync(new URL(`../../fixtures/xml/${name}.xml`, import.meta.url), 'utf8'),
  );
}

export function system(shortId: string): OperatingSystem {
  return findSystem(shortId) ?? UNKNOWN_SYSTEM;
}

/** A machine on a host with 64 GiB and 16 CPUs that is fully equipped, unless told otherwise. */
export function input(
  os: OperatingSystem,
  traits: Partial<HostTraits> = {},
  more: Partial<DefaultsInput> = {},
): DefaultsInput {
  const { arch, virtType, machine } = { ...FULL_HOST, ...traits };
  const target: MachineTarget = { arch, virtType, machine };
  const types = virtType === 'kvm' ? ['qemu', 'kvm'] : ['qemu'];
  return {
    os,
    target,
    capabilities: capabilities(arch, arch === 'x86_64' ? ['pc', 'q35'] : [machine], types),
    domainCapabilities: domainCapabilities(traits),
    hostName: 'kvm-a',
    source: 'iso',
    host: { memoryMiB: 65_536, cpus: 16 },
    place: { uuid: '11111111-2222-3333-4444-555555555555', type: 'dir' },
    nic: { kind: 'network', network: 'default', portGroup: null },
    ...more,
  };
}
