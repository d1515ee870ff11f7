import { readFile } from 'node:fs/promises';
import path from 'node:path';
import type { Volume } from '../../contract/storage.ts';
import { CliError } from '../errors.ts';
import type { FleetSession } from '../fleet-session.ts';
import { bytes } from '../format.ts';
import { writeSparse } from '../sparse-file.ts';
import { withOfferedFile } from '../serve-file.ts';
import { findPool, findVolume, readAllVolumes } from '../storage-reads.ts';
import { keyValues, table } from '../table.ts';
import { runJob } from './jobs.ts';
import { confirmLoss, done } from './pool.ts';

export async function listVolumes(session: FleetSession, poolName: string): Promise<void> {
  const pool = await findPool(session, poolName);
  const { volumes, hidden } = await readAllVolumes(session, pool);
  session.output.either(volumes, () => {
    const lines = table(
      [
        { title: 'NAME', value: ({ name }) => name },
        { title: 'FORMAT', value: ({ format, type }) => format ?? type },
        { title: 'SIZE', value: ({ capacityBytes }) => bytes(capacityBytes), align: 'right' },
        { title: 'ON DISK', value: ({ allocationBytes }) => bytes(allocationBytes), align: 'right' },
        { title: 'USED BY', value: users },
      ],
      volumes,
    );
    for (const line of lines) session.output.line(line);
    if (hidden.noText > 0)
      session.output.aside(`Not listed, because their names are no UTF-8: ${hidden.noText}`);
    if (hidden.unreadable > 0)
      session.output.aside(`Not listed, because libvirt cannot read them: ${hidden.unreadable}`);
  });
}

export async function showVolume(session: FleetSession, poolName: string, name: string): Promise<void> {
  const volume = await findVolume(session, await findPool(session, poolName), name);
  session.output.either(volume, () => {
    const lines = keyValues([
      ['name', volume.name],
      ['path', volume.path],
      ['type', volume.type],
      ['format', volume.format],
      ['size', bytes(volume.capacityBytes)],
      ['on disk', bytes(volume.allocationBytes)],
      ['encrypted', volume.encrypted ? 'yes' : 'no'],
      ['lies on', volume.backing],
      ['base of', volume.baseOf.join(', ')],
      ['used by', users(volume)],
    ]);
    for (const line of lines) session.output.line(line);
  });
}

export interface VolumeOptions {
  readonly size: number;
  readonly format: 'raw' | 'qcow2';
  readonly preallocation?: 'none' | 'metadata' | 'full';
  readonly backing?: string;
  readonly passphraseFile?: string;
}

export async function createVolume(
  session: FleetSession,
  poolName: string,
  { name, options }: { name: string; options: VolumeOptions },
): Promise<void> {
  const { host, uuid } = await findPool(session, poolName);
  const { size, passphraseFile, ...rest } = options;
  const passphrase =
    passphraseFile === undefined
      ? {}
      : { passphrase: (await readFile(passphraseFile, 'utf8')).replace(/\r?\n$/, '') };
  await runJob(session, () =>
    session.client.volume.create({ host, uuid, name, capacityBytes: size, ...rest, ...passphrase }),
  );
  done(session, { host, pool: poolName, name, done: 'created' });
}

export async function uploadFile(
  session: FleetSession,
  poolName: string,
  { file, name, ...asked }: { file: string; name: string | undefined; convert: boolean; checksum: boolean },
): Promise<void> {
  const { host, uuid, name: pool } = await findPool(session, poolName);
  const as = name ?? path.basename(file);
  const sha256 = await withOfferedFile(session, file, async (id) =>
    sumOf(
      await runJob(session, () => session.client.volume.upload({ host, uuid, name: as, file: id, ...asked })),
    ),
  );
  done(session, { host, pool, name: as, done: `uploaded${sumText(sha256)}`, more: { sha256 } });
}

export async function downloadVolume(
  session: FleetSession,
  poolName: string,
  { name, file, checksum }: { name: string; file: string; checksum: boolean },
): Promise<void> {
  const { host, uuid, name: pool } = await findPool(session, poolName);
  let written: Promise<void> = Promise.resolve();
  const job = await runJob(session, async () => {
    const opened = await session.client.volume.download({ host, uuid, name, checksum });
    const stream = await session.openFilePipe(opened.token);
    written = writeSparse(file, stream, opened.sizeBytes);
    written.catch(() => undefined);
    return opened;
  });
  await written;
  const sha256 = sumOf(job);
  done(session, {
    host,
    pool,
    name,
    done: `downloaded to ${file}${sumText(sha256)}`,
    more: { file, sha256 },
  });
}

export async function resizeVolume(
  session: FleetSession,
  poolName: string,
  { name, size, shrink, unseen }: { name: string; size: number; shrink: boolean; unseen: boolean },
): Promise<void> {
  const { host, uuid, name: pool } = await findPool(session, poolName);
  const accepted = shrink && unseen ? (await session.client.volume.loss({ host, uuid, name })).unseen : [];
  await session.client.volume.resize({ host, uuid, name, capacityBytes: size, shrink, accepted });
  done(session, { host, pool, name, done: `is ${bytes(size)} large now`, more: { capacityBytes: size } });
}

export async function cloneVolume(
  session: FleetSession,
  poolName: string,
  { name, newName, to, format }: { name: string; newName: string; to?: string; format?: 'raw' | 'qcow2' },
): Promise<void> {
  const { host, uuid, name: own } = await findPool(session, poolName);
  const target = to === undefined ? { uuid, name: own } : await findPool(session, to);
  const input = { host, uuid, name, to: target.uuid, newName, ...(format === undefined ? {} : { format }) };
  await runJob(session, () => session.client.volume.clone(input));
  done(session, { host, pool: target.name, name: newName, done: 'created' });
}

export async function loseVolume(
  session: FleetSession,
  poolName: string,
  { name, action, ...asking }: { name: string; action: 'wipe' | 'delete'; yes: boolean; unseen: boolean },
): Promise<void> {
  const { host, uuid, name: pool } = await findPool(session, poolName);
  const ref = { host, uuid, name };
  const loss = await session.client.volume.loss(ref);
  if (loss.refused !== null) throw new CliError({ code: 'CONFLICT', message: loss.refused });
  const what = action === 'delete' ? name : `what is in ${name}`;
  const accepted = [...(await confirmLoss(session, what, { loss, ...asking }))];
  await runJob(session, () => session.client.volume[action]({ ...ref, accepted }));
  done(session, { host, pool, name, done: action === 'delete' ? 'deleted' : 'wiped' });
}

export async function moveDisk(
  session: FleetSession,
  vm: string,
  { target, to, deleteSource }: { target: string; to: string; deleteSource: boolean },
): Promise<void> {
  await session.connectAny();
  const { host, uuid, name } = session.find(vm);
  const pool = await findPool(session, to);
  await runJob(session, () =>
    session.client.volume.move({ host, uuid, target, pool: pool.uuid, deleteSource }),
  );
  done(session, { host, pool: pool.name, name, done: `${target} is in ${pool.name} now`, more: { target } });
}

const VIA = { disk: '', file: '', copy: 'copy of ', backing: 'under ' } as const;

function users({ usedBy }: Pick<Volume, 'usedBy'>): string {
  return usedBy.map(({ name, target, via }) => `${name} ${VIA[via]}${target}`).join(', ');
}

/** The job's log tells it. */
function sumOf({ log }: { log: readonly { text: string }[] }): string | null {
  return (
    log
      .map(({ text }) => /^SHA-256 of .*: ([0-9a-f]{64})$/.exec(text)?.[1])
      .find((sum) => sum !== undefined) ?? null
  );
}

function sumText(sha256: string | null): string {
  return sha256 === null ? '' : ` (SHA-256 ${sha256})`;
}
