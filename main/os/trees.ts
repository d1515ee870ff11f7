import type { ChecksumAlgorithm } from './images/cloud-image.ts';

/** A file of a tree, and what it must be. */
export interface TreeFile {
  /** Below the tree's address. */
  readonly path: string;
  readonly checksum: { readonly algorithm: ChecksumAlgorithm; readonly hex: string } | null;
}

/** How an installer's tree is made, for one architecture; paths are below its address. */
export interface TreeLayout {
  readonly kernel: string;
  readonly initrd: string;
  /** A list of SHA-256 sums; null: none is published. Its paths are below its own folder. */
  readonly sums: string | null;
  /** What the installer wants to be told of where it is from. */
  readonly source: 'none' | 'install';
}

/** Names of an architecture: ours, Debian's, of the installer's folder on Debian's discs. */
const ARCHES: Readonly<Record<string, readonly [debian: string, disc: string]>> = {
  x86_64: ['amd64', 'install.amd'],
  aarch64: ['arm64', 'install.a64'],
  i686: ['i386', 'install.386'],
};

/**
 * What a tree may look like that has no .treeinfo, the likeliest first: Debian's by the address of its installer, its release or its netboot
 * archive; Ubuntu's up to 20.04; a disc of Debian; openSUSE.
 */
export function treeLayouts(arch: string): TreeLayout[] {
  const [debian, disc] = ARCHES[arch] ?? [arch, null];
  const netboot = (images: string, distro: string): TreeLayout => ({
    kernel: `${images}netboot/${distro}-installer/${debian}/linux`,
    initrd: `${images}netboot/${distro}-installer/${debian}/initrd.gz`,
    sums: `${images}SHA256SUMS`,
    source: 'none',
  });
  const installer = `main/installer-${debian}`;
  const plain = (kernel: string, initrd: string, source: TreeLayout['source'] = 'none'): TreeLayout => ({
    kernel,
    initrd,
    sums: null,
    source,
  });
  const suse = arch === 'i686' ? 'i386' : arch;
  return [
    netboot('current/images/', 'debian'),
    netboot(`${installer}/current/images/`, 'debian'),
    plain(`debian-installer/${debian}/linux`, `debian-installer/${debian}/initrd.gz`),
    netboot('current/legacy-images/', 'ubuntu'),
    netboot(`${installer}/current/legacy-images/`, 'ubuntu'),
    netboot('current/images/', 'ubuntu'),
    ...(disc === null ? [] : [plain(`${disc}/vmlinuz`, `${disc}/initrd.gz`)]),
    plain(`boot/${suse}/loader/linux`, `boot/${suse}/loader/initrd`, 'install'),
  ];
}

/** What of a tree's .treeinfo boots its installer. */
export interface TreeInfo {
  /** As the tree calls itself; empty: it does not. */
  readonly family: string;
  readonly kernel: TreeFile;
  readonly initrd: TreeFile;
}

export class TreeInfoError extends Error {
  override readonly name = 'TreeInfoError';
}

/** Fedora's have some KiB. */
export const MAX_TREEINFO_CHARS = 262_144;

/**
 * Reads a .treeinfo (productmd, "Treeinfo file format 1.2"; older ones have the same sections) of Fedora, RHEL, their kin and openSUSE.
 * @throws {TreeInfoError} when it names no kernel and initrd of the architecture within the tree
 */
export function parseTreeinfo(text: string, arch: string): TreeInfo {
  if (text.length > MAX_TREEINFO_CHARS) throw new TreeInfoError('It is too long.');
  const sections = sectionsOf(text);
  const images = sections.get(`images-${arch === 'i686' ? 'i386' : arch}`);
  if (images === undefined) {
    const others = [...sections.keys()].flatMap((name) => /^images-(\w{1,20})$/.exec(name)?.[1] ?? []);
    throw new TreeInfoError(
      others.length === 0
        ? 'It names no kernel to boot.'
        : `It is for ${others.slice(0, 5).join(', ')}, not for ${arch}.`,
    );
  }
  const sums = sections.get('checksums');
  const fileOf = (key: string): TreeFile => {
    const path = images.get(key) ?? '';
    if (!isWithin(path)) throw new TreeInfoError(`It names no ${key} within the tree.`);
    return { path, checksum: checksumOf(sums?.get(path)) };
  };
  const family = (sections.get('general')?.get('family') ?? '').slice(0, 100);
  return { family, kernel: fileOf('kernel'), initrd: fileOf('initrd') };
}

function sectionsOf(text: string): Map<string, Map<string, string>> {
  const sections = new Map<string, Map<string, string>>();
  let current = new Map<string, string>();
  // Without expressions that look for the end of blanks: a line of blanks alone would take them minutes.
  for (const line of text.split('\n')) {
    const trimmed = line.trimEnd();
    if (trimmed.startsWith('[') && trimmed.endsWith(']')) {
      const section = trimmed.slice(1, -1);
      current = sections.get(section) ?? new Map<string, string>();
      sections.set(section, current);
      continue;
    }
    const equals = trimmed.indexOf('=');
    // What begins with a blank goes on with the line before; nothing that is read here has such lines.
    if (equals < 1 || /^[#;\s]/.test(trimmed)) continue;
    current.set(trimmed.slice(0, equals).trimEnd(), trimmed.slice(equals + 1).trimStart());
  }
  return sections;
}

/** A plain path that leaves neither the tree nor the server. */
function isWithin(path: string): boolean {
  return (
    /^[\w.+-][\w.+/-]{0,500}$/.test(path) &&
    path.split('/').every((part) => part !== '' && part !== '.' && part !== '..')
  );
}

/** `sha256:…`; older kinds do not count. */
function checksumOf(value: string | undefined): TreeFile['checksum'] {
  const [, hex] = /^sha256:([0-9a-f]{64})$/i.exec(value ?? '') ?? [];
  return hex === undefined ? null : { algorithm: 'sha256', hex: hex.toLowerCase() };
}

/** The sum of a file in a list of `sha256sum`, by its whole path: names like `linux` are there many times. */
export function sumOfPath(text: string, path: string): TreeFile['checksum'] {
  for (const line of text.split('\n')) {
    const [, hex, name] = /^([0-9a-f]{64}) [ *](?:\.\/)?(\S+)$/i.exec(line.trim()) ?? [];
    if (name === path && hex !== undefined) return { algorithm: 'sha256', hex: hex.toLowerCase() };
  }
  return null;
}
