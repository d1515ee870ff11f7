import type { ContainerRoot, ContainerSource, Medium } from '../../../main/contract/create.ts';

/** What a container is made of, and what it starts, as it is typed. */
export interface ContainerForm {
  readonly root: ContainerRoot['kind'];
  /** Where the archive is unpacked to; empty: where new things go. */
  readonly pool: string;
  readonly folder: string;
  readonly init: string;
  /** Lines. */
  readonly args: string;
  /** Lines of NAME=value. */
  readonly env: string;
  readonly unprivileged: boolean;
}

export const NO_CONTAINER: ContainerForm = {
  root: 'template',
  pool: '',
  folder: '',
  init: '/sbin/init',
  args: '',
  env: '',
  unprivileged: true,
};

/**
 * The container as the contract has it.
 * @param archive null: none is chosen
 * @param usualPool where new things go
 */
export function containerOf(
  container: ContainerForm,
  archive: Medium | null,
  usualPool: string,
): ContainerSource | null {
  const { init, args, env, unprivileged } = container;
  const root = rootOf(container, archive, usualPool);
  if (root === null) return null;
  return {
    kind: 'container',
    root,
    init: init.trim(),
    args: args.split('\n').filter((line) => line !== ''),
    env: environmentOf(env) ?? [],
    unprivileged: root.kind !== 'host' && unprivileged,
  };
}

function rootOf(
  { root, folder, pool }: ContainerForm,
  archive: Medium | null,
  usualPool: string,
): ContainerRoot | null {
  switch (root) {
    case 'host':
      return { kind: root };
    case 'directory':
      return { kind: root, path: folder.trim() };
    case 'template':
      return archive === null ? null : { kind: root, archive, pool: pool === '' ? usualPool : pool };
  }
}

/** The program of the host, or the last part of the folder. */
export function containerWords({ root, init, folder }: ContainerForm): string {
  return (root === 'host' ? init : folder).split('/').findLast((part) => part.trim() !== '') ?? '';
}

/** Lines of NAME=value; null: there is one that is none. */
export function environmentOf(text: string): ContainerSource['env'] | null {
  const found: ContainerSource['env'] = [];
  for (const line of text.split('\n')) {
    if (line.trim() === '') continue;
    const [, name, value] = /^\s*([A-Za-z_]\w*)=(.*)$/.exec(line) ?? [];
    if (name === undefined || value === undefined) return null;
    found.push({ name, value });
  }
  return found;
}
