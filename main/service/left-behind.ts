import type { DeletionPlan } from '../contract/domain.ts';
import type { MigrateInput, MigratePlan } from '../contract/migrate.ts';
import type { SourceVolume } from '../jobs/clone/facts.ts';
import { lookAt } from '../jobs/migrate/own-copies.ts';
import { sizeWords } from '../jobs/size-words.ts';
import type { Services } from './services.ts';

/** What a machine that went leaves behind. */
interface Left {
  readonly input: Pick<MigrateInput, 'host' | 'uuid' | 'to'>;
  readonly shown: Pick<MigratePlan, 'stays' | 'disks' | 'media'>;
  readonly volumes: ReadonlyMap<string, SourceVolume | null>;
}

/**
 * Says what stays where the machine was, and keeps how that is now, as the machine has just been given up there: what nobody has changed when the machine comes back is its own old copy.
 * Where the host does not tell nothing is kept, and nothing is taken for that.
 */
export async function keepLeft(
  { fleet, leftCopies }: Services,
  { input: { host, uuid, to: target }, shown, volumes }: Left,
  job: { readonly log: (text: string) => void },
): Promise<void> {
  const { stays, disks, media } = shown;
  const { name, uri } = fleet.hosts.connection(host).host;
  const to = fleet.hosts.connection(target).host.uri;
  const paths = new Map([...disks, ...media].map(({ target: disk, path }) => [disk, path]));
  for (const line of staysWords(stays, name)) job.log(line);
  const moved = new Map([...disks, ...media].map(({ source, path }) => [source, path]));
  await leftCopies.follow({ uuid, from: uri, to }, moved);
  const { session } = fleet.hosts.connection(host);
  if (session === null) return;
  const copies = await Promise.all(
    stays.map(async ({ target: disk }) => {
      const volume = volumes.get(disk) ?? null;
      const changed = volume === null ? null : ((await lookAt(session.client, volume, {}))?.changed ?? null);
      const went = paths.get(disk);
      return volume === null || changed === null || went === undefined
        ? []
        : [{ uuid, uri, disk, pool: volume.pool, name: volume.name, changed, to, went }];
    }),
  );
  if (copies.flat().length > 0) await leftCopies.keep(copies.flat());
}

/** What moves of a machine have left on other hosts than the one that it is on, by the host's name. */
export async function leftElsewhere(
  { fleet, leftCopies }: Pick<Services, 'fleet' | 'leftCopies'>,
  { host, uuid }: Pick<MigrateInput, 'host' | 'uuid'>,
): Promise<NonNullable<DeletionPlan['leftCopies']>> {
  const found = new Map<string, string[]>();
  for (const { uri, name } of await leftCopies.elsewhere({
    uuid,
    uri: fleet.hosts.connection(host).host.uri,
  })) {
    const at = fleet.store.hosts().find((one) => one.uri === uri)?.name ?? uri;
    found.set(at, [...(found.get(at) ?? []), name]);
  }
  return [...found].map(([at, names]) => ({ host: at, names }));
}

/** “default/web.qcow2 stays on kvm-a, 2.1 GiB”, one line for all. */
export function staysWords(stays: MigratePlan['stays'], host: string): string[] {
  if (stays.length === 0) return [];
  const words = stays.map(({ pool, name, bytes }) => {
    const place = pool === null ? name : `${pool}/${name}`;
    return bytes === null ? place : `${place} (${sizeWords(bytes)})`;
  });
  return [`stays on ${host}: ${words.join(', ')}`];
}
