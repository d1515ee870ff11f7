import type { Choice } from '../../contract/machine-choices.ts';
import type { ChoicesInput } from './input.ts';
import { choicesOf, deviceRefuses } from './offers.ts';
import { isX86 } from './target.ts';

/** Architectures whose machines have no BIOS: their boot loaders are UEFI's. */
const UEFI_ONLY = ['aarch64', 'riscv64'];

export function firmwareChoices(input: ChoicesInput): Choice[] {
  const { arch } = input.target;
  return choicesOf(['bios', 'efi'], (firmware) => {
    if (firmware === 'efi') return efiLack(input);
    return UEFI_ONLY.includes(arch) ? `Machines of ${arch} have no BIOS.` : null;
  });
}

/** BIOS is never in libvirt's list where no descriptor of SeaBIOS is installed, and is there all the same. */
function efiLack({ domainCapabilities: { firmwares, loaders }, hostName }: ChoicesInput): string | null {
  if (firmwares.includes('efi')) return null;
  return firmwares.length === 0 && loaders.length > 0
    ? `libvirt on ${hostName} is too old to find UEFI firmware.`
    : `${hostName} has no UEFI firmware installed (package ovmf or edk2-ovmf).`;
}

/**
 * Why there is no Secure Boot; null: there is. That QEMU can lock its flash (`secure`) does not say that firmware with keys in it is installed;
 * its file's name does, in all distributions.
 */
export function secureBootLack(input: ChoicesInput): string | null {
  const { target, domainCapabilities, hostName } = input;
  const lack = efiLack(input);
  if (lack !== null) return lack;
  if (!isX86(target.arch)) return `There is no Secure Boot for machines of ${target.arch}.`;
  if (!target.machine.includes('q35')) return 'Secure Boot needs a machine of type q35.';
  const { secureLoader, loaders } = domainCapabilities;
  const enrolled = loaders.length === 0 || loaders.some((path) => /[.-]ms[.-]|secboot/.test(path));
  return secureLoader && enrolled ? null : `${hostName} has no UEFI firmware with keys for Secure Boot.`;
}

/** Why there is no TPM; null: there is. libvirt lists the backend `emulator` where it finds swtpm. */
export function tpmLack({ domainCapabilities, hostName }: ChoicesInput): string | null {
  if (domainCapabilities.devices.get('tpm')?.supported === false)
    return `QEMU on ${hostName} has no TPM, or swtpm is not installed.`;
  return deviceRefuses(domainCapabilities, 'tpm', 'backendModel', 'emulator')
    ? `swtpm is not installed on ${hostName}.`
    : null;
}
