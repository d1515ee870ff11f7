import assert from 'node:assert/strict';
import { mock, suite, test } from 'node:test';
import type { LibvirtClient } from '../../../drivers/libvirt/client.ts';
import { createDemoFleet } from '../../../drivers/simulator/index.ts';
import { usualMigration } from '../../../main/contract/migrate.ts';
import { DemoHosts } from '../../../main/hosts/demo.ts';
import { openLibvirtClient } from '../../../main/hosts/open-client.ts';
import type { HostSession } from '../../../main/hosts/session.ts';
import { parseTarget } from '../../../main/hosts/target.ts';
import type { StepContext } from '../../../main/jobs/engine/step.ts';
import { driveOf } from '../../../main/jobs/migrate/steps/move-drive.ts';
import { moveParams } from '../../../main/jobs/migrate/steps/move-params.ts';
import { MOST_LOOKS, Turns } from '../../../main/jobs/migrate/turns.ts';
import { FakeClock } from '../hosts/fake-clock.ts';

const MIB = 1024 ** 2;
const DISK = 100 * MIB;
const UUID = '0f2c2b6e-5f3b-4f0e-9a51-2f6a7f3d1c11';

/** What the source tells in a second of the move: bytes of the disk that have gone; null: it does not answer. */
type Source = (second: number) => number | null;

interface Asked {
  readonly drive: 'app' | 'peer';
  readonly source: Source;
  readonly seconds: number;
  /** Called at the end of each second. */
  readonly each?: (second: number, move: Silent) => Promise<void> | void;
}

/** A move whose target says nothing unless a test lets it. */
class Silent {
  readonly clock = new FakeClock();
  readonly cancelled = new AbortController();
  readonly log: string[] = [];
  /** The hosts that the job waits for, and what that means, as it was told last. */
  told: readonly [hosts: readonly string[], meaning: string | undefined] = [[], undefined];
  /** In seconds after the begin. */
  givenUpAt: number | null = null;
  #target: LibvirtClient | null = null;
  #drive: Awaited<ReturnType<typeof driveOf>> | null = null;
  readonly #begun = this.clock.now();

  async runs({ drive, source, seconds, each }: Asked): Promise<void> {
    const demo = new DemoHosts(() => createDemoFleet({ seed: 5 }));
    const over = new AbortController();
    mock.timers.enable({ apis: ['Date'], now: this.clock.now() });
    try {
      const target = parseTarget('demo:///kvm-a');
      assert.ok(target.kind === 'demo');
      this.#target = await openLibvirtClient(await demo.link(target), target);
      this.#drive = await driveOf(paramsOf(drive), this.#step(source), {
        clock: this.clock,
        wasPaused: false,
        looks: new Turns(MOST_LOOKS),
      });
      const watching = this.#drive.watch(over.signal, () => (this.givenUpAt ??= this.#second()));
      for (let second = 1; second <= seconds; second += 1) {
        await this.clock.advance(1000);
        await each?.(second, this);
      }
      over.abort();
      await this.clock.advance(1000);
      await watching;
    } finally {
      mock.timers.reset();
      await this.#target?.close();
      await demo.close();
    }
  }

  /** The target says something now. */
  async isHeard(): Promise<void> {
    mock.timers.setTime(this.clock.now());
    await this.#target?.remote.connectGetLibVersion();
  }

  loseTarget(): void {
    this.#drive?.targetLost();
  }

  #second(): number {
    return (this.clock.now() - this.#begun) / 1000;
  }

  #step(source: Source): StepContext {
    const figure = (field: string, value: number) => ({ field, value: { type: 4, value: BigInt(value) } });
    const remote = {
      domainGetJobStats: (_: unknown, { signal }: { signal: AbortSignal }) => {
        const sent = source(this.#second());
        if (sent === null)
          return new Promise((_resolve, reject) => {
            signal.addEventListener('abort', () => reject(new Error('over')));
          });
        const params = [figure('disk_total', DISK), figure('disk_processed', sent)];
        return Promise.resolve({ params });
      },
      domainLookupByUuid: () => Promise.resolve({ dom: { name: 'web', uuid: new Uint8Array(16), id: 1 } }),
    };
    return {
      signal: this.cancelled.signal,
      client: () => ({ remote }) as unknown as LibvirtClient,
      session: () => ({ client: this.#target }) as unknown as HostSession,
      log: (text: string) => this.log.push(text),
      progress: () => undefined,
      silent: (hosts: readonly string[], meaning?: string) => {
        this.told = [hosts, meaning];
      },
    } as unknown as StepContext;
  }
}

function paramsOf(drive: Asked['drive']) {
  const move = usualMigration({ host: 'a', uuid: UUID, to: 'b' });
  return moveParams.parse({
    ...move,
    hostName: 'alpha',
    toName: 'beta',
    name: 'web',
    persistent: true,
    disks: [],
    networks: {},
    relayed: false,
    address: null,
    manner: { ...move, drive },
    diskBytes: DISK,
    memoryBytes: 256 * MIB,
  });
}

async function moved(asked: Asked): Promise<Silent> {
  const move = new Silent();
  await move.runs(asked);
  return move;
}

/** A MiB a second until then. */
const until =
  (last: number): Source =>
  (second) =>
    Math.min(second, last) * MIB;

suite('a target that says nothing, where the source’s libvirtd drives', () => {
  test('nothing goes to it either: the move is given up, and that is what the job says', async () => {
    const { givenUpAt, log } = await moved({
      drive: 'peer',
      source: until(4),
      seconds: 40,
      each: (second, { told: [hosts, meaning] }) => {
        if (second < 8) assert.deepEqual(hosts, []);
        if (second > 9) assert.deepEqual(hosts, ['b']);
        if (second === 10)
          assert.match(meaning ?? '', /^beta has said nothing .*: web is on alpha as before\./);
        if (second === 39)
          assert.equal(
            meaning,
            'Nothing goes to beta any more: the move is given up, and web stays on alpha.',
          );
      },
    });
    assert.ok(givenUpAt !== null && givenUpAt >= 24 && givenUpAt <= 26, String(givenUpAt));
    assert.equal(log.filter((line) => /is given up, and/.test(line)).length, 1);
  });

  test('data goes on between the hosts: it is left to them', async () => {
    const { givenUpAt, told } = await moved({ drive: 'peer', source: until(90), seconds: 80 });
    assert.equal(givenUpAt, null);
    assert.deepEqual(told[0], []);
  });

  test('data goes in lumps, a quarter of a minute apart', async () => {
    const source: Source = (second) => Math.floor(second / 16) * 16 * MIB + MIB;
    assert.equal((await moved({ drive: 'peer', source, seconds: 90 })).givenUpAt, null);
  });

  test('the source says nothing either, as where this computer is off the net', async () => {
    const source: Source = (second) => (second > 4 ? null : second * MIB);
    assert.equal((await moved({ drive: 'peer', source, seconds: 90 })).givenUpAt, null);
  });

  test('nothing has gone yet, as while the target makes ready', async () => {
    assert.equal((await moved({ drive: 'peer', source: until(0), seconds: 90 })).givenUpAt, null);
  });

  test('data goes on for a while longer, and then no more', async () => {
    const { givenUpAt } = await moved({ drive: 'peer', source: until(40), seconds: 90 });
    assert.ok(givenUpAt !== null && givenUpAt >= 60, String(givenUpAt));
  });

  test('it is heard again: it is not given up, and not waited for any more', async () => {
    const { givenUpAt, log, told } = await moved({
      drive: 'peer',
      source: (second) => (second < 20 ? until(4)(second) : second * MIB),
      seconds: 60,
      each: async (second, move) => {
        if (second >= 20) await move.isHeard();
        if (second === 30) assert.deepEqual(move.told[0], []);
      },
    });
    assert.equal(givenUpAt, null);
    assert.ok(log.includes('beta is heard again'), log.join('\n'));
    assert.deepEqual(told[0], []);
  });
});

suite('a target that says nothing, where this program drives', () => {
  test('the end of its own link decides, and then that is what the job says', async () => {
    const { givenUpAt } = await moved({
      drive: 'app',
      source: until(4),
      seconds: 60,
      each: (second, move) => {
        if (second === 50) move.loseTarget();
        const [hosts, meaning = ''] = move.told;
        if (second > 9) assert.deepEqual(hosts, ['b']);
        if (second > 9)
          assert.match(
            meaning,
            second < 50 ? /it can be cancelled where it was begun\.$/ : /web stays on alpha\.$/,
          );
      },
    });
    assert.equal(givenUpAt, null);
  });

  test('once it is cancelled, nobody is told that it can be', async () => {
    await moved({
      drive: 'app',
      source: until(4),
      seconds: 20,
      each: (second, move) => {
        if (second === 12) move.cancelled.abort();
        if (second > 12)
          assert.equal(
            move.told[1],
            'beta has said nothing for some seconds: web is on alpha as before, and stays there.',
          );
      },
    });
  });
});

suite('a target that answers, and nothing of the move goes to it', () => {
  const heard = (_: number, move: Silent) => move.isHeard();

  for (const drive of ['app', 'peer'] as const)
    test(`that is said, and a person decides (driven by ${drive})`, async () => {
      const { givenUpAt, log, told } = await moved({
        drive,
        source: until(4),
        seconds: 40,
        each: async (second, move) => {
          await heard(second, move);
          if (second < 20) assert.deepEqual(move.told[0], []);
          if (second < 26) return;
          assert.deepEqual(move.told[0], ['b']);
          assert.match(
            move.told[1] ?? '',
            /^beta answers, but nothing of the move .*: web is on alpha as before\..* can be cancelled where it was begun\.$/,
          );
        },
      });
      assert.equal(givenUpAt, null);
      assert.equal(log.length, 1);
      assert.deepEqual(told[0], []);
    });

  test('something goes again: it is not waited for any more', async () => {
    const source: Source = (second) => (second < 30 ? 4 * MIB : second * MIB);
    await moved({
      drive: 'app',
      source,
      seconds: 36,
      each: async (second, move) => {
        await heard(second, move);
        if (second === 28) assert.deepEqual(move.told[0], ['b']);
        if (second < 33) return;
        assert.deepEqual(move.told[0], []);
        assert.equal(move.log.at(-1), 'Data goes to beta again');
      },
    });
  });
});
