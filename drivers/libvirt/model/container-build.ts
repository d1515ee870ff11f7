import { writeNewElement, type NewElement } from '../../xml/fragment.ts';
import { nicElement } from './domain-build-devices.ts';
import type { BuildNic } from './domain-build.ts';
import { element, leaf, when } from './domain-build-values.ts';

/** Users and groups of a container of its own user namespace are these of the host: 0 is 100000, and so on. */
export const CONTAINER_IDS = { first: 100_000, count: 65_536 } as const;

export interface ContainerBuild {
  readonly name: string;
  /** Null: libvirt makes one. */
  readonly uuid: string | null;
  readonly title: string | null;
  readonly description: string | null;
  /** Elements of `<metadata>`. */
  readonly metadata: readonly NewElement[];
  readonly arch: string;
  readonly memoryMiB: number;
  readonly vcpus: number;
  /** Its `/`: a folder of the host. */
  readonly root: { readonly path: string; readonly readonly: boolean };
  readonly init: string;
  readonly args: readonly string[];
  readonly env: readonly { readonly name: string; readonly value: string }[];
  /** Its users are those of `CONTAINER_IDS`. */
  readonly unprivileged: boolean;
  readonly nics: readonly BuildNic[];
}

/**
 * The definition of a container, for the LXC driver's virDomainDefineXML (https://libvirt.org/drvlxc.html).
 * @throws {XmlError} for a character that XML cannot hold
 */
export function buildContainer(build: ContainerBuild): string {
  const optional = (name: string, text: string | null): NewElement[] =>
    text === null || text === '' ? [] : [leaf(name, text)];
  const root = element('domain', { type: 'lxc' }, [
    leaf('name', build.name),
    ...optional('uuid', build.uuid),
    ...optional('title', build.title),
    ...optional('description', build.description),
    ...when(build.metadata.length > 0, () => element('metadata', {}, [...build.metadata])),
    leaf('memory', String(build.memoryMiB), { unit: 'MiB' }),
    leaf('vcpu', String(build.vcpus)),
    element('os', {}, [
      leaf('type', 'exe', { arch: build.arch }),
      leaf('init', build.init),
      ...build.args.map((arg) => leaf('initarg', arg)),
      ...build.env.map(({ name, value }) => leaf('initenv', value, { name })),
    ]),
    ...when(build.unprivileged, idmap),
    // Without a card libvirt gives a container the host's network, loopback and abstract sockets among it.
    ...when(build.nics.length === 0, () => element('features', {}, [element('privnet')])),
    element('devices', {}, [
      element('filesystem', { type: 'mount', accessmode: 'passthrough' }, [
        element('source', { dir: build.root.path }),
        element('target', { dir: '/' }),
        ...when(build.root.readonly, () => element('readonly')),
      ]),
      ...build.nics.map((nic) => nicElement({ ...nic, model: null })),
      element('console', { type: 'pty' }),
    ]),
  ]);
  return `${writeNewElement(root, { newline: '\n', indent: '', step: '  ' })}\n`;
}

function idmap(): NewElement {
  const range = { start: '0', target: String(CONTAINER_IDS.first), count: String(CONTAINER_IDS.count) };
  return element('idmap', {}, [element('uid', range), element('gid', range)]);
}
