import { InvalidArgumentError, Option, type Command } from 'commander';
import type { ChangeFlags, CreateFlags, NetworkAction } from './commands/net-change.ts';
import type { Work } from './program.ts';

type Run = (work: Work) => Promise<void>;

const MODES = ['isolated', 'nat', 'route', 'open', 'bridge', 'private', 'vepa', 'passthrough', 'hostdev'];

/** `net`: virtual networks. What the commands need is loaded when one of them is called. */
export function addNetworks(program: Command, run: Run): void {
  const net = program.command('net').description('virtual networks: list, info, create, edit, …');
  const view = () => import('./commands/net.ts');
  net
    .command('list')
    .description('list the networks')
    .action(() => run(async (session) => (await view()).listNetworks(session)));
  net
    .command('info')
    .description('show one network: addresses, leases, machines')
    .argument('<net>', 'name, UUID or host/name')
    .action((name: string) => run(async (session) => (await view()).showNetwork(session, name)));
  net
    .command('leases')
    .description('show what DHCP has given out')
    .argument('[net]', 'only of this network')
    .action((name?: string) => run(async (session) => (await view()).showLeases(session, name)));
  net
    .command('filters')
    .description('list the filters of network cards')
    .action(() => run(async (session) => (await view()).listFilters(session)));
  net
    .command('interfaces')
    .description('list the network devices of the hosts')
    .action(() => run(async (session) => (await view()).listInterfaces(session)));
  addChanges(net, run);
  addNetworkActions(net, run);
}

function addChanges(net: Command, run: Run): void {
  const change = () => import('./commands/net-change.ts');
  withOptions(net.command('create').description('make a network and start it').argument('<name>'))
    .option('--host <name>', 'on this host (else: the only one)')
    .option('--no-start', 'do not start it')
    .option('--autostart', 'start it with its host', false)
    .action((name: string, flags: CreateFlags) =>
      run(async (session) => (await change()).createNetwork(session, name, flags)),
    );
  withOptions(
    net
      .command('edit')
      .description('change a network; what is given takes the place of what was, none takes it away')
      .argument('<net>', 'name, UUID or host/name'),
  ).action((name: string, flags: ChangeFlags) =>
    run(async (session) => (await change()).editNetwork(session, name, flags)),
  );
}

function withOptions(command: Command): Command {
  const several = (flags: string, description: string): Option =>
    new Option(flags, `${description}; may be given several times`).argParser(
      (text: string, before: string[] | undefined) => [...(before ?? []), text],
    );
  return command
    .addOption(new Option('--mode <mode>', 'how it reaches outside').choices(MODES))
    .addOption(several('--ip <address/prefix>', 'address of the host in it: 10.0.5.1/24'))
    .addOption(several('--range <start-end>', 'addresses that DHCP gives out'))
    .addOption(several('--fixed <mac=address[=name]>', 'always this address for this card (IPv6: its DUID)'))
    .addOption(several('--device <name>', 'device of the host that it goes out by'))
    .option('--bridge <name>', 'the bridge')
    .option('--domain <name>', 'DNS domain of the guests')
    .addOption(several('--dns <address=name,name>', 'names that its DNS knows'))
    .option('--mtu <bytes>', 'largest packet', mtu)
    .option('--open-vswitch', 'the bridge is one of Open vSwitch')
    .option('--vlan <tags>', 'VLAN tag; several, with commas between, are a trunk')
    .option('--file <json>', 'a file with these or any other fields (docs/cli.md)')
    .option('--dry-run', 'print the XML and what stands against it, change nothing', false);
}

function addNetworkActions(net: Command, run: Run): void {
  const action = (name: NetworkAction, description: string): Command =>
    net
      .command(name)
      .description(description)
      .argument('<net...>', 'names, UUIDs or host/names')
      .action((names: string[], flags: { off?: boolean; yes?: boolean }) =>
        run(async (session) =>
          (await import('./commands/net-change.ts')).actOnNetworks(session, name, { names, ...flags }),
        ),
      );
  action('start', 'start');
  action('stop', 'stop: cuts the machines on it off');
  action('restart', 'stop and start, and plug the running machines in again');
  action('autostart', 'start with its host from now on').option('--off', 'do not start with its host', false);
  action('delete', 'stop and delete; says which machines are on it and asks').option(
    '--yes',
    'do not ask',
    false,
  );
}

function mtu(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 68 || value > 65_521)
    throw new InvalidArgumentError('It must be a whole number from 68 to 65521.');
  return value;
}
