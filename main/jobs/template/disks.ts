import type { Pool } from '../../contract/storage.ts';
import type { CreateProblem } from '../../contract/create.ts';
import type { TemplateInput } from '../../contract/template.ts';
import { hasFormats, makesVolumes, type NewVolume } from '../create/disks.ts';
import { isOwnDisk, type SourceVolume, type TemplateFacts } from './facts.ts';

/** What a disk of a new machine is in its XML. */
export interface NewDisk {
  readonly target: string;
  readonly type: 'file' | 'block';
  readonly path: string;
  readonly format: string;
}

export interface TemplateDisks {
  readonly disks: readonly NewDisk[];
  readonly volumes: readonly NewVolume[];
  readonly problems: readonly CreateProblem[];
}

/** What becomes of a disk: a pool without formats cannot let a volume lie on another. */
export function wayOf(input: TemplateInput, source: SourceVolume, pool: Pool | undefined): 'link' | 'copy' {
  return input.disks === 'link' && pool !== undefined && hasFormats(pool) && isLinkable(source)
    ? 'link'
    : 'copy';
}

/** What lies on it needs a path that QEMU opens with the same format again. */
function isLinkable({ format }: SourceVolume): boolean {
  return format === 'qcow2' || format === 'raw';
}

/** The pool for the new disk of one of the template's. */
export function poolFor(input: TemplateInput, facts: TemplateFacts, source: SourceVolume): Pool | undefined {
  return facts.pools.find(({ uuid }) => uuid === (input.pool ?? source.pool));
}

/** The disks of one new machine. Pure. */
export function planTemplateDisks(input: TemplateInput, facts: TemplateFacts, name: string): TemplateDisks {
  const disks: NewDisk[] = [];
  const volumes: NewVolume[] = [];
  const problems: CreateProblem[] = [];
  for (const disk of facts.model.disks.filter(isOwnDisk)) {
    const { target } = disk;
    const refuse = (message: string, field = 'disks'): void => void problems.push({ field, message });
    const source = facts.volumes.get(target) ?? null;
    if (disk.source === null) continue;
    if (source === null) {
      refuse(`The disk ${target} is no volume of a pool that is started: it cannot be copied.`);
      continue;
    }
    const pool = poolFor(input, facts, source);
    if (pool === undefined) {
      refuse('The host has no such pool.', 'pool');
      continue;
    }
    const made = newVolume({ input, facts, name, index: volumes.length }, source, pool);
    const problem = problemOf(made, source, {
      facts,
      pool,
      sizeBytes: volumes.length === 0 ? input.sizeBytes : null,
    });
    if (problem !== null) refuse(problem.message, problem.field);
    volumes.push(made);
    disks.push({
      target,
      type: hasFormats(pool) ? 'file' : 'block',
      path: `${(pool.path ?? '').replace(/\/$/, '')}/${made.name}`,
      format: made.format ?? 'raw',
    });
  }
  return { disks, volumes, problems };
}

interface At {
  readonly input: TemplateInput;
  readonly facts: TemplateFacts;
  readonly name: string;
  /** Among the machine's new disks, from 0. */
  readonly index: number;
}

function newVolume({ input, facts, name, index }: At, source: SourceVolume, pool: Pool): NewVolume {
  const way = wayOf(input, source, pool);
  const format = !hasFormats(pool) ? null : way === 'link' || source.format !== 'raw' ? 'qcow2' : 'raw';
  return {
    host: facts.host.id,
    pool: pool.uuid,
    poolName: pool.name,
    name: `${name}${index === 0 ? '' : `-${index + 1}`}.${format === 'qcow2' ? 'qcow2' : 'img'}`,
    capacityBytes: Math.max(source.capacityBytes, index === 0 ? (input.sizeBytes ?? 0) : 0),
    format,
    preallocation: 'none',
    from: { pool: source.pool, name: source.name, how: way === 'link' ? 'overlay' : 'copy' },
  };
}

function problemOf(
  made: NewVolume,
  source: SourceVolume,
  { facts, pool, sizeBytes }: { facts: TemplateFacts; pool: Pool; sizeBytes: number | null },
): CreateProblem | null {
  if (pool.state !== 'running' && pool.state !== 'degraded')
    return { field: 'pool', message: `The pool ${pool.name} is not started.` };
  if (!makesVolumes(pool))
    return { field: 'pool', message: `In a pool of the type ${pool.type} a disk cannot be made here.` };
  if (facts.volumeNames.get(pool.uuid)?.has(made.name) === true)
    return { field: 'name', message: `The pool ${pool.name} has a volume ${made.name} already.` };
  if (sizeBytes !== null && sizeBytes < source.capacityBytes)
    return { field: 'sizeBytes', message: `The disk cannot be smaller than the template’s.` };
  return null;
}
