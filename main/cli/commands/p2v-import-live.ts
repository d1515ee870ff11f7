import path from 'node:path';
import type { SourceChange, SourceReport } from '../../contract/p2v-source.ts';
import { UsageError } from '../errors.ts';
import type { FleetSession } from '../fleet-session.ts';
import { answeringSources } from '../source-questions.ts';
import { readPools } from '../storage-reads.ts';
import { poolFor } from './create.ts';
import { oneHost } from './net-change.ts';
import { importMachine, prepareOf, type ImportFlags } from './p2v-import.ts';

/** Makes a machine of one that runs, which goes on running; `--dry-run` only says what that takes. */
export async function importRunning(
  session: FleetSession,
  target: string,
  flags: ImportFlags,
): Promise<void> {
  if (flags.verify) throw new UsageError('A running machine has no checksums: leave --verify out.');
  await session.connectAny();
  const host = oneHost(session, flags.host);
  const pools = (await readPools(session)).filter((pool) => pool.host === host);
  const address = { target, keyFile: flags.keyFile === undefined ? null : path.resolve(flags.keyFile) };
  await answeringSources(session, async () => {
    const { spec, live } = await session.output.during(`Looking at ${target}…`, () =>
      session.client.create.defaults({
        host,
        os: null,
        source: 'live',
        pool: poolFor(pools, flags.pool).uuid,
        live: { ...address, format: flags.format, ...(flags.disk.length === 0 ? {} : { disks: flags.disk }) },
      }),
    );
    const { disks = [], warnings = [], report } = live ?? {};
    const allow = report === undefined ? [] : allowed(flags.allow, report);
    const refused = (report?.changes ?? []).filter(({ id }) => !allow.includes(id));
    for (const { id, text, why } of refused)
      session.output.note(`Not allowed (--allow ${id}): ${text} ${why}`);
    await importMachine(
      session,
      { host, spec, source: { kind: 'live', ...address, disks, allow, ...prepareOf(flags) }, warnings },
      flags,
    );
  });
}

const KINDS: ReadonlyMap<string, SourceChange['kind']> = new Map([
  ['snapshot', 'snapshot'],
  ['services', 'service'],
  ['first-boot', 'first-boot'],
]);

/** `snapshot`, `services` and `first-boot` are all of their kind; `services:a+b` are those; all else are ids. @throws {UsageError} for what is none of the machine's */
export function allowed(words: readonly string[], { changes }: Pick<SourceReport, 'changes'>): string[] {
  const ids = words
    .flatMap((word) => word.split(','))
    .map((word) => word.trim())
    .filter((word) => word !== '')
    .flatMap((word) => {
      const all = KINDS.get(word);
      if (all !== undefined) return changes.filter(({ kind }) => kind === all).map(({ id }) => id);
      const services = /^services?:(.+)$/.exec(word)?.[1];
      return services === undefined ? [word] : services.split('+').map((name) => `service:${name}`);
    });
  const known = changes.map(({ id }) => id);
  const unknown = ids.filter((id) => !known.includes(id));
  if (unknown.length > 0)
    throw new UsageError(
      `--allow ${unknown.join(',')}: nothing of that name would be done on it. It takes ${[...new Set([...KINDS.keys(), ...known])].join(', ')}.`,
    );
  return [...new Set(ids)];
}
