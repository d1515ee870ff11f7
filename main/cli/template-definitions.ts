import { Option, type Command } from 'commander';
import {
  createFromTemplate,
  keepTemplate,
  listTemplates,
  releaseTemplate,
  type FromTemplateFlags,
} from './commands/template.ts';
import { positiveInteger } from './definitions.ts';
import { addFirstBoot } from './first-boot-options.ts';
import type { Work } from './program.ts';
import { parseSize } from './size.ts';

type Run = (work: Work) => Promise<void>;

/** `virtlane template …` */
export function addTemplates(program: Command, run: Run): void {
  const template = program
    .command('template')
    .description('machines kept as templates: list, keep, release, create from one');
  template
    .command('list')
    .description('list the templates')
    .action(() => run(listTemplates));
  template
    .command('keep')
    .description('keep a machine that is off as a template: it is not started any more')
    .argument('<vm>', 'name, UUID or host/name')
    .action((vm: string) => run((session) => keepTemplate(session, vm)));
  template
    .command('release')
    .description('make a template a machine again')
    .argument('<vm>', 'name, UUID or host/name')
    .option('--force', 'also when disks of others lie on its disks: started, it damages them', false)
    .action((vm: string, flags: { force: boolean }) => run((session) => releaseTemplate(session, vm, flags)));
  addFrom(template, run);
}

function addFrom(template: Command, run: Run): void {
  const option = (flags: string, description: string): Option => new Option(flags, description);
  const command = template
    .command('create')
    .description('make a machine from a template, or several by a pattern')
    .argument('<template>', 'name, UUID or host/name')
    .argument('<name>', 'web-1; web-## with --count 3: web-01 to web-03')
    .addOption(option('--count <n>', 'how many').argParser(positiveInteger).default(1))
    .option('--copy', 'copies of the disks, not disks that lie on them', false)
    .option('--pool <pool>', 'for the new disks (else: beside the template’s)')
    .addOption(option('--disk-size <size>', 'of the first disk: 20GiB').argParser(parseSize))
    .addOption(option('--memory <size>', '2GiB').argParser(parseSize))
    .addOption(option('--vcpus <n>', 'virtual CPUs').argParser(positiveInteger));
  addFirstBoot(command, 'template')
    .option('--no-start', 'leave it off')
    .option('--autostart', 'start with its host', false)
    .option('--dry-run', 'only say what would be done', false)
    .option('--show-xml', 'only print the XML of the first machine', false)
    .action((from: string, name: string, flags: FromTemplateFlags) =>
      run((session) => createFromTemplate(session, { template: from, name }, flags)),
    );
}
