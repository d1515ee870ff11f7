import assert from 'node:assert/strict';
import { test } from 'node:test';
import { z } from 'zod';
import { LinkError } from '../../../drivers/rpc/errors.ts';
import { FailureError } from '../../../main/hosts/failures.ts';
import type { HostSession } from '../../../main/hosts/session.ts';
import { stepKind } from '../../../main/jobs/engine/step-kinds.ts';
import type { WorkflowHosts } from '../../../main/jobs/engine/workflows-options.ts';
import { overLostLinks } from '../../../main/storage/steps/deps.ts';
import type { FakeClock } from '../hosts/fake-clock.ts';
import { until } from '../../support/wait.ts';
import { bench, planOf } from './engine-bench.ts';

/** Two hosts, which the plan knew by other ids than they have now. */
class TwoHosts implements WorkflowHosts {
  readonly away = new Set<string>();
  readonly asked: string[] = [];
  #back: (() => void)[] = [];

  find({ uri }: { uri: string }): string {
    return `${uri} now`;
  }

  session(id: string): HostSession {
    if (this.away.has(id)) throw new FailureError({ code: 'HOST_UNREACHABLE', message: 'away' });
    return {} as HostSession;
  }

  startOf(): Promise<string> {
    return Promise.resolve('start-1');
  }

  connected(id: string, signal: AbortSignal): Promise<void> {
    this.asked.push(id);
    if (!this.away.has(id)) return Promise.resolve();
    return new Promise((resolve) => {
      this.#back.push(() => !this.away.has(id) && resolve());
      signal.addEventListener('abort', () => resolve(), { once: true });
    });
  }

  comeBack(id: string): void {
    this.away.delete(id);
    for (const look of this.#back) look();
  }
}

/** A step on `a` that asks `b` as well. */
function between(hosts: TwoHosts, clock: () => FakeClock, fails: { run: boolean; undo: boolean }) {
  const ask = (step: { session(host: string): unknown }): void => {
    step.session('a');
    try {
      step.session('b');
    } catch {
      throw new LinkError('LINK_CLOSED', 'the link was closed');
    }
  };
  return stepKind({
    name: 'between',
    params: z.object({}),
    check: () => Promise.resolve(),
    run: (_, step) =>
      overLostLinks({ clock: clock() }, { step, hosts: ['a', 'b'] }, () => {
        if (fails.run) hosts.away.add('b now');
        fails.run = false;
        ask(step);
        return fails.undo ? Promise.reject(new Error('it broke')) : Promise.resolve(null);
      }),
    settle: () => Promise.resolve({ done: false }),
    undo: (_, __, step) => {
      if (fails.undo) hosts.away.add('b now');
      fails.undo = false;
      ask(step);
      return Promise.resolve();
    },
    leaves: () => 'half a copy',
  });
}

async function begin(fails: { run: boolean; undo: boolean }) {
  const { start } = await bench();
  const hosts = new TwoHosts();
  const program = start([between(hosts, () => program.clock, fails)], hosts);
  const plan = planOf({
    hosts: [
      { id: 'a', name: 'kvm-a', uri: 'a' },
      { id: 'b', name: 'kvm-b', uri: 'b' },
    ],
    steps: [{ id: 'between', kind: 'between', host: 'a', title: 'Send', params: {} }],
  });
  const id = await program.workflows.start(plan);
  return { ...program, hosts, fails, job: () => program.find(id), over: () => program.jobs.settled(id) };
}

test('a step between two hosts waits for the one that is away, by the id that it has now, and the job says so', async () => {
  const { clock, hosts, fails, job, over } = await begin({ run: true, undo: false });
  await until(() => !fails.run, 'the link is lost');
  await clock.advance(1000);
  assert.deepEqual([job().state, job().waitsFor], ['running', ['kvm-b']]);
  assert.deepEqual(hosts.asked, ['b now']);
  assert.match(job().log.at(-1)?.text ?? '', /The link to kvm-b was lost/);
  hosts.comeBack('b now');
  await over();
  assert.deepEqual([job().state, job().waitsFor], ['done', []]);
});

test('what another host must be there for to be taken back waits for that host', async () => {
  const { clock, hosts, job, over } = await begin({ run: false, undo: true });
  await until(() => job().state === 'waiting', 'it waits');
  assert.deepEqual([job().waitsFor, job().mayBeLeft], [['kvm-b'], ['half a copy on kvm-a']]);
  await clock.advance(3000);
  hosts.comeBack('b now');
  await over();
  assert.deepEqual([job().state, job().waitsFor, job().mayBeLeft], ['failed', [], []]);
  assert.deepEqual(hosts.asked, ['b now']);
});

test('a link that is back before anybody waits for it is told all the same', async () => {
  const { clock, hosts, fails, job, over } = await begin({ run: true, undo: false });
  await until(() => !fails.run, 'the link is lost');
  hosts.comeBack('b now');
  await clock.advance(1000);
  await over();
  assert.deepEqual([job().state, hosts.asked], ['done', []]);
  assert.ok(job().log.some(({ text }) => text.includes('was lost for a moment')));
});
