import { execFile, execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  closeSync,
  copyFileSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  statSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';

export const MIB = 1 << 20;

/** The tools that save a partition as Clonezilla does. */
export const TOOLS = [
  'sfdisk',
  'sgdisk',
  'fdisk',
  'parted',
  'mkfs.ext4',
  'e2fsck',
  'mkfs.vfat',
  'mkfs.ntfs',
  'ntfsfix',
  'mkswap',
  'partclone.extfs',
  'partclone.ntfs',
  'partclone.vfat',
  'gzip',
  'bzip2',
  'lzop',
  'mcopy',
  'xz',
  'zstd',
  'split',
  'pvck',
];

const BASH = ['-euo', 'pipefail', '-c'];

function environment(): NodeJS.ProcessEnv {
  const { PATH = '', ...env } = process.env;
  // pvck complains of what a test runner leaves open.
  return { ...env, PATH: `${PATH}:/usr/sbin:/sbin`, LC_ALL: 'C', LVM_SUPPRESS_FD_WARNINGS: '1' };
}

/** A disk as a file, and the directory that an image of it is saved to, by the tools that Clonezilla calls. */
export class SavedMachine {
  readonly folder: string;
  readonly image: string;

  constructor(folder: string) {
    this.folder = folder;
    this.image = path.join(folder, 'image');
    mkdirSync(this.image, { recursive: true });
    this.write(
      'clonezilla-img',
      'This image was saved by Clonezilla.\n### Image created time: 2026-1126-1300\n',
    );
  }

  /** A shell's lines in the folder. */
  sh(script: string): string {
    return execFileSync('bash', [...BASH, script], {
      cwd: this.folder,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'pipe'],
      env: environment(),
    });
  }

  write(name: string, content: string | Uint8Array): void {
    writeFileSync(path.join(this.image, name), content);
  }

  read(name: string): Buffer {
    return readFileSync(path.join(this.image, name));
  }

  /** A disk of zeros, partitioned by sfdisk. */
  partition(disk: string, sizeBytes: number, script: string): void {
    this.blank(disk, sizeBytes);
    this.sh(`sfdisk -q ${disk} <<'EOF'\n${script}\nEOF`);
  }

  blank(name: string, sizeBytes: number): void {
    const file = path.join(this.folder, name);
    writeFileSync(file, '');
    truncateSync(file, sizeBytes);
  }

  /** Writes a file's bytes to a place of a disk. */
  put(file: string, disk: string, offset: number): void {
    const handle = openSync(path.join(this.folder, disk), 'r+');
    writeSync(handle, readFileSync(path.join(this.folder, file)), 0, undefined, offset);
    closeSync(handle);
  }

  /** What `save_part_table_mbr_dm_info` of Clonezilla writes. */
  saveTables(disk: string, kind: 'gpt' | 'dos'): void {
    const dump = this.sh(`sfdisk -d ${this.folder}/${disk}`).replaceAll(`${this.folder}/`, '/dev/');
    this.write(`${disk}-pt.sf`, dump);
    const print = this.sh(`parted -s ${this.folder}/${disk} unit s print`).replaceAll(
      `${this.folder}/`,
      '/dev/',
    );
    this.write(`${disk}-pt.parted`, print);
    const sectors = statSync(path.join(this.folder, disk)).size / 512;
    const cut = (name: string, skip: number, count: number): string =>
      this.sh(`dd if=${disk} of=image/${name} bs=512 skip=${skip} count=${count} status=none`);
    cut(`${disk}-mbr`, 0, 1);
    if (kind === 'dos') return;
    cut(`${disk}-gpt-1st`, 0, 34);
    // One sector late, as Clonezilla counts.
    cut(`${disk}-gpt-2nd`, sectors - 32, 33);
  }

  /** `partclone` of a file with a file system, packed and split as `split -b` does. It waits for a second or two at its end: let others run meanwhile. */
  async save(
    file: string,
    as: { device: string; fs: string; pack: string; suffix: string; splitBytes?: number },
  ): Promise<void> {
    const { device, fs, pack, suffix, splitBytes } = as;
    const name = `image/${device}.${fs}-ptcl-img.${suffix}`;
    const program = fs.startsWith('ext') ? 'extfs' : fs;
    const out = splitBytes === undefined ? `> ${name}` : `| split -a 2 -b ${splitBytes} - ${name}.`;
    const line = `partclone.${program} -c -f 1 -L ${device}.log -s ${file} -o - 2>/dev/null | ${pack} ${out}`;
    await promisify(execFile)('bash', [...BASH, line], { cwd: this.folder, env: environment() });
  }

  /** `sha256sum *` */
  sum(): void {
    const lines = readdirSync(this.image).map(
      (name) => `${createHash('sha256').update(this.read(name)).digest('hex')}  ${name}\n`,
    );
    this.write('SHA256SUMS', lines.join(''));
  }

  copy(name: string, to: string): void {
    copyFileSync(path.join(this.folder, name), path.join(this.folder, to));
  }
}
