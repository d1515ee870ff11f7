import type { GuestFacts } from './facts.ts';

export interface BootLine {
  /** Milliseconds after power on. */
  at: number;
  text: string;
}

const KERNEL_START_MS = 900;
const USERLAND_START_MS = 1900;
const LINE_MS = 90;

/** What a Linux guest prints from power on to its login prompt, with the time of each line. */
export function bootLines(facts: GuestFacts): BootLine[] {
  const lines: BootLine[] = [
    { at: 0, text: '\x1b[2J\x1b[HVirtlane demo firmware, 1 MiB\r\n' },
    {
      at: 250,
      text: `Processors: ${facts.vcpus}   Memory: ${Math.round(facts.memoryKiB / 1024)} MiB\r\n\r\n`,
    },
    { at: 500, text: 'Booting from hard disk 0...\r\n' },
    { at: 700, text: `Loading ${facts.osName}\r\n` },
  ];
  kernelLines(facts).forEach((text, index) => {
    const at = KERNEL_START_MS + index * LINE_MS;
    lines.push({ at, text: `[    ${((at - KERNEL_START_MS) / 1000).toFixed(6)}] ${text}\r\n` });
  });
  userlandLines(facts).forEach((text, index) =>
    lines.push({ at: USERLAND_START_MS + index * LINE_MS, text: `[  \x1b[32mOK\x1b[0m  ] ${text}\r\n` }),
  );
  return lines;
}

/** Milliseconds from power on to the login prompt. */
export function bootDurationMs(facts: GuestFacts): number {
  return (bootLines(facts).at(-1)?.at ?? 0) + 300;
}

function kernelLines(facts: GuestFacts): string[] {
  return [
    `Linux version ${facts.kernel}`,
    'Hypervisor detected: KVM',
    `Memory: ${facts.memoryKiB}K available`,
    `smpboot: Total of ${facts.vcpus} processors activated`,
    ...facts.disks.map(
      (disk) => `virtio_blk ${disk.device}: ${Math.round(disk.capacityBytes / 2 ** 30)} GiB`,
    ),
    ...facts.nics.map((nic) => `virtio_net ${nic.device}: ${nic.mac}`),
    `EXT4-fs (${facts.disks[0]?.device ?? 'vda'}1): mounted filesystem with ordered data mode`,
  ].slice(0, 10);
}

function userlandLines(facts: GuestFacts): string[] {
  return [
    'Started Journal Service.',
    'Reached target Local File Systems.',
    'Started Network Time Synchronization.',
    'Reached target Network.',
    'Started OpenSSH server.',
    ...facts.services.slice(0, 3).map((service) => `Started ${service}.`),
    'Reached target Multi-User System.',
  ];
}
