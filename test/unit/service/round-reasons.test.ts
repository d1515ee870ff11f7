import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Job } from '../../../main/contract/activity.ts';
import { usualMigration } from '../../../main/contract/migrate.ts';
import { FailureError } from '../../../main/hosts/failures.ts';
import type { JobContext } from '../../../main/jobs/registry.ts';
import { startRound } from '../../../main/service/migrate-round.ts';
import type { Services } from '../../../main/service/services.ts';
import { jobFixture } from '../cli/fixtures.ts';

const UNSAFE = 'Unsafe migration: Migration without shared storage is unsafe';

test('a round says why a machine was not moved, in libvirt’s words, in its log and at its end', async () => {
  const log: string[] = [];
  let run: ((job: JobContext) => Promise<unknown>) | undefined;
  const failed: Job = jobFixture('one', {
    kind: 'migrate',
    state: 'failed',
    failure: {
      code: 'LIBVIRT',
      message: 'db was not migrated to b. db is on a as before.',
      libvirt: {
        code: 'VIR_ERR_MIGRATE_UNSAFE',
        codeNumber: 81,
        domain: 'VIR_FROM_QEMU',
        level: 'error',
        message: UNSAFE,
      },
    },
  });
  const services = {
    fleet: {
      activity: { jobs: () => [failed] },
      store: { host: () => undefined, domain: () => ({ name: 'db' }) },
    },
    jobs: {
      settled: () => Promise.resolve(),
      start: (job: { run: typeof run }) => {
        run = job.run;
        return 'round';
      },
    },
  } as unknown as Services;
  const moves = [usualMigration({ host: 'a', uuid: 'u', to: 'b' })];
  const begin = () => Promise.resolve({ job: 'one', plan: { stays: [] } });
  startRound(services, { kind: 'evacuate', host: { id: 'a', name: 'a' }, moves, atOnce: 1, begin });
  const context = {
    signal: new AbortController().signal,
    log: (line: string) => log.push(line),
    progress: () => undefined,
  } as unknown as JobContext;
  await assert.rejects(
    async () => run?.(context),
    (error) => error instanceof FailureError && error.failure.detail?.includes(UNSAFE) === true,
  );
  assert.match(log.join('\n'), /db is on a as before\. Unsafe migration/);
});
