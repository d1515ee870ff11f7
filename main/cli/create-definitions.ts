import { Option, type Command } from 'commander';
import { createMachine, type CreateFlags } from './commands/create.ts';
import { positiveInteger } from './definitions.ts';
import type { Work } from './program.ts';
import { parseSize } from './size.ts';

type Run = (work: Work) => Promise<void>;

const several = (text: string, before: string[]): string[] => [...before, text];

/** `virtlane create` */
export function addCreate(program: Command, run: Run): void {
  const option = (flags: string, description: string): Option => new Option(flags, description);
  const list = (flags: string, description: string): Option =>
    option(flags, description).argParser(several).default([]);
  program
    .command('create')
    .description('make a machine, or several by a pattern')
    .argument('<name>', 'web-1; web-## with --count 3: web-01 to web-03')
    .option('--host <host>', 'where, when several hosts are connected')
    .option('--os <id>', 'debian12, win11, …: what suits it (else: what suits anything)')
    .option('--iso <iso>', 'installer: a volume, pool/volume, ./file or URL')
    .option('--tree <url>', 'install tree: its URL, or auto for the one of --os')
    .option('--extra-args <words>', 'added to the command line of the tree’s kernel')
    .option('--cloud-image <image>', 'debian-12, … of the catalogue; a volume, pool/volume, ./file or URL')
    .option('--checksum <hex>', 'SHA-256 or SHA-512 of what the URL has')
    .addOption(
      list('--disk <volume>', 'a disk that is there: volume or pool/volume; may be given several times'),
    )
    .option('--pxe', 'start from the network', false)
    .option(
      '--container <root>',
      'LXC: a tar archive as for --iso; dir:/folder of the host; host: its own files',
    )
    .option('--init <path>', 'container: the first program (else: /sbin/init)')
    .addOption(list('--arg <text>', 'container: of the first program; may be given several times'))
    .addOption(list('--env <name=value>', 'container: may be given several times'))
    .option('--unprivileged', 'container: its root is no root of the host', false)
    .addOption(option('--count <n>', 'how many').argParser(positiveInteger).default(1))
    .addOption(option('--memory <size>', '2GiB').argParser(parseSize))
    .addOption(option('--vcpus <n>', 'virtual CPUs').argParser(positiveInteger))
    .addOption(option('--disk-size <size>', 'of the new disk: 20GiB').argParser(parseSize))
    .option('--pool <pool>', 'for new disks (else: default)')
    .addOption(list('--network <network>', 'a network, bridge:br0, user or none; may be given several times'))
    .addOption(option('--firmware <firmware>', 'what boots it').choices(['bios', 'efi']))
    .option('--arch <arch>', 'architecture (else: the host’s)')
    .addOption(option('--virt-type <type>', 'kvm, or emulated').choices(['kvm', 'qemu']))
    .addOption(option('--graphics <type>', 'the screen').choices(['vnc', 'spice', 'none']))
    .option('--unattended', 'the installer of the ISO or tree asks nothing; needs --os', false)
    .option('--user <name>', 'of a cloud image, or installed unattended: a user who may become root')
    .addOption(list('--ssh-key <file>', 'a public key of the user; may be given several times'))
    .option('--password-file <file>', 'the user’s password; - is standard input')
    .option('--hostname <name>', 'else: the machine’s name')
    .addOption(list('--package <name>', 'installed too; may be given several times'))
    .option('--timezone <zone>', 'unattended: Europe/Paris (else: UTC)')
    .option('--locale <locale>', 'unattended: fr_FR (else: en_US)')
    .option('--keyboard <layout>', 'unattended: fr (else: us)')
    .option(
      '--mirror <url>',
      'unattended Debian, Fedora…: where packages are from (else: the tree’s, or the system’s own)',
    )
    .addOption(option('--edition <n>', 'unattended Windows: which of the ISO').argParser(positiveInteger))
    .option('--product-key-file <file>', 'unattended Windows: the product key')
    .option(
      '--virtio-win <iso>',
      'Windows: the CD of its drivers: volume, pool/volume, or stable, which is fetched once',
    )
    .option('--cloud-init <file>', 'cloud-config that is put over the rest')
    .option('--template <id>', 'web, database, docker, load-balancer')
    .addOption(
      list(
        '--backend <vm>',
        'of the load balancer: NAME[:PORT] or an address[:PORT]; may be given several times',
      ),
    )
    .option('--copy', 'a copy of the image, not a disk that lies on it', false)
    .option('--title <title>', 'shown beside its name')
    .option('--description <text>', 'notes')
    .addOption(list('--tag <tag>', 'a word that it is found by; may be given several times'))
    .addOption(list('--set <field=value>', 'any field: memory.hugepages=true; may be given several times'))
    .option('--xml <file>', 'XML in place of what is made, as --show-xml prints it; - is standard input')
    .option('--no-start', 'leave it off')
    .option('--autostart', 'start with its host', false)
    .option('--dry-run', 'only say what would be done', false)
    .option('--show-fields', 'only print all fields, as --set takes them', false)
    .option('--show-xml', 'only print the XML of the first machine', false)
    .action((name: string, flags: CreateFlags) => run((session) => createMachine(session, name, flags)));
}
