import type { Command } from 'commander';
import { setBackends, showBalancer, syncBalancer } from './commands/balancer.ts';
import type { Work } from './program.ts';

type Run = (work: Work) => Promise<void>;

const several = (text: string, before: string[]): string[] => [...before, text];

/** `virtlane balancer …` */
export function addBalancer(program: Command, run: Run): void {
  const balancer = program
    .command('balancer')
    .description('machines made from the template “Load balancer”: show, set, sync');
  const vm = 'name, UUID or host/name';
  balancer
    .command('show')
    .description('its back ends with their addresses now, and what of its files is to be changed')
    .argument('<vm>', vm)
    .action((name: string) => run((session) => showBalancer(session, name)));
  balancer
    .command('set')
    .description('choose its back ends; its files stay as they are until sync')
    .argument('<vm>', vm)
    .option(
      '--backend <vm>',
      'NAME[:PORT], an address[:PORT], or NAME=ADDRESS[:PORT]; may be given several times (port: 80)',
      several,
      [],
    )
    .option('--none', 'it is no load balancer any more', false)
    .action((name: string, flags: { backend: string[]; none: boolean }) =>
      run((session) => setBackends(session, name, flags)),
    );
  balancer
    .command('sync')
    .description('write the change through the guest agent, and have Traffic Server read it')
    .argument('<vm>', vm)
    .option('--yes', 'do not ask', false)
    .action((name: string, flags: { yes: boolean }) => run((session) => syncBalancer(session, name, flags)));
}
