import assert from 'node:assert/strict';
import { test } from 'node:test';
import { LibvirtError } from '../../../drivers/rpc/errors.ts';
import { migrateManner, usualMigration } from '../../../main/contract/migrate.ts';
import { systemClock } from '../../../main/hosts/clock.ts';
import type { HostSession } from '../../../main/hosts/session.ts';
import { migrationPorts, type Drive } from '../../../main/jobs/migrate/ports.ts';

const MANNER = {
  ...migrateManner.parse(usualMigration({ host: 'a', uuid: '', to: 'b' })),
  persistent: true,
  copies: 'none' as const,
  postCopy: true,
  wasPaused: false,
  autoConverge: false,
  unsafe: false,
};
const DRIVE: Drive = {
  manner: MANNER,
  wishes: {
    ...MANNER,
    name: 'web',
    isRenamed: false,
    disks: [],
    bandwidthMiBs: null,
    live: null,
    persistent: null,
    uri: null,
    listen: null,
  },
  relayed: false,
  peerUri: null,
  downtimeMs: null,
  watch: () => Promise.resolve(),
  targetLost: () => undefined,
};

/** Two hosts that do not reach each other. */
class Torn {
  open = 0;
  readonly asked: string[] = [];
  readonly log: string[] = [];

  ports() {
    const cookieOut = new Uint8Array();
    const answer = (call: string, reply: object) => (args: { cancelled?: number }) => {
      this.asked.push(args.cancelled === 1 ? `${call} given up` : call);
      return Promise.resolve(reply);
    };
    const remote = {
      domainMigrateBegin3Params: answer('begin', { cookieOut, xml: '<domain/>' }),
      domainMigratePrepare3Params: answer('prepare', { cookieOut, uriOut: 'tcp://b:49152' }),
      domainMigratePerform3Params: () =>
        Promise.reject(new LibvirtError({ code: 'VIR_ERR_OPERATION_FAILED', message: 'no route to b' })),
      domainMigrateFinish3Params: answer('finish', { cookieOut }),
      domainMigrateConfirm3Params: answer('confirm', {}),
    };
    const openStreamClient = () => {
      this.open += 1;
      const close = (): Promise<void> => Promise.resolve(void (this.open -= 1));
      return Promise.resolve({ remote, close });
    };
    return migrationPorts({
      clock: systemClock,
      subject: {
        uuid: 'c7a5fdbd-cdaf-9455-926a-d65c16db1809',
        name: 'web',
        toName: 'kvm-b',
        wasPaused: false,
        definitionGoes: true,
        postCopy: true,
      },
      session: () => ({ openStreamClient }) as unknown as HostSession,
      log: (text) => this.log.push(text),
      cancelled: new AbortController().signal,
      drive: DRIVE,
      again: () => Promise.resolve(DRIVE),
    });
  }
}

test('what is asked again in post-copy leaves no link open, and is told once', async () => {
  const torn = new Torn();
  const { recover, wasTorn } = torn.ports();
  assert.equal(wasTorn(), false);
  await recover();
  await recover();
  assert.equal(torn.open, 0);
  assert.deepEqual(torn.asked.slice(0, 4), ['begin', 'prepare', 'finish given up', 'confirm given up']);
  assert.deepEqual(torn.log, [
    'The hosts have lost each other in post-copy: it goes on when they reach each other (no route to b)',
  ]);
  assert.equal(wasTorn(), true);
});
