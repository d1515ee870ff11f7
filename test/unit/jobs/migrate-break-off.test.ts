import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { LibvirtClient } from '../../../drivers/libvirt/client.ts';
import { LibvirtError, LinkError } from '../../../drivers/rpc/errors.ts';
import { abortOnce, breakOff, type BreakOffOptions } from '../../../main/jobs/migrate/break-off.ts';
import { FakeClock } from '../hosts/fake-clock.ts';

const DOM = { name: 'web', uuid: new Uint8Array(16), id: 1 };
const COPY = { type: 'block-node', 'node-name': 'migration-vda-storage' };
const MEMORY = { type: 'migration' };
/** virDomainJobOperation */
const OPERATION = { move: 5, backup: 9 };
const OTHERS = [
  { type: 'chardev', id: 'charmonitor' },
  { type: 'block-node', 'node-name': 'libvirt-1-storage' },
];

/** A source whose libvirt takes the abort, and whose QEMU stops when it is cut off. */
class Source {
  readonly clock = new FakeClock();
  readonly over = new AbortController();
  readonly log: string[] = [];
  readonly yanked: unknown[] = [];
  /** What QEMU was asked to do, in its order. */
  readonly asked: string[] = [];
  /** So many questions QEMU does not answer, as its main loop stands still. */
  unanswered = 0;
  /** Called as QEMU is asked something. */
  whenAsked = (): void => undefined;
  /** The host is away for so many asks. */
  away = 0;
  /** The answers to domainAbortJob before it is taken. */
  refusals = 0;
  /** Its words for them. */
  refusal = 'no job';
  aborts = 0;
  /** So many times somebody's backup is what libvirt works on. */
  backups = 0;
  /** From the abort on QEMU's main loop stands still, as long as it has a connection to flush. */
  hangs = false;
  #isHanging = false;
  /** So many times QEMU has nothing of the move to let go yet. */
  empty = 0;
  /** What QEMU says of the move when it is to end. */
  status = 'cancelled';
  /** QEMU's, to `yank`. */
  answer: object = { return: {} };

  end(mayCut = true): Promise<void> {
    return breakOff(this.options(mayCut), this.over.signal);
  }

  options(mayCut = true): BreakOffOptions {
    const client = {
      remote: {
        domainGetJobStats: () => {
          if (this.#isHanging) return new Promise(() => undefined);
          const others = (this.backups -= 1) >= 0;
          const value = { type: 1, value: others ? OPERATION.backup : OPERATION.move };
          return Promise.resolve({ type: 2, params: [{ field: 'operation', value }] });
        },
        domainAbortJob: () => {
          if ((this.away -= 1) >= 0) return Promise.reject(new LinkError('TIMEOUT', 'no answer'));
          this.aborts += 1;
          this.asked.push('abort');
          if ((this.refusals -= 1) >= 0)
            return Promise.reject(
              new LibvirtError({ code: 'VIR_ERR_OPERATION_INVALID', message: this.refusal }),
            );
          this.#isHanging = this.hangs && this.yanked.length === 0;
          return this.#isHanging ? new Promise(() => undefined) : Promise.resolve({});
        },
      },
      qemu: {
        domainMonitorCommand: ({ cmd }: { cmd: string }) => {
          this.whenAsked();
          if (this.#isHanging || (this.unanswered -= 1) >= 0)
            return Promise.reject(new LinkError('TIMEOUT', 'no answer'));
          const { execute, arguments: given } = JSON.parse(cmd) as { execute: string; arguments?: object };
          if (execute === 'query-migrate')
            return Promise.resolve({ result: JSON.stringify({ return: { status: this.status } }) });
          if (execute === 'migrate-continue') {
            assert.deepEqual(given, { state: 'cancelling' });
            this.asked.push('let go on');
            this.status = 'cancelled';
            return Promise.resolve({ result: JSON.stringify({ return: {} }) });
          }
          if (execute === 'yank') {
            this.yanked.push(given);
            this.asked.push('cut');
          }
          if (execute === 'yank') return Promise.resolve({ result: JSON.stringify(this.answer) });
          const result = { return: (this.empty -= 1) >= 0 ? OTHERS : [...OTHERS, COPY, MEMORY] };
          return Promise.resolve({ result: JSON.stringify(result) });
        },
      },
    };
    const { clock, log } = this;
    return {
      clock,
      dom: DOM,
      mayCut,
      log: (text: string) => log.push(text),
      client: () => client as unknown as LibvirtClient,
    };
  }
}

const TOLD = 'QEMU was told to let the connections of the move go: it does not wait for the target';

test('a QEMU that stands still from the abort on is cut off before, and from nothing else', async () => {
  const source = new Source();
  source.hangs = true;
  source.unanswered = 1;
  const ended = source.end();
  await source.clock.advance(3000);
  assert.deepEqual(source.asked, ['cut', 'abort']);
  assert.deepEqual(source.yanked, [{ instances: [COPY, MEMORY] }]);
  source.over.abort();
  await ended;
  assert.deepEqual(source.log, [TOLD]);
});

test('an abort that finds no job yet is asked for again, and what QEMU has opened since is cut off before', async () => {
  const source = new Source();
  source.hangs = true;
  source.empty = 1;
  source.refusals = 1;
  const ended = source.end();
  await source.clock.advance(1000);
  source.over.abort();
  await ended;
  assert.deepEqual(source.asked, ['abort', 'cut', 'abort']);
});

test('so it is where the abort is asked for again by another link', async () => {
  const source = new Source();
  await abortOnce(source.options());
  assert.deepEqual(source.asked, ['cut', 'abort']);
});

test('what it opens after it was cut off is cut off, too', async () => {
  const source = new Source();
  const ended = source.end();
  await source.clock.advance(6000);
  source.over.abort();
  await ended;
  assert.deepEqual(source.asked, ['cut', 'abort', 'cut']);
  assert.deepEqual(source.log, [TOLD]);
});

for (const mayCut of [true, false])
  test(`a QEMU that waits for a word since it was cancelled is given it once: the guest stood still (${mayCut ? 'cut off' : 'post-copy'})`, async () => {
    const source = new Source();
    source.status = 'cancelling';
    const ended = source.end(mayCut);
    await source.clock.advance(20_000);
    source.over.abort();
    await ended;
    assert.equal(source.asked.filter((what) => what === 'let go on').length, 1);
  });

test('so it is by another link, and one that was not cancelled is told nothing', async () => {
  const source = new Source();
  source.status = 'cancelling';
  await abortOnce(source.options());
  assert.deepEqual(source.asked, ['cut', 'let go on', 'abort']);
  const sound = new Source();
  sound.status = 'active';
  await abortOnce(sound.options());
  assert.deepEqual(sound.asked, ['cut', 'abort']);
});

test('the backup of somebody else is not ended', async () => {
  const source = new Source();
  source.backups = 2;
  const ended = source.end();
  await source.clock.advance(150);
  assert.equal(source.aborts, 0);
  await source.clock.advance(1000);
  source.over.abort();
  await ended;
  assert.equal(source.aborts, 1);
  const later = new Source();
  later.backups = 1;
  await abortOnce(later.options());
  assert.equal(later.aborts, 0);
});

test('by post-copy nothing is cut: the guest lives on it', async () => {
  const source = new Source();
  const ended = source.end(false);
  await source.clock.advance(60_000);
  source.over.abort();
  await ended;
  assert.deepEqual([source.aborts, source.yanked], [1, []]);
});

test('once it runs on the target by post-copy that is said, and the abort is not asked for again', async () => {
  const source = new Source();
  source.refusals = 9;
  source.refusal = 'cannot abort migration in post-copy mode';
  const ended = source.end(false);
  await source.clock.advance(60_000);
  source.over.abort();
  await ended;
  assert.equal(source.aborts, 1);
  assert.deepEqual(source.log, [
    'It goes on on the target already, and comes to its end there: that cannot be cancelled',
  ]);
});

test('an abort that is refused is asked for ever less often', async () => {
  const source = new Source();
  source.refusals = 1000;
  const ended = source.end(false);
  await source.clock.advance(60_000);
  source.over.abort();
  await ended;
  assert.ok(source.aborts < 70, String(source.aborts));
});

test('there is nothing to cut yet: what QEMU opens since is cut off', async () => {
  const source = new Source();
  source.empty = 1;
  const ended = source.end();
  await source.clock.advance(6000);
  source.over.abort();
  await ended;
  assert.deepEqual(source.asked, ['abort', 'cut']);
});

test('a QEMU that did not answer is asked again, and so is a host that was away', async () => {
  const source = new Source();
  source.away = 2;
  source.unanswered = 3;
  const ended = source.end();
  await source.clock.advance(20_000);
  source.over.abort();
  await ended;
  assert.equal(source.aborts, 1);
  assert.ok(source.yanked.length > 0);
  assert.match(source.log[0] ?? '', /waits until TCP gives it up \(no answer\)/);
});

test('what was to be cut is not, when the move ends in between', async () => {
  const source = new Source();
  source.whenAsked = () => source.over.abort();
  await source.end();
  assert.deepEqual([source.yanked, source.aborts], [[], 0]);
});

test('where QEMU does not let go it is said what is waited for', async () => {
  const source = new Source();
  source.answer = { error: { class: 'CommandNotFound', desc: 'The command yank has not been found' } };
  const ended = source.end();
  await source.clock.advance(10_000);
  source.over.abort();
  await ended;
  assert.match(source.log.join(), /waits until TCP gives it up \(The command yank has not been found\)/);
});
