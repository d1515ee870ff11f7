import type { Command } from 'commander';
import type { RestoreOptions } from './commands/p2v.ts';
import type { Output } from './output.ts';
import { parseSize } from './size.ts';

/** What a command does on this computer alone; a number is its exit code. */
export type LocalWork = (output: Output) => Promise<number>;

/** `virtlane p2v …`. What reads images is loaded when it is needed. */
export function addP2v(program: Command, run: (work: LocalWork) => Promise<void>): void {
  const p2v = program
    .command('p2v')
    .description('disks of physical machines: images of Clonezilla’s, VHDX, VHD');
  const one = (name: string, description: string): Command =>
    p2v
      .command(name)
      .description(description)
      .argument('<dir>', 'the directory of one image on this computer, a tar of it, a VHDX or VHD');
  one('inspect', 'show the disks, partitions and file systems of an image, and the machine it is of').action(
    (dir: string) => run(async (output) => (await import('./commands/p2v.ts')).inspectImage(output, dir)),
  );
  one('verify', 'read all of an image and check every checksum that it has').action((dir: string) =>
    run(async (output) => (await import('./commands/p2v.ts')).verifyDirectory(output, dir)),
  );
  one('restore', 'make a raw disk of a disk of an image')
    .requiredOption('--to-raw <file>', 'the new file; empty parts become holes')
    .option('--disk <name>', 'sda, nvme0n1: which one, where the image has several')
    .option('--size <size>', '20G, 512M: larger than the saved disk', parseSize)
    .action((dir: string, options: RestoreOptions) =>
      run(async (output) => (await import('./commands/p2v.ts')).restoreDisk(output, dir, options)),
    );
}
