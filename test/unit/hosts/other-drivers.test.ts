import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import type { LibvirtClient } from '../../../drivers/libvirt/client.ts';
import { TransportError, type TransportErrorCode } from '../../../drivers/transport/errors.ts';
import type { HostLink } from '../../../main/hosts/link.ts';
import { noteOtherDrivers, visitOtherDrivers } from '../../../main/hosts/other-drivers.ts';
import { parseTarget } from '../../../main/hosts/target.ts';

suite('other drivers of a host', () => {
  /** Of a host where no socket can be opened for this reason: what could not be asked, and which sockets were tried. */
  const silentOf = async (uri: string, code: TransportErrorCode) => {
    const client = {} as LibvirtClient;
    const tried: string[] = [];
    const openUnix = (path: string): Promise<never> => {
      tried.push(path);
      return Promise.reject(new TransportError(code, 'no'));
    };
    noteOtherDrivers(client, { openUnix } as unknown as HostLink, parseTarget(uri));
    const silent = await visitOtherDrivers(client, () => Promise.reject(new Error('there is none')), {});
    const first = tried.length;
    await visitOtherDrivers(client, () => Promise.reject(new Error('there is none')), {});
    return { silent, tried: tried.slice(0, first), again: tried.length - first };
  };

  test('one that has no socket is not there, and is not asked for again', async () => {
    const { silent, tried, again } = await silentOf('qemu+ssh://root@host/system', 'NO_SUCH_SOCKET');
    assert.deepEqual(silent, []);
    assert.ok(tried.includes('/run/libvirt/virtlxcd-sock'), tried.join());
    assert.ok(!tried.some((path) => path.includes('virtqemud')), tried.join());
    assert.equal(again, 0);
  });

  test('one that cannot be reached is said', async () => {
    const { silent, again } = await silentOf('lxc+ssh://root@host/system', 'PERMISSION');
    assert.deepEqual(silent, ['ch', 'qemu', 'xen']);
    assert.equal(again, 3);
  });

  test('a user’s own daemon has none', async () => {
    assert.deepEqual(await silentOf('qemu:///session', 'PERMISSION'), { silent: [], tried: [], again: 0 });
  });
});
