import type { MachineChoices } from '../../contract/machine-choices.ts';
import type { MachineSpec } from '../../contract/machine-spec.ts';
import type { DefaultsInput } from './input.ts';
import { reasonAgainst } from './offers.ts';

/** Something that the machine should have and does not. */
export interface Missing {
  /** Path in the spec, after `spec.`: `spec.firmware`. */
  readonly field: string;
  readonly message: string;
}

/** What the system wants and the host does not have, worst first. */
export function missing(input: DefaultsInput, spec: MachineSpec, choices: MachineChoices): Missing[] {
  const { os, host, hostName, target } = input;
  const list: Missing[] = [];
  const add = (field: string, message: string): void => void list.push({ field: `spec.${field}`, message });

  const refused = firmwareRefused(input, spec, choices);
  if (refused !== null) add('firmware', refused);
  if (os.tpm === 'needed' && spec.tpm === null) {
    const reason = choices.tpm ?? 'It comes with UEFI.';
    add('tpm', `${os.name} does not install without a TPM. ${reason}`);
  }
  if (os.tpm === 'needed' && !spec.secureBoot && choices.secureBoot !== null && spec.firmware === 'efi')
    add('secureBoot', `${os.name} asks for Secure Boot. ${choices.secureBoot}`);
  if (target.virtType === 'qemu') {
    const reason = reasonAgainst(choices.virtType, 'kvm') ?? 'Hardware virtualization is not used.';
    add('virtType', `${reason} The machine is emulated, and many times slower.`);
  }
  if (host.memoryMiB < os.minimum.memoryMiB)
    add(
      'memory.sizeMiB',
      `${os.name} needs ${inWords(os.minimum.memoryMiB)} of memory; ${hostName} has ${inWords(host.memoryMiB)}.`,
    );
  if (spec.graphics.type === 'none' && target.arch !== 's390x')
    add('graphics', reasonAgainst(choices.graphics, 'vnc') ?? 'There is no screen.');
  return list;
}

/** Why the machine has a firmware that does not boot its system. */
function firmwareRefused(
  { os, firmwares }: DefaultsInput,
  spec: MachineSpec,
  choices: MachineChoices,
): string | null {
  const wanted = spec.firmware === 'bios' ? 'efi' : 'bios';
  const boots = os[spec.firmware] && (firmwares?.includes(spec.firmware) ?? true);
  if (boots) return reasonAgainst(choices.firmware, spec.firmware);
  const what = firmwares === undefined ? os.name : 'The image';
  const reason = reasonAgainst(choices.firmware, wanted) ?? '';
  return `${what} boots by ${wanted === 'efi' ? 'UEFI' : 'BIOS'} alone. ${reason}`.trim();
}

function inWords(mib: number): string {
  return mib >= 1024 ? `${Math.floor((mib / 1024) * 10) / 10} GiB` : `${mib} MiB`;
}
