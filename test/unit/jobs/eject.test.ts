import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { LibvirtClient } from '../../../drivers/libvirt/client.ts';
import type { DomainRef } from '../../../drivers/libvirt/protocol/structs.ts';
import { ejectDrive } from '../../../main/jobs/eject.ts';

const DOM: DomainRef = { name: 'web', uuid: new Uint8Array(16), id: 3 };

/** What the host is asked to change: flags, and the drive as it is to be. */
async function ejected(type: string, source: string): Promise<string[]> {
  const drive = (inside: string) =>
    `<disk type='${type}' device='cdrom'><driver name='qemu' type='raw'/>${inside}<target dev='sda'/><readonly/></disk>`;
  const other = `<disk type='volume' device='disk'><source pool='data' volume='cd.iso'/><target dev='vda'/></disk>`;
  const xml = `<domain type='kvm' id='3'><name>web</name><memory>1</memory><os><type>hvm</type></os><devices>${other}${drive(source)}</devices></domain>`;
  const asked: string[] = [];
  const remote = {
    domainIsPersistent: () => Promise.resolve({ persistent: 1 }),
    domainGetXmlDesc: () => Promise.resolve({ xml }),
    domainUpdateDeviceFlags: ({ xml: changed, flags }: { xml: string; flags: number }) => {
      assert.equal(changed, drive(''));
      asked.push(String(flags));
      return Promise.resolve();
    },
  };
  await ejectDrive({ remote } as unknown as LibvirtClient, { dom: DOM, target: 'sda' }, {});
  return asked;
}

test('a medium is taken out of its drive, now and for later starts, also where a pool and a volume name it', async () => {
  assert.deepEqual(await ejected('file', `<source file='/iso/cd.iso'/>`), ['1', '2']);
  assert.deepEqual(await ejected('volume', `<source pool='iso' volume='cd.iso'/>`), ['1', '2']);
  await assert.rejects(ejected('file', ''), /Nothing is in the drive sda/);
});
