import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readDomain } from '../../../drivers/libvirt/model/domain.ts';
import { LibvirtError, LinkError } from '../../../drivers/rpc/errors.ts';
import { readDiskSizes } from '../../../main/service/disk-sizes.ts';

const disk = (target: string, source: string): string =>
  `<disk type='file' device='disk'>${source}<target dev='${target}' bus='virtio'/></disk>`;
const model = readDomain(
  `<domain type='kvm'><name>web-01</name><os><type>hvm</type></os><devices>${disk('vda', "<source file='/a'/>")}${disk('vdb', "<source file='/b'/>")}${disk('sda', '')}</devices></domain>`,
);

function machine(info: (path: string) => Promise<{ capacity: bigint }>) {
  const session = { client: { remote: { domainGetBlockInfo: ({ path }: { path: string }) => info(path) } } };
  return { session, dom: { name: 'web-01', uuid: new Uint8Array(16), id: -1 } } as unknown as Parameters<
    typeof readDiskSizes
  >[0];
}

test('each disk with a file is asked for, and one that cannot be looked at is left out', async () => {
  for (const error of [
    new LibvirtError({ code: 'VIR_ERR_SYSTEM_ERROR', message: 'no such file' }),
    new LinkError('TIMEOUT', 'no answer'),
  ]) {
    const asked: string[] = [];
    const sizes = await readDiskSizes(
      machine((path) => {
        asked.push(path);
        return path === 'vda' ? Promise.resolve({ capacity: 10n }) : Promise.reject(error);
      }),
      model,
      {},
    );
    assert.deepEqual([...sizes], [['vda', 10]]);
    assert.deepEqual(asked, ['vda', 'vdb']);
  }
});

test('a lost link is no missing size', async () => {
  const lost = new LinkError('LINK_CLOSED', 'gone');
  await assert.rejects(
    readDiskSizes(
      machine(() => Promise.reject(lost)),
      model,
      {},
    ),
    lost,
  );
});
