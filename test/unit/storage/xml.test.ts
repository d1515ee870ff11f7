import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { suite, test } from 'node:test';
import {
  poolXml,
  readPool,
  readPoolSources,
  readVolume,
  secretXml,
  volumeXml,
} from '../../../drivers/libvirt/model/index.ts';
import { POOL_TYPES, type PoolInput, type PoolType } from '../../../main/contract/storage.ts';
import { poolDefinition, poolProblems } from '../../../main/storage/pool-rules.ts';

const UUID = '11111111-2222-3333-4444-555555555555';
const SECRET = '66666666-7777-8888-9999-000000000000';
const SCHEMAS = '/usr/share/libvirt/schemas';

/** What libvirt's own schema says of it; nothing is said where the schema is not installed. */
function schemaErrors(xml: string, schema: string): string {
  if (!existsSync(`${SCHEMAS}/${schema}`)) return '';
  const { status, stderr } = spawnSync('xmllint', ['--noout', '--relaxng', `${SCHEMAS}/${schema}`, '-'], {
    input: xml,
    encoding: 'utf8',
  });
  return status === 0 || status === null ? '' : `${stderr}\n${xml}`;
}

const INPUTS: Record<PoolType, Partial<PoolInput>> = {
  dir: { path: '/srv/a & b' },
  fs: { devices: ['/dev/vdb1'], format: 'ext4' },
  netfs: { hosts: [{ name: 'nas' }], dir: '/export', format: 'nfs' },
  logical: { sourceName: 'vg0', devices: ['/dev/vdb', '/dev/vdc'], format: 'lvm2' },
  disk: { devices: ['/dev/vdb'], format: 'gpt' },
  iscsi: {
    hosts: [{ name: 'nas', port: 3260 }],
    devices: ['iqn.2020-01.org.example:disks'],
    initiator: 'iqn.2020-01.org.example:me',
    auth: { type: 'chap', username: 'me', secret: 'x' },
  },
  'iscsi-direct': {
    hosts: [{ name: 'nas' }],
    devices: ['iqn.2020-01.org.example:disks'],
    initiator: 'iqn.2020-01.org.example:me',
  },
  scsi: { adapter: 'scsi_host0' },
  mpath: {},
  rbd: {
    hosts: [{ name: 'mon1', port: 6789 }, { name: 'mon2' }],
    sourceName: 'rbd',
    auth: { type: 'ceph', username: 'admin', secret: 'x' },
  },
  gluster: { hosts: [{ name: 'nas' }], sourceName: 'vol0', dir: '/images' },
  zfs: { sourceName: 'tank/vms', devices: ['/dev/vdb'] },
  vstorage: { sourceName: 'cluster' },
};

suite('XML of storage', () => {
  for (const type of POOL_TYPES)
    test(`a ${type} pool is what libvirt's schema asks for, and is read back`, () => {
      const input: PoolInput = { host: 'h', name: `p-${type}`, type, ...INPUTS[type] };
      assert.deepEqual(poolProblems(input), []);
      const xml = poolXml(poolDefinition(input, UUID, SECRET));
      assert.equal(schemaErrors(xml, 'storagepool.rng'), '');
      const read = readPool(xml);
      assert.equal(read.type, type);
      assert.equal(read.name, input.name);
      assert.deepEqual(read.source.devices, input.devices ?? []);
      assert.equal(read.source.name, input.sourceName ?? null);
      assert.equal(read.secretUuid, input.auth === undefined ? null : SECRET);
    });

  test('what a type needs is asked for, and what it has no use for is refused', () => {
    assert.deepEqual(
      poolProblems({ host: 'h', name: 'p', type: 'netfs', dir: '/x', adapter: 'scsi_host0' }),
      ['A netfs pool needs a server.', 'A netfs pool has no use for an adapter.'],
    );
    assert.deepEqual(poolProblems({ host: 'h', name: 'p', type: 'iscsi', ...INPUTS.iscsi, build: true }), [
      'libvirt cannot build iscsi pools.',
    ]);
  });

  test('a folder is written in one way, and is none of the system’s', () => {
    const dir = (path: string): PoolInput => ({ host: 'h', name: 'p', type: 'dir', path });
    assert.equal(poolDefinition(dir('/srv/images/../images//'), UUID, SECRET).path, '/srv/images');
    assert.deepEqual(poolProblems(dir('/var/lib/libvirt/images')), []);
    for (const path of ['/', '/etc', '/proc/self', '/srv/../etc/', '/boot', '/var/lib/', '//usr'])
      assert.match(poolProblems(dir(path)).join(), /is the host’s own/, path);
    const disk: PoolInput = { host: 'h', name: 'p', type: 'disk', devices: ['/dev/sdb'], path: '/dev' };
    assert.deepEqual(poolProblems(disk), []);
  });

  test('volumes: raw, qcow2 on another file, LUKS', () => {
    const plain = volumeXml({ name: 'a.raw', capacityBytes: 1 << 30, allocationBytes: 0, format: 'raw' });
    const overlay = volumeXml({
      name: 'b.qcow2',
      capacityBytes: 1 << 30,
      allocationBytes: 0,
      format: 'qcow2',
      backing: { path: '/srv/base.qcow2', format: 'qcow2' },
    });
    const luks = volumeXml({ name: 'c', capacityBytes: 4096, format: 'raw', secretUuid: SECRET });
    for (const xml of [plain, overlay, luks]) assert.equal(schemaErrors(xml, 'storagevol.rng'), '');
    assert.equal(readVolume(plain).allocationBytes, 0);
    assert.equal(readVolume(overlay).backingPath, '/srv/base.qcow2');
    assert.deepEqual([readVolume(luks).encryption, readVolume(luks).secretUuid], ['luks', SECRET]);
  });

  test('secrets are private, one for each use', () => {
    for (const type of ['iscsi', 'ceph', 'volume'] as const) {
      const xml = secretXml({
        uuid: SECRET,
        description: 'pool <x>',
        usage: { type, id: type === 'volume' ? '/srv/x' : 'virtlane pool x' },
      });
      assert.equal(schemaErrors(xml, 'secret.rng'), '');
      assert.match(xml, /private='yes'/);
    }
  });

  test('what a host finds is read', () => {
    const found = readPoolSources(
      "<sources><source><host name='nas' port='2049'/><dir path='/export'/><format type='nfs'/></source>" +
        "<source><device path='/dev/vdb'/><name>vg0</name><format type='lvm2'/></source></sources>",
    );
    assert.deepEqual(found[0]?.hosts, [{ name: 'nas', port: 2049 }]);
    assert.deepEqual([found[0]?.dir, found[1]?.name, found[1]?.devices], ['/export', 'vg0', ['/dev/vdb']]);
  });
});
