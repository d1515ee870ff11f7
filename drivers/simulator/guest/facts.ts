/** What the simulated guest knows of itself: what its own commands would print. */
export interface GuestFacts {
  hostname: string;
  kind: 'linux' | 'windows';
  /** As /etc/os-release names it: `Debian GNU/Linux 12 (bookworm)`. */
  osName: string;
  kernel: string;
  vcpus: number;
  memoryKiB: number;
  nics: { device: string; mac: string; address: string | null; prefix: number }[];
  disks: { device: string; capacityBytes: number; usedBytes: number }[];
  /** Programs that `ps` and `top` show, busiest first. */
  services: string[];
  /** Somebody stayed logged in on the screen and left `top` running, until the next reset. */
  leftOpen: boolean;
}

/** What happens around the guest, and what it can do to its machine. */
export interface GuestMachine {
  /** Milliseconds since the epoch. */
  now(): number;
  /** When the guest was last switched on or reset; milliseconds since the epoch. */
  bootedAt(): number;
  /** False while the machine is paused: nothing moves and no key arrives. */
  isRunning(): boolean;
  /** Share of all vCPUs in use, 0 to 1, and memory in use in KiB, as of now. */
  load(): { cpu: number; memoryUsedKiB: number; cacheKiB: number };
  reboot(): void;
  powerOff(): void;
}
