import type { TFunction } from 'i18next';
import type { DomainDetail } from '../../../main/contract/domain.ts';

/** libvirt's names of processors (virArch) as people write them. */
const ARCHITECTURES: Readonly<Record<string, string>> = {
  x86_64: 'x86-64',
  i686: 'x86, 32 bit',
  aarch64: 'ARM64',
  armv7l: 'ARM, 32 bit',
  ppc64le: 'POWER',
  riscv64: 'RISC-V 64',
  s390x: 's390x',
};

/** `<domain type>` as people write it. */
const HYPERVISORS: Readonly<Record<string, string>> = {
  kvm: 'KVM',
  hvf: 'HVF',
  xen: 'Xen',
  lxc: 'LXC',
  vz: 'Virtuozzo',
  bhyve: 'bhyve',
  vmware: 'VMware',
};

/** `x86-64, full virtualization (KVM)`: the machine's processor, and what runs it. */
export function virtualization(
  { osType, arch, virtType }: Pick<DomainDetail, 'osType' | 'arch' | 'virtType'>,
  t: TFunction<'machine'>,
): string {
  const by = virtType === 'qemu' ? t('virt.emulated') : (HYPERVISORS[virtType] ?? virtType);
  const kind =
    osType === 'hvm' ? t('virt.full') : t(osType === 'exe' ? 'virt.container' : 'virt.paravirtual');
  return t('virt.of', { arch: ARCHITECTURES[arch] ?? arch, kind, by });
}
