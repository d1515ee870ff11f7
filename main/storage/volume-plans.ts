import { randomBytes, randomUUID } from 'node:crypto';
import type { VolumeModel } from '../../drivers/libvirt/model/index.ts';
import type { Pool, VolumeInput, VolumeUser } from '../contract/storage.ts';
import type { Plan, PlanHost, PlannedStep } from '../jobs/engine/step.ts';
import type { PlanWithSecrets } from './pool-plans.ts';
import { WRITTEN_RAW } from './volume-image.ts';
import { poolAbilities } from '../contract/pool-abilities.ts';

/** Where a volume is made. */
export interface Place {
  readonly at: PlanHost;
  readonly pool: Pick<Pool, 'uuid' | 'name' | 'type' | 'path'>;
}

function params({ at, pool }: Place, name: string) {
  return { host: at.id, pool: pool.uuid, poolName: pool.name, name };
}

interface NewVolume {
  readonly capacityBytes: number;
  readonly format: 'raw' | 'qcow2';
  readonly preallocation?: 'none' | 'metadata' | 'full';
  readonly backing?: { readonly path: string; readonly format: string } | null;
  readonly secretUuid?: string | null;
  readonly machine?: string | null;
}

export function creationStep(place: Place, name: string, volume: NewVolume): PlannedStep {
  const { capacityBytes, preallocation = 'none', backing = null, secretUuid = null, machine = null } = volume;
  const format = formatIn(place, volume.format);
  return {
    id: 'create',
    kind: 'volume.create',
    host: place.at.id,
    title: `Create ${name} in ${place.pool.name}`,
    params: { ...params(place, name), capacityBytes, format, preallocation, backing, secretUuid, machine },
  };
}

/** Only pools of files have formats, and can leave out what is empty. */
function formatIn({ pool }: Place, format: 'raw' | 'qcow2'): 'raw' | 'qcow2' | null {
  return poolAbilities(pool.type).files ? format : null;
}

/** @param backing the format of the file that it lies on, where it lies on one */
export function planVolumeCreation(
  input: VolumeInput,
  place: Place,
  backing: { path: string; format: string } | null,
): PlanWithSecrets {
  const { name, capacityBytes, passphrase, preallocation = 'none' } = input;
  const secretUuid = passphrase === undefined ? null : randomUUID();
  const create = creationStep(place, name, {
    capacityBytes,
    format: input.format,
    preallocation,
    backing,
    secretUuid,
  });
  const steps = secretUuid === null ? [create] : withSecret(create, place, { name, secretUuid });
  return {
    plan: {
      ...head('createVolume', place, name, 'created'),
      steps,
      secrets: passphrase === undefined ? [] : ['passphrase'],
    },
    secrets: passphrase === undefined ? {} : { passphrase },
  };
}

/** The secret has a name of its own until the volume is there: one of the volume's path may open an older volume that libvirt does not see. */
function withSecret(
  create: PlannedStep,
  { at, pool }: Place,
  { name, secretUuid }: { name: string; secretUuid: string },
): PlannedStep[] {
  const common = {
    host: at.id,
    uuid: secretUuid,
    description: `volume ${name} in pool ${pool.name}`,
    secret: 'passphrase',
  };
  return [
    {
      id: 'secret',
      kind: 'secret.define',
      host: at.id,
      title: `Give ${at.name} the passphrase of ${name}`,
      params: { ...common, usageType: 'volume', usageId: `virtlane new volume ${secretUuid}` },
    },
    create,
    {
      id: 'name',
      kind: 'secret.name',
      host: at.id,
      title: `Keep the passphrase as that of ${name}`,
      params: { ...common, usageId: volumePath(pool, name) },
    },
  ];
}

/** What libvirt calls the secret of a volume by, since it forgets which one that is when it looks at the file again. */
export function volumePath(pool: Place['pool'], name: string): string {
  return `${pool.path ?? `/${pool.name}`}/${name}`;
}

export interface UploadPlanInput {
  readonly name: string;
  /** Id of the offered file, and its size. */
  readonly file: string;
  readonly sizeBytes: number;
  /** The file is raw, the volume becomes qcow2. */
  readonly convert: boolean;
  /** Its SHA-256 is told. */
  readonly checksum: boolean;
}

/** A raw file becomes a raw volume, or is converted by the host; a qcow2 file goes into a file of its own size, as it is. */
export function planUpload(input: UploadPlanInput, place: Place): Plan {
  const { name, file, sizeBytes } = input;
  const host = place.at.id;
  const temporary = `${name}.${randomBytes(4).toString('hex')}.upload`;
  const into = input.convert ? temporary : name;
  const steps: PlannedStep[] = [
    {
      id: 'upload',
      kind: 'volume.upload',
      host,
      title: `Upload ${name}`,
      params: {
        ...params(place, into),
        file,
        use: input.convert ? 'disk' : 'file',
        checksum: input.checksum,
      },
      weight: 50,
    },
  ];
  if (input.convert)
    steps.push(
      {
        id: 'convert',
        kind: 'volume.copy',
        host,
        title: `Convert it to qcow2`,
        params: {
          ...params(place, name),
          capacityBytes: sizeBytes,
          format: 'qcow2',
          from: { pool: place.pool.uuid, poolName: place.pool.name, name: temporary, claim: WRITTEN_RAW },
        },
        weight: 20,
      },
      {
        id: 'tidy',
        kind: 'volume.delete',
        host,
        title: `Delete ${temporary}`,
        // Nobody else knows its name.
        params: { ...params(place, temporary), accepted: null },
      },
    );
  return { ...head('uploadVolume', place, name, 'uploaded'), steps, secrets: [], waits: true };
}

/**
 * Copies a volume; a chain of files becomes one.
 * @param from `writers`: machines that write to it while they run, and are off; they are not started before it is copied
 */
export function planClone(
  from: Place &
    Pick<VolumeModel, 'name' | 'capacityBytes' | 'format'> & {
      readonly writers: readonly Pick<VolumeUser, 'uuid' | 'name'>[];
    },
  to: Place & { readonly name: string; readonly format: 'raw' | 'qcow2' | undefined },
): Plan {
  const step: PlannedStep = {
    id: 'copy',
    kind: 'volume.copy',
    host: to.at.id,
    title: `Copy ${from.name} to ${to.name} in ${to.pool.name}`,
    params: {
      ...params(to, to.name),
      capacityBytes: from.capacityBytes ?? 0,
      format: formatIn(to, to.format ?? (from.format === 'qcow2' ? 'qcow2' : 'raw')),
      from: { pool: from.pool.uuid, poolName: from.pool.name, name: from.name },
    },
  };
  const names = new Map(from.writers.map(({ uuid, name }) => [uuid, name]));
  const holds = [...names].map(([uuid, name]) => ({
    host: from.at.id,
    uuid,
    name,
    until: step.id,
    reads: true as const,
  }));
  return { ...head('cloneVolume', to, to.name, 'made'), steps: [step], secrets: [], holds };
}

/** @param accepted what cannot be seen of its users, as a person has agreed to it */
export function planWipe(place: Place, name: string, accepted: readonly string[]): Plan {
  const step: PlannedStep = {
    id: 'wipe',
    kind: 'volume.wipe',
    host: place.at.id,
    title: `Overwrite ${name} with zeros`,
    params: { ...params(place, name), accepted },
  };
  return { ...head('wipeVolume', place, name, 'wiped'), steps: [step], secrets: [] };
}

export interface VolumeDeletion {
  readonly encrypted: boolean;
  /** What cannot be seen of its users, as a person has agreed to it. */
  readonly accepted: readonly string[];
}

export function planVolumeDeletion(
  place: Place,
  name: string,
  { encrypted, accepted }: VolumeDeletion,
): Plan {
  const host = place.at.id;
  const steps: PlannedStep[] = [
    {
      id: 'delete',
      kind: 'volume.delete',
      host,
      title: `Delete ${name}`,
      params: { ...params(place, name), accepted },
      final: true,
    },
  ];
  if (encrypted)
    steps.push({
      id: 'secret',
      kind: 'secret.delete',
      host,
      title: `Remove its passphrase from ${place.at.name}`,
      params: { host, uuid: null, volume: volumePath(place.pool, name) },
      optional: true,
    });
  return { ...head('deleteVolume', place, name, 'deleted'), steps, secrets: [] };
}

export function head(kind: string, { at, pool }: Place, name: string, done: string) {
  return {
    kind,
    name,
    uuid: null,
    hosts: [at] as const,
    failed: `${name} was not ${done} in ${pool.name} on ${at.name}.`,
  };
}
