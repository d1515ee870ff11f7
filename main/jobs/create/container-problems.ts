import type { ContainerSource, CreateInput, CreateProblem } from '../../contract/create.ts';
import type { ContainerFacts } from './container-facts.ts';
import { isArchive } from './container-facts.ts';
import { hasFormats } from './disks.ts';
import type { CreateFacts } from './facts.ts';
import { imagePlace } from './media.ts';

/** What stands against a container; against a machine, that it is one. */
export function containerProblems(input: CreateInput, facts: CreateFacts): CreateProblem[] {
  const { source, spec } = input;
  if (source.kind !== 'container')
    return spec.virtType === 'lxc'
      ? [problem('spec.virtType', 'A container is made from its files, not from this.')]
      : [];
  if (spec.virtType !== 'lxc') return [problem('spec.virtType', 'A container is of the type lxc.')];
  const { container } = facts;
  if (container?.lxc !== true) return [problem('source', noContainers(facts.host))];
  const found: CreateProblem[] = [];
  if (spec.disks.length > 0) found.push(problem('spec.disks', 'A container has folders in place of disks.'));
  for (const [index, nic] of spec.nics.entries())
    if (nic.source.kind === 'user')
      found.push(
        problem(`spec.nics.${index}.source`, 'QEMU’s own network is for machines: choose another one.'),
      );
  if (!isPlain(source.init) || source.init === '/')
    found.push(problem('source.init', 'Say the whole path of the first program, as /sbin/init.'));
  return [...found, ...rootProblems(input, source, { facts, container })];
}

/** Why a connection makes no containers. */
export function noContainers({ name, uri }: { readonly name: string; readonly uri: string }): string {
  if (uri.startsWith('demo:'))
    return 'Simulated hosts have machines alone. Containers need a host of your own.';
  return `This connection to ${name} is of another driver than LXC. Where the host has it, add ${uri.replace(/^\w+/, 'lxc')} to the list of hosts.`;
}

interface Around {
  readonly facts: CreateFacts;
  readonly container: ContainerFacts;
}

function rootProblems(input: CreateInput, source: ContainerSource, around: Around): CreateProblem[] {
  const { root, init } = source;
  const { found, noCommands } = around.container;
  switch (root.kind) {
    case 'template':
      return templateProblems(input, root, around);
    case 'directory': {
      if (!isPlain(root.path) || root.path === '/')
        return [problem('source.root.path', 'Say the whole path of the folder, without . and .. in it.')];
      if (input.count > 1)
        return [problem('source.root.path', 'Several containers in one folder would write the same files.')];
      if (noCommands !== null) return [];
      if (!found.has('root'))
        return [problem('source.root.path', `There is no folder ${root.path} on ${around.facts.host.name}.`)];
      return found.has('init')
        ? []
        : [problem('source.init', `There is no program ${init} in ${root.path}.`)];
    }
    case 'host':
      // libvirt puts the old root aside in the new one, which such a root may not write to.
      if (source.unprivileged)
        return [
          problem('source.unprivileged', 'A container of the host’s own files cannot have users of its own.'),
        ];
      if (noCommands !== null || found.has('init')) return [];
      return [problem('source.init', `There is no program ${init} on ${around.facts.host.name}.`)];
  }
}

type Template = Extract<ContainerSource['root'], { kind: 'template' }>;

function templateProblems(
  { count, name }: CreateInput,
  root: Template,
  { facts, container }: Around,
): CreateProblem[] {
  const { found, unpacker, noCommands } = container;
  const archive = imagePlace(root.archive).name;
  const at = (message: string): CreateProblem[] => [problem('source.root.archive', message)];
  const host = facts.host.name;
  if (!isArchive(archive))
    return at(`${archive} is no archive of tar by its name (.tar, .tar.gz, .tar.xz…).`);
  if (noCommands !== null) return at(`The host cannot unpack it. ${noCommands}`);
  if (!found.has('tar')) return at(`${host} has no GNU tar, which unpacks it.`);
  if (unpacker !== null && !found.has('unpacker')) return at(`${host} has no ${unpacker}, which unpacks it.`);
  const pool = facts.pools.find(({ uuid }) => uuid === root.pool);
  const into = (message: string): CreateProblem[] => [problem('source.root.pool', message)];
  if (pool === undefined) return into('The host has no such pool.');
  if (!hasFormats(pool) || pool.path === null) return into(`The pool ${pool.name} is no folder of the host.`);
  if (pool.state !== 'running' && pool.state !== 'degraded')
    return into(`The pool ${pool.name} is not started.`);
  if (!found.has('writable'))
    return into(
      `The login to ${host} may not write to ${pool.path}. Log in as root, or choose another pool.`,
    );
  if (count === 1 && facts.volumeNames.get(pool.uuid)?.has(name) === true)
    return into(`The pool ${pool.name} has a volume ${name} already: choose another name.`);
  return [];
}

/** An absolute path in its plainest form. */
function isPlain(path: string): boolean {
  return /^(\/|(\/[^/]+)+)$/.test(path) && !path.split('/').some((part) => part === '.' || part === '..');
}

function problem(field: string, message: string): CreateProblem {
  return { field, message };
}
