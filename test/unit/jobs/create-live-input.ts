/** A source that was seen, and a machine of it as it is asked for. */
import assert from 'node:assert/strict';
import type { CreateInput } from '../../../main/contract/create.ts';
import type { CreateFacts } from '../../../main/jobs/create/facts.ts';
import { liveDefaults } from '../../../main/jobs/create/live-defaults.ts';
import type { SeenSource } from '../../../main/jobs/p2v/live/looks.ts';
import type { SourceFacts } from '../../../main/jobs/p2v/live/model.ts';
import { reportOf } from '../../../main/jobs/p2v/live/report/report.ts';
import { FACTS, input, planned, POOL } from './create-input.ts';
import { DEBIAN, factsOf } from './p2v-source-samples.ts';

export const TARGET = 'root@files01';
const NIC = { kind: 'network', network: 'default', portGroup: null } as const;
export const HOST = { name: 'kvm-a', cpus: 8, pool: POOL, nic: NIC, format: 'qcow2' } as const;
export const SNAPSHOT = 'snapshot:files01-vg/root';

export function seenOf(facts: SourceFacts): SeenSource {
  return { facts, report: reportOf(facts, { name: TARGET, as: 'root' }) };
}
export const seen = (sections = DEBIAN): SeenSource => seenOf(factsOf(sections));
/** Its volumes are mounted for reading alone. */
export const atRest = (facts: SourceFacts): SourceFacts => ({
  ...facts,
  groups: facts.groups.map((group) => ({
    ...group,
    volumes: group.volumes.map((volume) =>
      volume.content.kind === 'fileSystem'
        ? { ...volume, content: { ...volume.content, readOnly: true } }
        : volume,
    ),
  })),
});
export const known = (live: CreateFacts['live'], more: Partial<CreateFacts> = {}): CreateFacts => ({
  ...FACTS,
  ...more,
  live,
});

export interface Asked {
  readonly disks?: string[];
  readonly allow?: string[];
  readonly format?: 'raw' | 'qcow2';
}

export function inputOf(live: SeenSource, { disks, allow = [], format = 'qcow2' }: Asked = {}): CreateInput {
  const base = input({ kind: 'live', target: TARGET, keyFile: null, disks: ['sda'], allow });
  const made = liveDefaults(base.spec, { disks, format }, { seen: live, host: HOST });
  const source = { kind: 'live' as const, target: TARGET, keyFile: null, disks: [...made.disks], allow };
  return { ...base, name: 'files', os: null, source, spec: made.spec, start: false };
}

/** What is done on the source and to the new disks, in order. */
export function stepsOf(asked: Asked, live = seen()): string[] {
  const { plan, problems } = planned(inputOf(live, asked), known(live));
  assert.deepEqual(problems, []);
  return plan.steps.map(({ kind, title, optional }) => `${kind}${optional === true ? '?' : ''} ${title}`);
}
