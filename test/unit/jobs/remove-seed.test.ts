import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { removeSeed } from '../../../main/jobs/create/remove-seed.ts';
import { StorageHost, type MadeHost } from '../../support/storage-host.ts';

suite('the CD of a first boot', () => {
  /** Taken out of the machine `web`: what became of it, and what the host was asked to change. */
  const removed = async (file: string, more: Partial<MadeHost> = {}) => {
    const devices = `<disk type='file' device='cdrom'><source file='/images/${file}'/><target dev='sda'/></disk>`;
    const images = { active: true, volumes: { [file]: {} } };
    const { pools, machines } = more;
    const host = new StorageHost({
      pools: { images, ...pools },
      machines: { web: { running: false, devices }, ...machines },
    });
    const { domains } = await host.client.remote.connectListAllDomains({ needResults: 1, flags: 0 });
    const [dom] = domains;
    assert.ok(dom !== undefined);
    return { ...(await removeSeed({ session: host, dom, twins: [] }, {})), calls: host.calls };
  };
  const out = 'update web';

  test('of this machine: it is deleted', async () => {
    for (const file of ['web-seed.iso', 'web-answers.iso'])
      assert.deepEqual(await removed(file), {
        usedBy: [],
        deleted: true,
        calls: [out, `delete /images/${file}`],
      });
  });

  test('of another name, which somebody else may have made: it is only taken out', async () => {
    assert.deepEqual(await removed('golden-seed.iso'), { usedBy: [], deleted: false, calls: [out] });
  });

  test('that others have, or may have unseen: it is only taken out', async () => {
    const db = { running: false, disks: ['/images/web-seed.iso'], format: 'raw' };
    assert.deepEqual(await removed('web-seed.iso', { machines: { db } }), {
      usedBy: ['db'],
      deleted: false,
      calls: [out],
    });
    const pools = { nfs: { active: false, volumes: {} } };
    assert.deepEqual(await removed('web-seed.iso', { pools }), { usedBy: [], deleted: false, calls: [out] });
  });
});
