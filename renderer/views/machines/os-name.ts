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

/** `http://debian.org/debian/12` of libosinfo becomes `Debian 12`; without it what the XML says of the type. */
export function osName(detail: Pick<DomainDetail, 'osinfo' | 'osType' | 'arch'>): string {
  const { osinfo, osType, arch } = detail;
  if (osinfo === null) return `${osType}, ${arch}`;
  const [vendor = '', product = '', version = ''] = osinfo.replace(/^https?:\/\//, '').split('/');
  const windows = vendor.startsWith('microsoft');
  const name = windows ? 'Windows' : (NAMES[product] ?? product);
  // libosinfo names Windows by its short code: `win/10`, `win/2k22`.
  return `${name} ${windows ? version.replace('2k', '20') : version}`.trim();
}
