import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, mock, test, type TestContext } from 'node:test';
import { KnownHosts } from '../../../drivers/transport/known-hosts.ts';
import { HostKeyCheck } from '../../../drivers/transport/ssh-host-key.ts';
import type { HostKeyQuestion } from '../../../drivers/transport/ssh-target.ts';
import { settle } from '../hosts/fake-clock.ts';

const target = {
  alias: 'kvm1',
  host: 'kvm1',
  port: 22,
  user: 'ann',
  keyFiles: [],
  identitiesOnly: false,
  identityAgent: null,
  jumps: [],
};
const nobody = new KnownHosts({ ownFile: null, readFiles: [] });
const { signal } = new AbortController();

describe('a new key exchange within a session', () => {
  test('takes the same key without a question, and no other one', async () => {
    const check = await HostKeyCheck.for(target, nobody);
    let asked = 0;
    const asks = {
      hostKey: () => {
        asked++;
        return Promise.resolve('once' as const);
      },
    };
    await check.check(Buffer.from('first'), asks, signal);
    await check.check(Buffer.from('first'), asks, signal);
    assert.equal(asked, 1);
    await assert.rejects(check.check(Buffer.from('second'), asks, signal), { code: 'HOST_KEY_CHANGED' });
  });
});

/** A key as it is on the wire (RFC 4253, 6.6). */
function wireKey(fill: number): Buffer {
  const part = (bytes: Buffer): Buffer => Buffer.concat([Buffer.from([0, 0, 0, bytes.length]), bytes]);
  return Buffer.concat([part(Buffer.from('ssh-ed25519')), part(Buffer.alloc(32, fill))]);
}

describe('a key that another program accepts while a person is asked', () => {
  /** The question is open; what the check comes to. */
  async function asked(t: TestContext) {
    const folder = await mkdtemp(path.join(tmpdir(), 'virtlane-key-'));
    t.after(() => rm(folder, { recursive: true }));
    const files = { ownFile: path.join(folder, 'known_hosts'), readFiles: [] };
    mock.timers.enable({ apis: ['setInterval'] });
    t.after(() => mock.timers.reset());
    const questions: HostKeyQuestion[] = [];
    const asks = {
      hostKey: (question: HostKeyQuestion) => {
        questions.push(question);
        return new Promise<'no'>((resolve) => question.signal.addEventListener('abort', () => resolve('no')));
      },
    };
    const check = await HostKeyCheck.for(target, new KnownHosts(files));
    const checked = check.check(wireKey(1), asks, signal);
    await settle();
    assert.equal(questions.length, 1);
    return { other: new KnownHosts(files), checked, questions };
  }

  /** Until it is settled time goes on, a second at once. */
  async function whileTimeGoes(checked: Promise<void>): Promise<void> {
    let isOver = false;
    const over = () => (isOver = true);
    checked.then(over, over);
    while (!isOver) {
      mock.timers.tick(1000);
      await settle();
    }
    return checked;
  }

  test('is taken, and the question is taken back', async (t) => {
    const { other, checked, questions } = await asked(t);
    await other.add({ host: 'kvm1', port: 22 }, wireKey(1));
    await whileTimeGoes(checked);
    assert.equal(questions[0]?.signal.aborted, true);
  });

  test('is refused where that one is another key', async (t) => {
    const { other, checked } = await asked(t);
    await other.add({ host: 'kvm1', port: 22 }, wireKey(2));
    await assert.rejects(whileTimeGoes(checked), { code: 'HOST_KEY_CHANGED' });
  });
});

describe('algorithms for host keys', () => {
  test('signatures with SHA-1 are taken only where the configuration says so', async () => {
    assert.ok(!(await HostKeyCheck.for(target, nobody)).algorithms.includes('ssh-rsa'));
    const check = await HostKeyCheck.for({ ...target, sha1HostKeys: true }, nobody);
    assert.equal(check.algorithms.at(-1), 'ssh-rsa');
  });
});
