import { Option, type Command } from 'commander';
import { POOL_TYPES, type PoolType } from '../contract/storage.ts';
import {
  actOnPool,
  createPool,
  deletePool,
  listPools,
  showPool,
  showSources,
  type PoolOptions,
} from './commands/pool.ts';
import {
  cloneVolume,
  createVolume,
  downloadVolume,
  listVolumes,
  loseVolume,
  moveDisk,
  resizeVolume,
  showVolume,
  uploadFile,
  type VolumeOptions,
} from './commands/vol.ts';
import type { Work } from './program.ts';
import { parseSize } from './size.ts';

type Run = (work: Work) => Promise<void>;

const several = (text: string, before: string[]): string[] => [...before, text];
const formats = (): Option => new Option('--format <format>', 'what the volume is').choices(['raw', 'qcow2']);

/** Of `--unseen`. */
export const UNSEEN = 'also where it cannot be seen whether something needs it, as in pools that are stopped';

const NO_CHECKSUM = 'tell no SHA-256, for which empty parts of a file are counted too';

/** `virtlane pool …` */
export function addPools(program: Command, run: Run): void {
  const pool = program.command('pool').description('storage pools: list, make, start, delete');
  pool
    .command('list')
    .description('list the pools')
    .action(() => run(listPools));
  pool
    .command('info')
    .description('show one pool')
    .argument('<pool>', 'name, UUID or host/name')
    .action((name: string) => run((session) => showPool(session, name)));
  pool
    .command('create')
    .description('make a pool and start it')
    .argument('<name>', 'host/name where there are several hosts')
    .addOption(new Option('--type <type>', 'what it is made of').choices(POOL_TYPES).default('dir'))
    .option(
      '--path <folder>',
      'where its volumes are on the host (else: /var/lib/libvirt/NAME, where the type is of folders)',
    )
    .option('--device <path>', 'a device, or a target’s IQN; may be given several times', several, [])
    .option('--server <host>', 'host or host:port; may be given several times', several, [])
    .option('--dir <folder>', 'the folder that the server exports')
    .option('--source-name <name>', 'volume group, RBD pool, gluster volume, ZFS dataset')
    .option('--format <format>', 'ext4, nfs, gpt, …')
    .option('--adapter <name>', 'scsi_host0')
    .option('--initiator <iqn>', 'of iSCSI')
    .option('--username <name>', 'of the login, with --secret-file')
    .option('--secret-file <file>', 'a file that holds the password or key')
    .option('--build', 'make what is not there; never over something that is', false)
    .option('--autostart', 'start with its host', false)
    .action((name: string, options: PoolOptions) => run((session) => createPool(session, name, options)));
  for (const [action, description] of [
    ['start', 'start a pool'],
    ['stop', 'stop a pool: its files stay, out of sight'],
    ['refresh', 'look again at what is in a pool'],
  ] as const)
    pool
      .command(action)
      .description(description)
      .argument('<pool>')
      .action((name: string) => run((session) => actOnPool(session, name, action)));
  pool
    .command('autostart')
    .description('start with its host from now on')
    .argument('<pool>')
    .option('--off', 'do not start with its host', false)
    .action((name: string, { off }: { off: boolean }) =>
      run((session) => actOnPool(session, name, off ? 'noAutostart' : 'autostart')),
    );
  pool
    .command('delete')
    .description('forget a pool; what is in it stays unless told')
    .argument('<pool>')
    .option('--volumes', 'delete everything that is in it, too', false)
    .option('--yes', 'do not ask', false)
    .option('--unseen', UNSEEN, false)
    .action((name: string, options: { volumes: boolean; yes: boolean; unseen: boolean }) =>
      run((session) => deletePool(session, name, options)),
    );
  pool
    .command('sources')
    .description('show what a host finds for a type of pool')
    .argument('<type>', POOL_TYPES.join(', '))
    .option('--server <host>', 'where it looks: of netfs, iscsi, iscsi-direct, gluster')
    .option('--initiator <iqn>', 'who it is: of iscsi-direct')
    .action((type: PoolType, at: { server?: string; initiator?: string }) =>
      run((session) => showSources(session, type, at)),
    );
}

/** `virtlane vol …` */
export function addVolumes(program: Command, run: Run): void {
  const vol = program.command('vol').description('volumes of pools: list, make, copy, send, delete');
  const one = (name: string, description: string): Command =>
    vol.command(name).description(description).argument('<pool>').argument('<volume>');
  vol
    .command('list')
    .description('list what is in a pool, and who uses it')
    .argument('<pool>')
    .action((pool: string) => run((session) => listVolumes(session, pool)));
  one('info', 'show one volume').action((pool: string, name: string) =>
    run((session) => showVolume(session, pool, name)),
  );
  one('create', 'make an empty volume')
    .addOption(new Option('--size <size>', '20G, 512M').argParser(parseSize).makeOptionMandatory())
    .addOption(formats().default('qcow2'))
    .addOption(
      new Option('--preallocation <how>', 'what is taken from the pool at once').choices([
        'none',
        'metadata',
        'full',
      ]),
    )
    .option('--backing <path>', 'the file that it lies on; it must not change any more')
    .option('--passphrase-file <file>', 'encrypt it with LUKS, with the passphrase in this file')
    .action((pool: string, name: string, options: VolumeOptions) =>
      run((session) => createVolume(session, pool, { name, options })),
    );
  vol
    .command('upload')
    .description('make a volume of a file of this computer')
    .argument('<pool>')
    .argument('<file>')
    .option('--name <name>', 'of the volume; the file’s name unless told')
    .option('--convert', 'the file is raw, the volume becomes qcow2', false)
    .option('--no-checksum', NO_CHECKSUM)
    .action((pool: string, file: string, options: { name?: string; convert: boolean; checksum: boolean }) =>
      run((session) => uploadFile(session, pool, { file, name: undefined, ...options })),
    );
  one('download', 'save a volume as a file of this computer')
    .requiredOption('-o, --output <file>', 'the file; empty parts become holes')
    .option('--no-checksum', NO_CHECKSUM)
    .action((pool: string, name: string, { output, checksum }: { output: string; checksum: boolean }) =>
      run((session) => downloadVolume(session, pool, { name, file: output, checksum })),
    );
  one('resize', 'change the size; the disk of a machine that runs grows in the guest’s sight')
    .argument('<size>', '20G, 512M', parseSize)
    .option('--shrink', 'what is beyond the new end may go', false)
    .option('--unseen', UNSEEN, false)
    .action((pool: string, name: string, size: number, options: { shrink: boolean; unseen: boolean }) =>
      run((session) => resizeVolume(session, pool, { name, size, ...options })),
    );
  one('clone', 'copy a volume')
    .argument('<new-name>')
    .option('--to <pool>', 'another pool of the same host')
    .addOption(formats())
    .action(
      (pool: string, name: string, newName: string, options: { to?: string; format?: 'raw' | 'qcow2' }) =>
        run((session) => cloneVolume(session, pool, { name, newName, ...options })),
    );
  for (const [action, description] of [
    ['wipe', 'overwrite a volume with zeros'],
    ['delete', 'delete a volume for good'],
  ] as const)
    one(action, description)
      .option('--yes', 'do not ask', false)
      .option('--unseen', UNSEEN, false)
      .action((pool: string, name: string, options: { yes: boolean; unseen: boolean }) =>
        run((session) => loseVolume(session, pool, { name, action, ...options })),
      );
  vol
    .command('move')
    .description('move a disk of a machine that runs to another pool, without a stop')
    .argument('<vm>')
    .argument('<target>', 'vda, sda, …')
    .argument('<pool>')
    .option('--delete-source', 'delete the file that it leaves', false)
    .action((vm: string, target: string, to: string, { deleteSource }: { deleteSource: boolean }) =>
      run((session) => moveDisk(session, vm, { target, to, deleteSource })),
    );
}
