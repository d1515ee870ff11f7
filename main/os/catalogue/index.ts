import type { OperatingSystem } from '../operating-system.ts';
import { BSD_SYSTEMS } from './bsd.ts';
import { DEBIAN_SYSTEMS } from './debian.ts';
import { GENERIC_SYSTEMS, OTHER_LINUX_SYSTEMS } from './other-linux.ts';
import { RED_HAT_SYSTEMS } from './red-hat.ts';
import { SUSE_SYSTEMS } from './suse.ts';
import { WINDOWS_SYSTEMS } from './windows.ts';

/** All that are known, the newest of each first. Facts, collected by hand; libosinfo's database is not needed. */
export const OPERATING_SYSTEMS: readonly OperatingSystem[] = [
  ...DEBIAN_SYSTEMS,
  ...RED_HAT_SYSTEMS,
  ...SUSE_SYSTEMS,
  ...OTHER_LINUX_SYSTEMS,
  ...BSD_SYSTEMS,
  ...WINDOWS_SYSTEMS,
  ...GENERIC_SYSTEMS,
];

const BY_SHORT_ID: ReadonlyMap<string, OperatingSystem> = new Map(
  OPERATING_SYSTEMS.map((os) => [os.shortId, os]),
);
const BY_ID: ReadonlyMap<string, OperatingSystem> = new Map(OPERATING_SYSTEMS.map((os) => [os.id, os]));

/** What a machine gets when nothing is known about its system. */
export const UNKNOWN_SYSTEM: OperatingSystem = known('unknown');

function known(shortId: string): OperatingSystem {
  const os = BY_SHORT_ID.get(shortId);
  if (os === undefined) throw new Error(`the catalogue has no ${shortId}`);
  return os;
}

/** By `debian12`; where that names none, a version left out or written shorter is the newest that begins with it: `rhel9`, `freebsd14`. */
export function findSystem(shortId: string): OperatingSystem | null {
  const exact = BY_SHORT_ID.get(shortId);
  if (exact !== undefined) return exact;
  if (!/^[a-z]/.test(shortId)) return null;
  return (
    OPERATING_SYSTEMS.find((os) => {
      if (!os.shortId.startsWith(shortId)) return false;
      const rest = os.shortId.slice(shortId.length);
      // `fedora4` is not Fedora 44, and `win` or `win1` not Windows 11.
      return /^[.-]/.test(rest) || (/^\d/.test(rest) && !/\d$/.test(shortId) && os.distro === shortId);
    }) ?? null
  );
}

/**
 * By libosinfo's id, as a machine's metadata has it. One that is not in the catalogue is taken for the nearest of its line: a minor version for
 * its major one (`rhel/9.4`), a newer point release for an older (`freebsd/14.1`), anything of a rolling one for it.
 */
export function findSystemById(id: string): OperatingSystem | null {
  if (id.length > 256) return null;
  const exact = BY_ID.get(id.replace(/\/$/, '').replace(/^https:/, 'http:'));
  if (exact !== undefined) return exact;
  const match = /^https?:\/\/([a-z0-9.-]+\/[a-z0-9-]+)\/([a-z0-9.-]+)\/?$/.exec(id);
  const line = match?.[1];
  const version = match?.[2];
  if (line === undefined || version === undefined) return null;
  const family = OPERATING_SYSTEMS.filter((os) => os.id.startsWith(`http://${line}/`));
  const major = version.split('.')[0];
  return family.find((os) => os.version === '' || os.version.split('.')[0] === major) ?? null;
}
