import assert from 'node:assert/strict';
import { after, before, suite, test } from 'node:test';
import { Lab } from '../lab/lab.ts';
import { TestCore } from '../support/core.ts';
import { until } from '../support/wait.ts';

suite('one machine on two hosts, as a migration may leave it', { timeout: 300_000 }, () => {
  let lab: Lab;
  let core: TestCore;
  before(async () => {
    lab = await Lab.up(2);
    for (const host of [1, 2]) await lab.clean(host);
    core = await TestCore.open({ lab });
  });
  after(async () => {
    await core.close();
    for (const host of [1, 2]) await lab.clean(host);
    await lab.release();
  });

  test('its files stay when one of the two is deleted, and the other is named', async () => {
    const uuid = await lab.addGuest(1, 'moved', { headless: true });
    const xml = await lab.exec(1, 'virsh', 'dumpxml', 'moved');
    const first = await core.connect(`root@${lab.address(1)}`);
    await core.machine(first, uuid);
    const alone = await core.client.domain.deletionPlan({ host: first, uuid });
    assert.deepEqual(
      alone.volumes.map(({ keep, usedBy }) => ({ keep, usedBy })),
      [{ keep: null, usedBy: [] }],
    );
    await lab.execWith(xml, 2, 'sh', '-c', 'cat > /tmp/moved.xml; virsh define /tmp/moved.xml');
    const second = await core.connect(`root@${lab.address(2)}`);
    await core.machine(second, uuid);
    // What a host calls itself is read a moment after it is connected.
    await until(() => core.host(second).info, 'the host’s own name');
    const plan = await core.client.domain.deletionPlan({ host: first, uuid });
    assert.deepEqual(
      plan.volumes.map(({ keep, usedBy }) => ({ keep, usedBy })),
      [{ keep: 'usedByOther', usedBy: [`the same machine on ${core.host(second).name}`] }],
    );
  });
});
