import type { DomainDetail } from '../../../main/contract/domain.ts';

const NAMES: Readonly<Record<string, string>> = {
  almalinux: 'AlmaLinux',
  alpinelinux: 'Alpine Linux',
  archlinux: 'Arch Linux',
  centos: 'CentOS',
  debian: 'Debian',
  fedora: 'Fedora',
  freebsd: 'FreeBSD',
  gentoo: 'Gentoo',
  netbsd: 'NetBSD',
  openbsd: 'OpenBSD',
  opensuse: 'openSUSE',
  oracle: 'Oracle Linux',
  redhat: 'RHEL',
  rhel: 'RHEL',
  rocky: 'Rocky Linux',
  suse: 'SUSE',
  ubuntu: 'Ubuntu',
  microsoft: 'Windows',
};

/** `http://debian.org/debian/12` of libosinfo becomes `Debian 12`; null where the XML does not say what runs in it. */
export function osName({ osinfo }: Pick<DomainDetail, 'osinfo'>): string | null {
  if (osinfo === null) return null;
  const [vendor = '', product = '', version = ''] = osinfo.replace(/^https?:\/\//, '').split('/');
  const windows = vendor.startsWith('microsoft');
  const name = windows ? 'Windows' : (NAMES[product] ?? product);
  // libosinfo names Windows by its short code: `win/10`, `win/2k22`.
  return `${name} ${windows ? version.replace('2k', '20') : version}`.trim();
}
