import assert from 'node:assert/strict';
import { test } from 'node:test';
import { z } from 'zod';
import { LibvirtError, LinkError } from '../../../drivers/rpc/errors.ts';
import { FailureError } from '../../../main/hosts/failures.ts';
import type { HostSession } from '../../../main/hosts/session.ts';
import { stepKind } from '../../../main/jobs/engine/step-kinds.ts';
import type { WorkflowHosts } from '../../../main/jobs/engine/workflows-options.ts';
import { until } from '../../support/wait.ts';
import { bench, planOf } from './engine-bench.ts';

/** A definition goes from one host to another, as a machine that is off does: made there, then taken away here, with no way back. */
class Definition {
  readonly on = new Set(['here']);
  away = false;
  /** What the host says when it is asked what became of it. */
  answer: Error | null = null;

  readonly hosts: WorkflowHosts = {
    find: ({ uri }) => uri,
    session: (id) => {
      if (id === 'here' && this.away) throw new FailureError({ code: 'HOST_UNREACHABLE', message: 'away' });
      return {} as HostSession;
    },
    startOf: () => Promise.resolve('start-1'),
    connected: (id, signal) =>
      id === 'here' && this.away
        ? new Promise((resolve) => {
            signal.addEventListener('abort', () => resolve());
          })
        : Promise.resolve(),
  };

  readonly kinds = [
    stepKind({
      name: 'x.define',
      params: z.object({}),
      check: () => Promise.resolve(),
      run: () => {
        this.on.add('there');
        return Promise.resolve(null);
      },
      settle: () => Promise.resolve({ done: false }),
      undo: () => {
        this.on.delete('there');
        return Promise.resolve();
      },
      leaves: () => 'the definition there',
    }),
    stepKind({
      name: 'x.undefine',
      params: z.object({}),
      check: () => Promise.resolve(),
      run: () => {
        this.on.delete('here');
        this.away = this.answer === null;
        return Promise.reject(new LinkError('LINK_CLOSED', 'the link was closed'));
      },
      settle: (_, step) => this.#ask(step) ?? Promise.resolve({ done: !this.on.has('here'), result: null }),
      undo: (_, __, step) => this.#ask(step) ?? Promise.resolve(),
      leaves: () => 'the definition here',
    }),
  ];

  #ask(step: { session(host: string): unknown }): Promise<never> | null {
    step.session('here');
    return this.answer === null ? null : Promise.reject(this.answer);
  }
}

const PLAN = planOf({
  hosts: [
    { id: 'here', name: 'kvm-a', uri: 'here' },
    { id: 'there', name: 'kvm-b', uri: 'there' },
  ],
  steps: [
    { id: 'define', kind: 'x.define', host: 'there', title: 'Define', params: {} },
    { id: 'undefine', kind: 'x.undefine', host: 'here', title: 'Undefine', params: {}, final: true },
  ],
});

test('who gives up while nobody knows what became of a step without a way back takes nothing back', async () => {
  const { start, journals } = await bench();
  const definition = new Definition();
  const { workflows, jobs, find, clock } = start(definition.kinds, definition.hosts);
  const id = await workflows.start(PLAN);
  await until(() => find(id).state === 'waiting', 'it waits');
  jobs.cancel(id);
  await clock.advance(4000);
  await jobs.settled(id);
  assert.deepEqual([...definition.on], ['there']);
  assert.equal(find(id).state, 'failed');
  assert.deepEqual(find(id).mayBeLeft.toSorted(), [
    'the definition here on kvm-a',
    'the definition there on kvm-b',
  ]);
  assert.deepEqual(await journals(), []);
});

test('where the host answers, but not that, nothing is taken back either', async () => {
  const { start } = await bench();
  const definition = new Definition();
  definition.answer = new LibvirtError({ code: 'VIR_ERR_OPERATION_TIMEOUT', message: 'state lock' });
  const { workflows, jobs, find, clock } = start(definition.kinds, definition.hosts);
  const id = await workflows.start(PLAN);
  await clock.advance(4000);
  await jobs.settled(id);
  assert.deepEqual([...definition.on], ['there']);
  assert.deepEqual(find(id).mayBeLeft.toSorted(), [
    'the definition here on kvm-a',
    'the definition there on kvm-b',
  ]);
});
