import type { DiskModel } from '../../../drivers/libvirt/model/index.ts';
import type { CloneDisk, CloneInput } from '../../contract/clone.ts';
import type { CreateProblem } from '../../contract/create.ts';
import type { TemplateInput, TemplatePlan } from '../../contract/template.ts';
import { hasFormats } from '../create/disks.ts';
import { isLinkable, usualWay } from './choices.ts';
import { isOwnDisk, type CloneFacts } from './facts.ts';
import { isMadeFor } from './judge.ts';
import { wasTold } from './options.ts';

/** A machine from a template is a clone of it: all of its own disks are copied, or lie on the template's where they can. Pure. */
export function asClone(input: TemplateInput, facts: CloneFacts): CloneInput {
  const { host, template, name, count, title, description, sizeBytes, memoryMiB, vcpus } = input;
  const { cloudInit, start, autostart } = input;
  const own = facts.model.disks.filter((disk) => isOwnDisk(disk) && disk.source !== null);
  return {
    host,
    machine: template,
    to: host,
    name,
    count,
    title,
    description,
    disks: own.map((disk) => choice(input, facts, disk)),
    sizeBytes,
    memoryMiB,
    vcpus,
    firmware: 'new',
    tpm: 'new',
    hostDevices: 'keep',
    networks: [],
    freeze: false,
    copyBy: null,
    direct: false,
    keepAsTemplate: false,
    cloudInit,
    start,
    autostart,
  };
}

/** A pool without formats cannot let a volume lie on another. */
function choice({ disks, pool }: TemplateInput, facts: CloneFacts, { target }: DiskModel): CloneDisk {
  const source = facts.volumes.get(target) ?? null;
  const place = facts.pools.find(({ uuid }) => uuid === (pool ?? source?.pool));
  const links =
    disks === 'link' && source !== null && isLinkable(source) && place !== undefined && hasFormats(place);
  return { target, way: links ? 'link' : 'copy', pool, format: null };
}

/** The problems of the clone at the fields of a template's input, each once. */
export function templateProblems(
  problems: readonly CreateProblem[],
  { isTemplate, running, model }: Pick<CloneFacts, 'isTemplate' | 'running' | 'model'>,
): CreateProblem[] {
  const none = `${model.name} is no template: keep it as one first.`;
  const runs = `${model.name} runs: a template must be off while it is copied.`;
  const own = [...(isTemplate ? [] : [none]), ...(running ? [runs] : [])];
  const found = new Map(own.map((message) => [message, { field: 'template', message }]));
  for (const { field, message } of problems)
    found.set(`${templateField(field)}\n${message}`, { field: templateField(field), message });
  return [...found.values()];
}

function templateField(field: string): string {
  if (field === 'machine') return 'template';
  if (!field.startsWith('disks.')) return field;
  const part = field.slice(field.lastIndexOf('.') + 1);
  return part === 'pool' ? 'pool' : part === 'name' ? 'name' : part === 'size' ? 'sizeBytes' : 'disks';
}

/** What the template has. */
export function templateOf(
  { disks }: Pick<CloneInput, 'disks'>,
  facts: CloneFacts,
): TemplatePlan['template'] {
  const { model, volumes } = facts;
  return {
    memoryMiB: Math.round(model.memoryKiB / 1024),
    vcpus: model.vcpus,
    disks: model.disks
      .filter((disk) => disk.source !== null && !isMadeFor(disk) && !isLeftOut(disk, facts))
      .map(({ target }) => {
        const way = disks.find((one) => one.target === target)?.way;
        return {
          target,
          capacityBytes: volumes.get(target)?.capacityBytes ?? 0,
          way: way === 'link' || way === 'copy' ? way : ('keep' as const),
        };
      }),
    cloudInit: wasTold(facts),
  };
}

/** What is the template's alone and cannot be copied. */
function isLeftOut(disk: DiskModel, facts: CloneFacts): boolean {
  const way = usualWay(disk, facts);
  return way === 'omit' || way === 'empty';
}
