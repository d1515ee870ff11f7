import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { connectDirectly } from '../../../main/cli/direct.ts';
import { standIn } from '../bridge/stand-in.ts';

suite('a core in this process, without frames in between', () => {
  test('closing aborts what is under way in the core', { timeout: 20_000 }, async () => {
    const core = standIn();
    const connection = connectDirectly(core);
    const calls = [
      connection.client.domain.start({ host: 'a', uuid: 'hang' }),
      connection.client.domain.start({ host: 'a', uuid: 'hang' }, { signal: new AbortController().signal }),
    ];
    await core.logged('start hang');
    connection.close();
    await Promise.allSettled(calls);
    assert.deepEqual(
      core.log.filter((line) => line === 'start aborted'),
      ['start aborted', 'start aborted'],
    );
    await connection.closed;
  });

  test('a call’s own signal aborts that call', { timeout: 20_000 }, async () => {
    const core = standIn();
    const connection = connectDirectly(core);
    const abort = new AbortController();
    const call = connection.client.domain.start({ host: 'a', uuid: 'hang' }, { signal: abort.signal });
    await core.logged('start hang');
    abort.abort();
    await core.logged('start aborted');
    await Promise.allSettled([call]);
    connection.close();
  });
});
