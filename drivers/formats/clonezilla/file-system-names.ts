/** Names that Clonezilla gives to files, and those that headers of images have, of the same file systems. */
const FAMILIES: readonly RegExp[] = [
  /^ext(?:2|3|4|4dev|fs)$/,
  /^v?fat(?:12|16|32|xx)?$/,
  /^hfs(?:p|\+| ?plus)$/,
  /^nilfs2?$/,
  /^vmfs[356]?$/,
  ...['ntfs', 'xfs', 'btrfs', 'exfat', 'f2fs', 'jfs', 'minix', 'reiserfs', 'reiser4', 'ufs', 'apfs'].map(
    (name) => new RegExp(`^${name}$`),
  ),
];

/**
 * Whether two names are surely of different file systems; a name that is not known may be of any.
 * @param named in a file's name: `ext4`
 * @param told by an image's header: `EXTFS`
 */
export function isOtherFileSystem(named: string, told: string): boolean {
  const [a, b] = [named, told].map((name) => FAMILIES.findIndex((family) => family.test(name.toLowerCase())));
  return a !== -1 && b !== -1 && a !== b;
}
