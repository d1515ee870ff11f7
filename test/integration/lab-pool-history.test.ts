import assert from 'node:assert/strict';
import { after, before, suite, test } from 'node:test';
import { Lab } from '../lab/lab.ts';
import { TestCore } from '../support/core.ts';
import { MovedClock } from '../support/moved-clock.ts';
import { until } from '../support/wait.ts';

const MIB = 1 << 20;
const HOUR = 3_600_000;
const FOLDER = '/var/lib/libvirt/pool-history';

suite('how full pools were, on a real host', { timeout: 300_000 }, () => {
  let lab: Lab;
  const sh = (command: string): Promise<string> => lab.exec(1, 'sh', '-c', command);
  const clear = (): Promise<string> =>
    sh(
      `virsh -q pool-destroy filling; virsh -q pool-undefine filling; umount ${FOLDER}; rm -rf ${FOLDER}; :`,
    );

  before(async () => {
    lab = await Lab.up(1);
    await clear();
    await sh(`mkdir ${FOLDER}; mount -t tmpfs -o size=64m tmpfs ${FOLDER}`);
    await sh(`virsh -q pool-create-as filling dir --target ${FOLDER}`);
  });
  after(async () => {
    await clear();
    await lab.release();
  });

  test('seen every hour while nobody looks, foretells when it is full, and outlives the program', async () => {
    const clock = new MovedClock();
    let core = await TestCore.open({ lab, clock });
    try {
      const host = await core.connect(`root@${lab.address(1)}`);
      const uuid = (await sh('virsh pool-uuid filling')).trim();
      const history = () => core.client.pool.history({ host, uuid, span: 'month' });
      const used = async (): Promise<number[]> => (await history()).points.map(({ usedBytes }) => usedBytes);
      assert.deepEqual(await used(), []);
      const told: number[] = [];
      for (let half = 0; half < 6; half += 1) {
        await sh(`virsh -q vol-create-as filling ${half}.raw 4M --allocation 4M`);
        const info = await sh('virsh pool-info --bytes filling');
        const [, capacity = '', available = ''] = /Capacity: +(\d+)[^]*Available: +(\d+)/.exec(info) ?? [];
        told.push(Number(capacity) - Number(available));
        clock.forward(12 * HOUR);
        await until(async () => (await used()).length > half, `it is seen after ${half + 1} half days`);
      }
      assert.deepEqual(await used(), told);
      assert.ok((told.at(-1) ?? 0) >= 24 * MIB, told.join());
      // 40 MiB are left, and 8 MiB more are used each day.
      const { daysToFull } = await history();
      assert.ok(daysToFull !== null && Math.abs(daysToFull - 5) < 0.1, String(daysToFull));
      await core.stop();
      core = await TestCore.open({ lab, clock, folder: core.folder });
      assert.deepEqual(await used(), told);
    } finally {
      await core.close();
    }
  });
});
