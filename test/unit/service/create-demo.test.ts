import assert from 'node:assert/strict';
import { after, before, mock, suite, test } from 'node:test';
import type { CreateInput } from '../../../main/contract/create.ts';
import type { Volume } from '../../../main/contract/storage.ts';
import { TestCore } from '../../support/core.ts';
import { isFailed } from '../../support/failed.ts';
import { StorageWatch } from '../../support/storage.ts';
import { until } from '../../support/wait.ts';
import { jobOver } from '../../support/job-watch.ts';

suite('new machines on the demo fleet', { timeout: 120_000 }, () => {
  let core: TestCore;
  let host: string;
  const asked = mock.method(globalThis, 'fetch', () => Promise.reject(new Error('the web was asked')));

  before(async () => {
    core = await TestCore.open();
    [host = ''] = await core.client.host.openDemo();
    await core.inState(host, 'connected');
  });
  after(async () => {
    asked.mock.restore();
    await core.close();
  });

  async function inputOf(name: string, source: CreateInput['source']): Promise<CreateInput> {
    const { spec } = await core.client.create.defaults({ host, os: null, source: source.kind });
    const rest = { count: 1, title: null, description: null, os: null, autostart: false, xml: null };
    return { host, name, source, spec, start: true, ...rest };
  }

  async function poolOf(): Promise<string> {
    const { pools } = await core.client.create.options({ host });
    return pools.find(({ name }) => name === 'default')?.uuid ?? '';
  }

  /** How far jobs are, as they tell it. */
  async function collect(seen: number[], signal: AbortSignal): Promise<void> {
    try {
      for await (const message of await core.client.activity.watch(undefined, { signal }))
        if (message.type === 'job') seen.push(message.job.progress ?? 0);
    } catch (error) {
      if (!signal.aborted) throw error;
    }
  }

  test('an image of the catalogue, an ISO and an installer of the web are simulated: nothing is fetched', async () => {
    const pool = await poolOf();
    const checksum = 'a'.repeat(64);
    const iso = { kind: 'url' as const, url: 'https://example.org/some.iso', pool, checksum };
    const cloudInit = null;
    const sources: Record<string, CreateInput['source']> = {
      cloud: {
        kind: 'cloudImage',
        image: { kind: 'catalogue', id: 'debian-12', pool },
        copy: false,
        cloudInit,
      },
      again: {
        kind: 'cloudImage',
        image: { kind: 'catalogue', id: 'debian-12', pool },
        copy: false,
        cloudInit,
      },
      iso: { kind: 'iso', medium: iso },
      iso2: { kind: 'iso', medium: iso },
      tree: { kind: 'tree', url: 'https://example.org/tree', pool, arguments: '' },
    };
    const fetches: string[] = [];
    for (const [name, source] of Object.entries(sources)) {
      const input = await inputOf(name, source);
      const { steps, problems } = await core.client.create.plan(input);
      assert.deepEqual(problems, [], name);
      fetches.push(...steps.filter((step) => /^Fetch .*simulated/.test(step)).map(() => name));
      if (source.kind === 'tree') continue;
      const seen: number[] = [];
      const looking = new AbortController();
      const watching = collect(seen, looking.signal);
      const { job } = await core.client.create.run(input);
      const over = await jobOver(core, job);
      looking.abort();
      await watching;
      assert.deepEqual([over.state, over.failure], ['done', null], name);
      const onTheWay = seen.filter((fraction) => fraction > 0.05 && fraction < 0.8);
      if (fetches.includes(name)) assert.ok(onTheWay.length > 0, `${name}: ${seen.join()}`);
    }
    await core.client.create.detect({ host, medium: iso });
    assert.deepEqual(fetches, ['cloud', 'iso']);
    assert.equal(asked.mock.callCount(), 0);
  });

  test('what is wrong with the fields is told field by field, and once', async () => {
    const input = await inputOf('web-01', { kind: 'network' });
    const nics = input.spec.nics.map((nic) => ({
      ...nic,
      source: { kind: 'network' as const, network: 'iso', portGroup: null },
    }));
    const { code, message, problems, detail } = await isFailed(
      core.client.create.run({ ...input, spec: { ...input.spec, disks: [], nics } }),
    );
    assert.deepEqual([code, message, detail], ['BAD_INPUT', 'web-01 is not created.', undefined]);
    assert.deepEqual(problems, [
      { field: 'name', message: 'kvm-a has a machine web-01 already.' },
      { field: 'spec.nics.0.source', message: 'The host has no network iso.' },
    ]);
  });

  test('a base that machines which run only lie on is copied; their disks are not', async () => {
    const pool = await poolOf();
    const image = { kind: 'catalogue' as const, id: 'debian-13', pool };
    const source = { kind: 'cloudImage' as const, image, copy: false, cloudInit: null };
    const { job } = await core.client.create.run(await inputOf('above', source));
    assert.equal((await jobOver(core, job)).state, 'done');
    const watch = await StorageWatch.open(core, host);
    const isBase = ({ name, usedBy }: Volume): boolean =>
      name.includes('debian-13') && usedBy.some(({ running, via }) => running && via === 'backing');
    const { name: base } = await until(() => watch.volumes.get(pool)?.find(isBase), 'it lies under a disk');
    await watch.close();
    const at = { host, uuid: pool, to: pool };
    const copied = await core.client.volume.clone({ ...at, name: base, newName: 'copy.qcow2' });
    assert.equal((await jobOver(core, copied.job)).state, 'done');
    const disk = await isFailed(
      core.client.volume.clone({ ...at, name: 'above.qcow2', newName: 'no.qcow2' }),
    );
    assert.match(disk.message, /above\.qcow2 is used by above while it runs/);
    const smaller = { host, uuid: pool, name: 'copy.qcow2', capacityBytes: 1 << 20 };
    assert.equal((await isFailed(core.client.volume.resize(smaller))).unless, 'shrink');
  });

  test('a CD in the drive of a machine that runs is copied, as that only reads it', async () => {
    const pool = await poolOf();
    const medium = { kind: 'url' as const, url: 'https://example.org/read.iso', pool, checksum: null };
    const { job } = await core.client.create.run(await inputOf('reads', { kind: 'iso', medium }));
    assert.equal((await jobOver(core, job)).state, 'done');
    const watch = await StorageWatch.open(core, host);
    const isRead = ({ name, usedBy }: Volume): boolean =>
      name.startsWith('read-') && usedBy.some(({ running, via }) => running && via === 'disk');
    const { name } = await until(() => watch.volumes.get(pool)?.find(isRead), 'it is in the drive');
    await watch.close();
    const copy = { host, uuid: pool, name, to: pool, newName: 'copy.iso' };
    const copied = await core.client.volume.clone(copy);
    const over = await jobOver(core, copied.job);
    assert.deepEqual([over.state, over.failure], ['done', null]);
  });
});
