import { randomUUID } from 'node:crypto';
import { poolXml } from '../../drivers/libvirt/model/index.ts';
import type { Pool, PoolInput } from '../contract/storage.ts';
import type { Plan, PlanHost, PlannedStep } from '../jobs/engine/step.ts';
import { poolDefinition } from './pool-rules.ts';

/** A plan and the values of the secrets that it asks for. */
export interface PlanWithSecrets {
  readonly plan: Plan;
  readonly secrets: Readonly<Record<string, string>>;
}

/** Defines, builds where asked, starts. Pure but for the new UUIDs. */
export function planPoolCreation(input: PoolInput, at: PlanHost): PlanWithSecrets {
  const { name, type, auth } = input;
  const host = at.id;
  const uuid = randomUUID();
  const secretUuid = randomUUID();
  const ref = { host, uuid, name, type };
  const steps: PlannedStep[] = [];
  if (auth !== undefined)
    steps.push({
      id: 'secret',
      kind: 'secret.define',
      host,
      title: `Give ${at.name} the password of ${name}`,
      params: {
        host,
        uuid: secretUuid,
        description: `pool ${name}`,
        usageType: auth.type === 'chap' ? 'iscsi' : 'ceph',
        usageId: `virtlane pool ${uuid}`,
        secret: 'secret',
      },
    });
  steps.push({
    id: 'define',
    kind: 'pool.define',
    host,
    title: `Define the pool ${name}`,
    params: { ...ref, xml: poolXml(poolDefinition(input, uuid, secretUuid)) },
  });
  if (input.build === true)
    steps.push(
      {
        id: 'probe',
        kind: 'pool.probe',
        host,
        title: `See what is there of ${name}`,
        params: { ...ref, looking: randomUUID() },
      },
      {
        id: 'build',
        kind: 'pool.build',
        host,
        title: `Make what ${name} needs`,
        params: {
          ...ref,
          probe: 'probe',
          formats: type === 'fs' || type === 'disk' ? (input.devices?.[0] ?? null) : null,
        },
        weight: 5,
      },
    );
  steps.push({ id: 'start', kind: 'pool.start', host, title: `Start the pool ${name}`, params: ref });
  if (input.autostart === true)
    steps.push({
      id: 'autostart',
      kind: 'pool.autostart',
      host,
      title: `Let ${name} start with ${at.name}`,
      params: ref,
    });
  return {
    plan: {
      kind: 'createPool',
      name,
      uuid: null,
      hosts: [at],
      steps,
      secrets: auth === undefined ? [] : ['secret'],
      failed: `The pool ${name} was not created on ${at.name}.`,
    },
    secrets: auth === undefined ? {} : { secret: auth.secret },
  };
}

export interface PoolDeletion {
  readonly pool: Pool;
  /** Its definition, in case that it must be taken back. */
  readonly xml: string;
  /** Names of the volumes that go with it. */
  readonly volumes: readonly string[];
  /** What cannot be seen of their users, as a person has agreed to it. */
  readonly accepted: readonly string[];
  readonly secretUuid: string | null;
}

/** Deletes its volumes where asked, stops it and removes its definition. */
export function planPoolDeletion(deletion: PoolDeletion, at: PlanHost): Plan {
  const { pool, xml, volumes, accepted, secretUuid } = deletion;
  const { name, uuid, type } = pool;
  const host = at.id;
  const ref = { host, uuid, name, type };
  const steps: PlannedStep[] = [];
  if (volumes.length > 0)
    steps.push({
      id: 'empty',
      kind: 'pool.empty',
      host,
      title: `Delete ${volumes.length === 1 ? 'the volume' : `the ${volumes.length} volumes`} of ${name}`,
      params: { ...ref, volumes, accepted },
      weight: 10,
    });
  steps.push({ id: 'stop', kind: 'pool.stop', host, title: `Stop the pool ${name}`, params: ref });
  if (pool.persistent)
    steps.push({
      id: 'undefine',
      kind: 'pool.undefine',
      host,
      title: `Remove the definition of ${name}`,
      params: { ...ref, xml },
    });
  if (secretUuid !== null)
    steps.push({
      id: 'secret',
      kind: 'secret.delete',
      host,
      title: `Remove its password from ${at.name}`,
      params: { host, uuid: secretUuid, volume: null },
      optional: true,
    });
  return {
    kind: 'deletePool',
    name,
    uuid: null,
    hosts: [at],
    steps,
    secrets: [],
    failed: `The pool ${name} was not deleted on ${at.name}.`,
  };
}
