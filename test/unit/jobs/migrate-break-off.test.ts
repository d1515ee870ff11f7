import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { LibvirtClient } from '../../../drivers/libvirt/client.ts';
import { LibvirtError, LinkError } from '../../../drivers/rpc/errors.ts';
import { abortOnce, breakOff, type BreakOffOptions } from '../../../main/jobs/migrate/break-off.ts';
import { FakeClock } from '../hosts/fake-clock.ts';

const DOM = { name: 'web', uuid: new Uint8Array(16), id: 1 };
const COPY = { type: 'block-node', 'node-name': 'migration-vda-storage' };
const MEMORY = { type: 'migration' };
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
  answers = true;
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
  /** So many times QEMU has nothing of the move to let go yet. */
  empty = 0;
  /** QEMU's, to `yank`. */
  answer: object = { return: {} };

  end(mayCut = true): Promise<void> {
    return breakOff(this.options(mayCut), this.over.signal);
  }

  options(mayCut = true): BreakOffOptions {
    const client = {
      remote: {
        domainAbortJob: () => {
          if ((this.away -= 1) >= 0) return Promise.reject(new LinkError('TIMEOUT', 'no answer'));
          this.aborts += 1;
          this.asked.push('abort');
          if ((this.refusals -= 1) < 0) return Promise.resolve({});
          return Promise.reject(
            new LibvirtError({ code: 'VIR_ERR_OPERATION_INVALID', message: this.refusal }),
          );
        },
      },
      qemu: {
        domainMonitorCommand: ({ cmd }: { cmd: string }) => {
          this.whenAsked();
          if ((this.unanswered -= 1) >= 0) return Promise.reject(new LinkError('TIMEOUT', 'no answer'));
          const { execute, arguments: given } = JSON.parse(cmd) as { execute: string; arguments?: object };
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
      answers: () => Promise.resolve(this.answers),
      log: (text: string) => log.push(text),
      client: () => client as unknown as LibvirtClient,
    };
  }
}

test('a QEMU that waits though the target answers is cut off, and from nothing else', async () => {
  const source = new Source();
  source.refusals = 2;
  const ended = source.end();
  await source.clock.advance(1000);
  assert.equal(source.aborts, 3);
  assert.deepEqual(source.yanked, []);
  await source.clock.advance(5000);
  source.over.abort();
  await ended;
  assert.deepEqual(source.yanked, [{ instances: [COPY, MEMORY] }]);
  assert.deepEqual(source.log, ['The connections of the move were cut: QEMU does not wait for the target']);
});

test('of a target that does not answer it is cut off first: what libvirt asks it then would hold up the guest', async () => {
  const source = new Source();
  source.answers = false;
  source.unanswered = 1;
  const ended = source.end();
  await source.clock.advance(3000);
  await ended;
  assert.deepEqual(source.asked, ['cut', 'abort']);
});

test('so it is where the abort is asked for again by another link', async () => {
  const source = new Source();
  source.answers = false;
  await abortOnce(source.options());
  assert.deepEqual(source.asked, ['cut', 'abort']);
});

test('one that stops by itself is left to it', async () => {
  const source = new Source();
  const ended = source.end();
  await source.clock.advance(1000);
  source.over.abort();
  await ended;
  assert.deepEqual(source.yanked, []);
});

test('by post-copy nothing is cut: the guest lives on it', async () => {
  const source = new Source();
  source.answers = false;
  const ended = source.end(false);
  await source.clock.advance(60_000);
  await ended;
  assert.deepEqual([source.aborts, source.yanked], [1, []]);
});

test('once it runs on the target by post-copy that is said, and the abort is not asked for again', async () => {
  const source = new Source();
  source.refusals = 9;
  source.refusal = 'cannot abort migration in post-copy mode';
  const ended = source.end(false);
  await source.clock.advance(60_000);
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

test('of a silent target there is nothing to cut yet: what QEMU opens since is cut off, too', async () => {
  const source = new Source();
  source.answers = false;
  source.empty = 2;
  const ended = source.end();
  await source.clock.advance(12_000);
  source.over.abort();
  await ended;
  assert.deepEqual(source.asked.slice(0, 2), ['abort', 'cut']);
});

test('a QEMU that did not answer is asked again, and so is a host that was away', async () => {
  const source = new Source();
  source.away = 2;
  source.unanswered = 2;
  const ended = source.end();
  await source.clock.advance(20_000);
  source.over.abort();
  await ended;
  assert.equal(source.aborts, 1);
  assert.ok(source.yanked.length > 0);
  assert.match(source.log[0] ?? '', /does when TCP gives it up \(no answer\)/);
});

test('what was to be cut is not, when the move ends in between', async () => {
  const source = new Source();
  source.answers = false;
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
  assert.match(source.log.join(), /does when TCP gives it up \(The command yank has not been found\)/);
});
