import { buildContainer, CONTAINER_IDS } from '../../../drivers/libvirt/model/container-build.ts';
import type { ContainerSource, CreateInput } from '../../contract/create.ts';
import type { NicSpec } from '../../contract/machine-spec.ts';
import { tagsMetadata } from '../../inventory/tags.ts';
import type { PlannedStep } from '../engine/step.ts';
import type { CreateFacts } from './facts.ts';
import { imagePlace } from './media.ts';
import { ROOT_NAME } from '../delete/plan.ts';
import type { UnpackParams } from './steps/unpack.ts';

export interface ContainerDefinition {
  readonly input: CreateInput;
  readonly source: ContainerSource;
  readonly facts: CreateFacts;
  readonly name: string;
  readonly uuid: string | null;
  readonly nics: readonly NicSpec[];
}

/** @throws {XmlError} for a character that XML cannot hold */
export function containerXml({ input, source, facts, name, uuid, nics }: ContainerDefinition): string {
  const { spec } = input;
  return buildContainer({
    name,
    uuid,
    title: input.title,
    description: input.description,
    metadata: tagsMetadata(input.tags ?? []),
    arch: spec.arch,
    memoryMiB: spec.memory.sizeMiB,
    vcpus: spec.cpu.vcpus,
    root: { path: rootPath(source, facts, name), readonly: source.root.kind === 'host' },
    init: source.init,
    args: source.args,
    env: source.env,
    unprivileged: source.unprivileged,
    nics,
  });
}

/** The folder of the host that a container has as its `/`. */
export function rootPath({ root }: ContainerSource, facts: CreateFacts, name: string): string {
  if (root.kind === 'directory') return root.path;
  return root.kind === 'host' ? '/' : `${templateFolder(root, facts, name)}/${ROOT_NAME}`;
}

function templateFolder({ pool }: { pool: string }, facts: CreateFacts, name: string): string {
  const folder = facts.pools.find(({ uuid }) => uuid === pool)?.path ?? '';
  return `${folder.replace(/\/$/, '')}/${name}`;
}

/** Archives are unpacked for each container anew: what one changes is its own. */
export function unpackSteps(
  { source }: CreateInput,
  facts: CreateFacts,
  machine: { readonly name: string; readonly number: number; readonly token: string },
): PlannedStep[] {
  if (source.kind !== 'container' || source.root.kind !== 'template') return [];
  const { root, init, unprivileged } = source;
  const { id: host } = facts.host;
  const path = templateFolder(root, facts, machine.name);
  const params: UnpackParams = {
    host,
    path,
    archive: imagePlace(root.archive),
    pool: root.pool,
    init,
    token: machine.token,
    ids: unprivileged ? CONTAINER_IDS : null,
  };
  const title = `Unpack ${params.archive.name} to ${path}`;
  return [{ id: `unpack-${machine.number}`, kind: 'create.unpack', host, title, params, weight: 10 }];
}
