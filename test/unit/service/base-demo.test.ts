import assert from 'node:assert/strict';
import { after, before, suite, test } from 'node:test';
import type { CreateInput } from '../../../main/contract/create.ts';
import { cloneInput } from '../../support/clone-input.ts';
import type { TestCore } from '../../support/core.ts';
import { openDemoPair } from '../../support/demo-pair.ts';
import { jobOver } from '../../support/job-watch.ts';

suite('a disk that a linked clone lies on', { timeout: 60_000 }, () => {
  let core: TestCore;
  let host: string;
  let path = '';

  before(async () => {
    ({ core, here: host } = await openDemoPair());
    const { clone, domain } = core.client;
    for (const { uuid } of core.mirror.domains.filter(
      (one) => one.host === host && one.state === 'shutoff',
    )) {
      const { disks } = await clone.options({ host, uuid });
      if (disks[0]?.ways.includes('link') !== true) continue;
      const wanted = disks.map(({ target }, index) => ({
        target,
        way: index === 0 ? ('link' as const) : ('omit' as const),
        pool: null,
        format: null,
      }));
      const ends = { host, machine: uuid, to: host, name: 'linked' };
      const { job } = await clone.run(cloneInput(ends, { disks: wanted, keepAsTemplate: true }));
      assert.equal((await jobOver(core, job)).state, 'done');
      path = /<source file='([^']+)'/.exec(await domain.xml({ host, uuid }))?.[1] ?? '';
      return;
    }
  });
  after(() => core.close());

  test('no definition of one’s own makes a machine that writes to it, by whatever name it has it', async () => {
    assert.match(path, /\/images\/[^/]+$/);
    const { spec } = await core.client.create.defaults({ host, os: 'debian12', source: 'network' });
    const asked = { host, name: 'thief', count: 1, title: null, description: null, os: 'debian12' };
    for (const [type, source] of [
      ['file', `file='${path}'`],
      ['file', `file='${path.replace('/images', '//images')}'`],
      ['file', `file='${path.replace('/images', '/./images')}'`],
      ['volume', `pool='default' volume='${path.slice(path.lastIndexOf('/') + 1)}'`],
    ] as const) {
      const xml = `<domain type='kvm'><name>thief</name><memory unit='MiB'>64</memory><vcpu>1</vcpu><os><type arch='x86_64' machine='q35'>hvm</type></os><devices><disk type='${type}' device='disk'><driver name='qemu' type='qcow2'/><source ${source}/><target dev='vda' bus='virtio'/></disk></devices></domain>`;
      const input: CreateInput = {
        ...asked,
        source: { kind: 'network' },
        spec,
        start: true,
        autostart: false,
        xml,
      };
      const { problems } = await core.client.create.plan(input);
      assert.match(problems.map(({ message }) => message).join(), /linked lies on .+ writes to it/, source);
      await assert.rejects(core.client.create.run(input), /thief is not created/, source);
    }
  });
});
