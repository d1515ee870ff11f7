import { buildDomain } from '../../../drivers/libvirt/model/domain-build.ts';
import type { CreateInput, ReadXml } from '../../contract/create.ts';
import { tagsMetadata } from '../../inventory/tags.ts';
import { balancerMetadata } from '../balancer/metadata.ts';
import { containerXml } from './container.ts';
import { planDisks, type MachineDisks } from './disks.ts';
import type { CreateFacts } from './facts.ts';
import { expandNames } from './names.ts';
import type { Identity } from './plan.ts';
import { readMachine } from './read-spec.ts';
import { beyondForm, followForm } from './xml-follow.ts';
import { ownXml } from './xml.ts';

export interface Defined {
  readonly input: CreateInput;
  readonly facts: CreateFacts;
  readonly name: string;
  readonly identity: Identity | null;
  readonly disks: MachineDisks;
}

export interface Definition {
  readonly xml: string;
  /** What a hand wrote within something that the form has taken out since. */
  readonly lost: readonly string[];
}

/**
 * The XML that is defined: of the fields, or a person's own, with what the fields say otherwise since.
 * @throws {XmlError} when a name holds what XML cannot, or the own one is no domain's
 */
export function definition(of: Defined): Definition {
  const { input, name, identity } = of;
  const { xml, xmlBase = null } = input;
  const known = { name, uuid: identity?.uuid ?? null };
  if (xml === null) return { xml: made(of), lost: [] };
  if (xmlBase === null) return { xml: ownXml(xml, known), lost: [] };
  const followed = followForm(xml, xmlBase, made(of));
  return { xml: ownXml(followed.xml, known), lost: followed.lost };
}

function made({ input, facts, name, identity, disks }: Defined): string {
  const { spec, source } = input;
  const nics = spec.nics.map((nic, index) => ({ ...nic, mac: nic.mac ?? identity?.macs[index] ?? null }));
  const uuid = identity?.uuid ?? null;
  if (source.kind === 'container') return containerXml({ input, source, facts, name, uuid, nics });
  const balancer = source.kind === 'cloudImage' ? (source.balancer ?? null) : null;
  return buildDomain({
    name,
    uuid,
    title: input.title,
    description: input.description,
    osId: facts.osId,
    metadata: [...(balancer === null ? [] : [balancerMetadata(balancer)]), ...tagsMetadata(input.tags ?? [])],
    hardware: { ...spec, nics, boot: bootOrder(input) },
    disks: disks.disks,
  });
}

/**
 * An empty disk cannot be booted, and the firmware goes on to what comes next: so the installer boots until there is a system, and the
 * system afterwards. A disk that is not empty would boot at once: then the medium comes first.
 */
export function bootOrder({ source, spec }: Pick<CreateInput, 'source' | 'spec'>): string[] {
  if (spec.boot !== null) return [...spec.boot];
  const medium = source.kind === 'iso' ? 'cdrom' : source.kind === 'network' ? 'network' : null;
  if (medium === null) return ['hd'];
  const disk = spec.disks.find(({ device }) => device === 'disk');
  if (disk === undefined) return [medium];
  return disk.source.kind === 'new' ? ['hd', medium] : [medium, 'hd'];
}

/**
 * What the input's XML says of its other fields, which are those that the XML was written from.
 * @throws {XmlError} when it is no domain's
 */
export function readInput(input: CreateInput, facts: CreateFacts): ReadXml {
  const { spec, xml } = input;
  const [name = input.name] = expandNames(input);
  const machine = { name, number: 1 };
  const around = { spec, planned: planDisks(input, facts, machine).disks, order: bootOrder(input) };
  const read = readMachine(xml ?? '', around);
  // Under the name that the XML was written with: its new volumes are named by it.
  const { title, description, tags } = read;
  const said = { ...input, title, description, tags, spec: read.spec };
  const base = made({ input: said, facts, name, identity: null, disks: planDisks(said, facts, machine) });
  return {
    name: input.count > 1 || read.name === '' ? input.name : read.name,
    title,
    description,
    tags,
    spec: read.spec,
    base,
    beyond: beyondForm(xml ?? '', base),
  };
}
