import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { fileFormat } from '../../../main/storage/file-format.ts';

function qcow2({ version = 3, size = 1 << 30, backing = '', features = 0n } = {}): Buffer {
  const head = Buffer.alloc(512);
  head.write('QFI\u00fb', 0, 'latin1');
  head.writeUInt32BE(version, 4);
  head.writeBigUInt64BE(backing === '' ? 0n : 200n, 8);
  head.writeUInt32BE(backing.length, 16);
  head.writeBigUInt64BE(BigInt(size), 24);
  head.writeBigUInt64BE(features, 72);
  head.write(backing, 200);
  return head;
}

suite('what a file is', () => {
  test('qcow2 tells its size, and what it needs besides', () => {
    assert.deepEqual(fileFormat(qcow2()), { type: 'qcow2', capacityBytes: 1 << 30, needs: null });
    assert.deepEqual(fileFormat(qcow2({ backing: '/etc/shadow' })), {
      type: 'qcow2',
      capacityBytes: 1 << 30,
      needs: '/etc/shadow',
    });
    assert.deepEqual(fileFormat(qcow2({ features: 4n })), {
      type: 'qcow2',
      capacityBytes: 1 << 30,
      needs: 'a data file',
    });
    assert.deepEqual(fileFormat(qcow2({ version: 2, features: 4n })), {
      type: 'qcow2',
      capacityBytes: 1 << 30,
      needs: null,
    });
  });

  test('disks of others are named, the rest is raw', () => {
    assert.deepEqual(fileFormat(Buffer.from('KDMV----')), { type: 'foreign', name: 'VMDK' });
    assert.deepEqual(fileFormat(Buffer.from('vhdxfile')), { type: 'foreign', name: 'VHDX' });
    assert.deepEqual(fileFormat(qcow2({ version: 9 })), { type: 'foreign', name: 'qcow of version 9' });
    assert.deepEqual(fileFormat(Buffer.alloc(100)), { type: 'raw' });
    assert.deepEqual(fileFormat(Buffer.from('QFI\u00fb', 'latin1')), { type: 'raw' });
  });
});
