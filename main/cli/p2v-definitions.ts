import { existsSync } from 'node:fs';
import { Option, type Command } from 'commander';
import type { ImportFlags } from './commands/p2v-import.ts';
import type { ProbeFlags } from './commands/p2v-probe.ts';
import type { RestoreOptions } from './commands/p2v.ts';
import type { VirtioFlags } from './commands/p2v-virtio.ts';
import type { ImageFrom } from './commands/p2v-place.ts';
import { positiveInteger } from './definitions.ts';
import { hostPath } from './host-path.ts';
import type { Output } from './output.ts';
import type { Work } from './program.ts';
import { parseSize } from './size.ts';

/** What a command does on this computer alone; a number is its exit code. */
export type LocalWork = (output: Output) => Promise<number>;

const several = (text: string, before: string[]): string[] => [...before, text];

interface KeyFlags {
  readonly keyFile?: string;
}
const KEY_FILE = '--key-file <file>';

export interface P2vRuns {
  readonly here: (work: LocalWork) => Promise<void>;
  readonly onHosts: (work: Work) => Promise<void>;
}

/** `virtlane p2v …`. What reads images is loaded when it is needed. */
export function addP2v(program: Command, { here: run, onHosts }: P2vRuns): void {
  const p2v = program
    .command('p2v')
    .description('disks of physical machines: images of Clonezilla’s, VHDX, VHD');
  const image = 'the directory of one image, a tar of it';
  const places = '; of this computer, or HOST:/PATH';
  const one = (name: string, description: string): Command =>
    p2v
      .command(name)
      .description(description)
      .argument('<dir>', `${image}, a VHDX or VHD${places}`)
      .option(KEY_FILE, 'of another machine that it is on: a private key to try first');
  /** Of this computer, or of a host. */
  const from = (
    text: string,
    { keyFile }: KeyFlags,
    work: (image: ImageFrom) => Promise<number>,
  ): Promise<void> => {
    const at = hostPath(text);
    if (at === null)
      return run(async (output) => work((await import('./commands/p2v-place.ts')).imageHere(output, text)));
    return onHosts(async (session) =>
      (await import('./commands/p2v-place.ts')).withImageOn(session, at, keyFile, work),
    );
  };
  one('inspect', 'show the disks, partitions and file systems of an image, and the machine it is of').action(
    (dir: string, key: KeyFlags) =>
      from(dir, key, async (image) => (await import('./commands/p2v.ts')).inspectImage(image)),
  );
  one('verify', 'read all of an image and check every checksum that it has').action(
    (dir: string, key: KeyFlags) =>
      from(dir, key, async (image) => (await import('./commands/p2v.ts')).verifyDirectory(image)),
  );
  one('restore', 'make a raw disk of a disk of an image')
    .requiredOption('--to-raw <file>', 'the new file; empty parts become holes')
    .option('--disk <name>', 'sda, nvme0n1: which one, where the image has several')
    .option('--size <size>', '20G, 512M: larger than the saved disk', parseSize)
    .action((dir: string, options: RestoreOptions & KeyFlags) =>
      from(dir, options, async (image) => (await import('./commands/p2v.ts')).restoreDisk(image, options)),
    );
  p2v
    .command('probe')
    .description('look at a running machine by SSH, and tell what a copy of it would take; changes nothing')
    .argument('<machine>', 'root@server, or a user who may use sudo')
    .option(KEY_FILE, 'a private key to try first')
    .action((machine: string, flags: ProbeFlags) =>
      onHosts(async (session) =>
        (await import('./commands/p2v-probe.ts')).probeMachine(session, machine, flags),
      ),
    );
  const option = (flags: string, description: string): Option => new Option(flags, description);
  const list = (flags: string, description: string): Option =>
    option(flags, description).argParser(several).default([]);
  p2v
    .command('import')
    .description('make a machine on a host, of an image or of a machine that runs')
    .argument(
      '<dir...>',
      `${image}, a VHDX or VHD; of several disks the VHDX or VHD of each, in order${places}; or root@server, a Linux machine that runs`,
    )
    .requiredOption('--name <name>', 'of the machine')
    .option('--host <host>', 'where, when several hosts are connected')
    .option('--pool <pool>', 'for its disks (else: default)')
    .addOption(list('--disk <name>', 'sda, nvme0n1 of the image; may be given several times (else: all)'))
    .addOption(option('--format <format>', 'of its disks').choices(['qcow2', 'raw']).default('qcow2'))
    .addOption(option('--memory <size>', '2GiB (else: as the machine had)').argParser(parseSize))
    .addOption(option('--vcpus <n>', 'virtual CPUs (else: as the machine had)').argParser(positiveInteger))
    .addOption(list('--network <network>', 'of its cards, in order: a network, bridge:br0, user or none'))
    .addOption(option('--firmware <firmware>', 'else: as the machine had').choices(['bios', 'efi']))
    .option('--new-macs', 'MACs of its own, not those of the machine', false)
    .option('--verify', 'read all of the image and check it before anything is made', false)
    .option('--virt-v2v', 'let the host’s virt-v2v prepare the copy for virtio', false)
    .addOption(
      list(
        '--allow <changes>',
        'what may be done on a machine that runs: snapshot, services, first-boot, direct, or what p2v probe lists; with commas',
      ),
    )
    .option(KEY_FILE, 'of a machine that runs, or that the image is on: a private key to try first')
    .addOption(list('--set <field=value>', 'any field: memory.hugepages=true; may be given several times'))
    .option('--start', 'start it when it is made', false)
    .option('--autostart', 'start with its host', false)
    .option('--dry-run', 'only say what would be done', false)
    .option('--show-xml', 'only print its XML', false)
    .action((named: string[], flags: ImportFlags) =>
      onHosts(async (session) => {
        const machine = runningMachine(named);
        if (machine === null)
          return (await import('./commands/p2v-import.ts')).importImage(session, named, flags);
        return (await import('./commands/p2v-import-live.ts')).importRunning(session, machine, flags);
      }),
    );
  p2v
    .command('virtio')
    .description('put a machine that is off on virtio, in two steps: for Windows')
    .argument('<vm>', 'name, UUID or host/name')
    .option('--prepare', 'add a small disk on virtio, so that the system installs the drivers', false)
    .option('--finish', 'put its disks and cards on virtio, and take the small disk away', false)
    .option('--drop', 'take the small disk away again, and leave all else as it is', false)
    .option('--drivers <volume>', 'with --prepare: the CD of virtio’s drivers, a volume of the host')
    .option('--pool <pool>', 'that the CD is in (else: default)')
    .option('--dry-run', 'only say what would be done', false)
    .action((vm: string, flags: VirtioFlags) =>
      onHosts(async (session) => (await import('./commands/p2v-virtio.ts')).putOnVirtio(session, vm, flags)),
    );
}

/** `root@server`, `ssh://server`: a machine and no path; null: it is a file or folder. */
function runningMachine(named: readonly string[]): string | null {
  const [first = '', other] = named;
  if (other !== undefined || existsSync(first)) return null;
  return /^(?:ssh:\/\/|[^@/\\\s]+@(?:\[[^\]]+\]|[^:/\\\s]+)(?::\d+)?$)/.test(first) ? first : null;
}
