/** How makers name their files, in lower case, and whose short id that is; `$1` and `$2` are what the parentheses held. */
const NAMES: readonly (readonly [pattern: RegExp, shortId: string])[] = [
  [/^debian-(?:live-)?(1\d)\b/, 'debian$1'],
  [/^ubuntu-(\d\d\.\d\d)/, 'ubuntu$1'],
  [/^linuxmint-(\d\d)/, 'linuxmint$1'],
  [/^kali-linux-/, 'kali'],
  [/^proxmox-ve_/, 'proxmox-ve'],
  [/^fedora-coreos-/, 'fedora-coreos-stable'],
  [/^fedora-[a-z-]+(?:x86_64-|aarch64-)?(\d\d)\b/, 'fedora$1'],
  [/^rhel-(\d+)/, 'rhel$1-unknown'],
  [/^almalinux-(\d+)/, 'almalinux$1'],
  [/^rocky-(\d+)/, 'rocky$1'],
  [/^centos-stream-(?:genericcloud-)?(\d+)/, 'centos-stream$1'],
  [/^oraclelinux-r(\d+)/, 'ol$1-unknown'],
  [/^(?:opensuse-)?leap-(\d\d\.\d)/, 'opensuse$1'],
  [/^opensuse-tumbleweed-/, 'opensusetumbleweed'],
  [/^sles?-?15-sp(\d)/, 'sle15sp$1'],
  [/^sles-16\.0/, 'sle16.0'],
  [/^arch(?:linux)?-/, 'archlinux'],
  [/^(?:nocloud_)?alpine-(?:[a-z]+-)?(\d\.\d+)/, 'alpinelinux$1'],
  [/^install-amd64-minimal-/, 'gentoo'],
  [/^nixos-/, 'nixos-unknown'],
  [/^mageia-9/, 'mageia9'],
  [/^void-live-/, 'voidlinux'],
  [/^flatcar_/, 'flatcar'],
  [/^(?:talos|metal)-(?:amd64|arm64)/, 'talos'],
  [/^freebsd-(\d+)/, 'freebsd$1'],
  [/^netbsd-(\d+)/, 'netbsd$1'],
  [/^pfsense-|^netgate-installer/, 'pfsense'],
  [/^opnsense-/, 'opnsense'],
  [/server[-_ ]?2025|win2k25/, 'win2k25'],
  [/server[-_ ]?2022|win2k22/, 'win2k22'],
  [/server[-_ ]?2019|win2k19/, 'win2k19'],
  [/server[-_ ]?2016|win2k16/, 'win2k16'],
  [/server[-_ ]?2012[-_ ]?r2/, 'win2k12r2'],
  [/server[-_ ]?2012/, 'win2k12'],
  [/server[-_ ]?2008[-_ ]?r2/, 'win2k8r2'],
  [/\bwin(?:dows)?[-_ ]?11|^22[0-9]{3}\.|^26[0-9]{3}\./, 'win11'],
  [/\bwin(?:dows)?[-_ ]?10|^19[0-9]{3}\./, 'win10'],
  [/\bwin(?:dows)?[-_ ]?8\.?1/, 'win8.1'],
  [/\bwin(?:dows)?[-_ ]?7/, 'win7'],
  [/\bwin(?:dows)?[-_ ]?xp/, 'winxp'],
];

/** The short id that a file's name points at, which need not be in the catalogue; null: none. A hint, no more: files are renamed. */
export function hintOf(fileName: string): string | null {
  const name = fileName
    .slice(-255)
    .replace(/^.*[/\\]/, '')
    .toLowerCase();
  for (const [pattern, shortId] of NAMES) {
    const match = pattern.exec(name);
    if (match !== null) return shortId.replace('$1', match[1] ?? '');
  }
  return null;
}
