import { readDomain } from '../../../drivers/libvirt/model/index.ts';
import type { CreateInput, CreateProblem, CreateSource } from '../../contract/create.ts';
import { diskNames } from '../p2v/live/report/hardware.ts';
import type { PlannedStep } from '../engine/step.ts';
import type { VirtV2vParams } from '../p2v/virt-v2v/step.ts';
import { hasFormats, pathIn, type MachineDisks } from './disks.ts';
import type { CreateFacts } from './facts.ts';
import { rawName } from './image-disks.ts';
import { filledDisks, savedDisksOf } from './image-places.ts';
import { wantsVirtV2v } from './wants-virt-v2v.ts';

const VIRT_V2V_STEP = 'virt-v2v';

export function virtV2vProblems(
  { source, spec }: CreateInput,
  { noVirtV2v, pools, live }: Pick<CreateFacts, 'noVirtV2v' | 'pools' | 'live'>,
): CreateProblem[] {
  if (!wantsVirtV2v(source)) return [];
  const field = 'source.prepare';
  if (noVirtV2v !== null) return [{ field, message: noVirtV2v }];
  const filled = filledDisks(spec).slice(0, savedDisksOf(source)?.length ?? 0);
  const pooled = filled.flatMap((index): CreateProblem[] => {
    const from = spec.disks[index]?.source;
    const pool = pools.find(({ uuid }) => from?.kind === 'new' && from.pool === uuid);
    if (pool === undefined || hasFormats(pool)) return [];
    return [{ field, message: `virt-v2v prepares files, and the disks of the pool ${pool.name} are none.` }];
  });
  return [...pooled, ...leftNames(source, live).map((message) => ({ field, message }))];
}

/** virt-v2v changes `/dev/sda1` in /etc/fstab; where else a disk is called so it would be looked for in vain on virtio. */
function leftNames(source: CreateSource, live: CreateFacts['live']): string[] {
  if (source.kind !== 'live' || live === null || typeof live === 'string') return [];
  return diskNames(live.facts)
    .filter(({ where, name }) => where !== '/etc/fstab' && name.startsWith('/dev/sd'))
    .map(
      ({ where, name }) =>
        `On ${source.target} ${where} calls a disk ${name}, which virt-v2v leaves so: from virtio it would not start. Name it there by its UUID before, or leave virt-v2v out.`,
    );
}

/** From these the machine's disks go to virtio, or are there already. */
const BUSES: ReadonlySet<string | null> = new Set(['sata', 'ide', 'virtio']);

/**
 * virt-v2v names the disks in the system as virtio has them, so all that it prepares have to come there: also where the machine's XML is one's own.
 * @param prepared what `preparedOf` has of it
 */
export function busProblems(
  { xml }: Pick<CreateInput, 'xml'>,
  { prepared, defined }: { readonly prepared: ReturnType<typeof preparedOf>; readonly defined: string },
): CreateProblem[] {
  if (prepared === null || defined === '') return [];
  const { disks } = readDomain(defined);
  return prepared.paths.flatMap((file) => {
    const disk = disks.find(({ device, source }) => device === 'disk' && source?.path === file);
    if (BUSES.has(disk?.bus ?? null)) return [];
    const where =
      disk === undefined
        ? `The machine’s XML has no disk ${file}`
        : `${xml === null ? `The disk ${file}` : `In the machine’s XML the disk ${file}`} is on ${disk.bus ?? 'no bus'}`;
    const message = `${where}, and virt-v2v names disks in the system as they are on virtio: put it on SATA, IDE or virtio, or leave virt-v2v out.`;
    return [{ field: 'source.prepare', message }];
  });
}

export function virtV2vWarnings({ source }: CreateInput, { host }: Pick<CreateFacts, 'host'>): string[] {
  if (!wantsVirtV2v(source)) return [];
  return [
    `virt-v2v on ${host.name} changes the system in the copy, not in what it is copied from: drivers, its initramfs, the boot loader’s settings; at its first start it may install QEMU’s guest agent. It goes on virtio where that succeeds, else it stays as it was copied. Without KVM on ${host.name} it takes ten minutes and more.`,
  ];
}

/** The same steps with virt-v2v's between the copying of all disks and their conversion. */
export function withVirtV2v(
  steps: readonly PlannedStep[],
  {
    input,
    facts: { host, pools },
    machine,
    disks,
    token,
  }: {
    readonly input: CreateInput;
    readonly facts: Pick<CreateFacts, 'host' | 'pools'>;
    readonly machine: { readonly name: string; readonly number: number };
    readonly disks: Pick<MachineDisks, 'volumes'>;
    /** From the machine's UUID. */
    readonly token: string;
  },
): PlannedStep[] {
  const filled = disks.volumes.flatMap((volume, index) =>
    volume.image === undefined
      ? []
      : [{ volume, image: volume.image, by: `volume-${machine.number}-${index + 1}` }],
  );
  const [first] = filled;
  const pool = pools.find(({ uuid }) => uuid === first?.volume.pool);
  if (!wantsVirtV2v(input.source) || first === undefined || pool === undefined) return [...steps];
  const params: VirtV2vParams = {
    host: host.id,
    hostName: host.name,
    name: machine.name,
    arch: input.spec.arch,
    folder: pathIn(pool, `${first.volume.name}.${token === '' ? '' : `${token}.`}virt-v2v`),
    disks: filled.map(({ volume, image, by }) => ({
      pool: volume.pool,
      poolName: volume.poolName,
      name: rawName(volume, token),
      was: image.disk,
      by,
    })),
  };
  const converts = new Set(filled.flatMap(({ by }) => [`${by}-convert`, `${by}-tidy`]));
  return [
    ...steps.filter(({ id }) => !converts.has(id)),
    {
      id: VIRT_V2V_STEP,
      kind: 'p2v.virt-v2v',
      host: host.id,
      title: `Let virt-v2v on ${host.name} prepare it for virtio; where it cannot, it stays as it is`,
      params,
      // A minute and a half to ten and more, whatever the disks hold, and most of the job where they hold little.
      weight: 200,
    },
    ...steps.filter(({ id }) => converts.has(id)),
  ];
}

/** What decides on virtio when the machine is defined; null: it is as in its XML. */
export function preparedOf(
  { source }: CreateInput,
  { pools }: Pick<CreateFacts, 'pools'>,
  { volumes }: Pick<MachineDisks, 'volumes'>,
): { step: string; paths: string[] } | null {
  if (!wantsVirtV2v(source)) return null;
  const paths = volumes.flatMap(({ image, pool: uuid, name }) => {
    const pool = pools.find((one) => one.uuid === uuid);
    return image === undefined || pool === undefined ? [] : [pathIn(pool, name)];
  });
  return paths.length === 0 ? null : { step: VIRT_V2V_STEP, paths };
}
