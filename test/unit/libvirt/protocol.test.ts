import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { qemuProgram, remoteProgram } from '../../../drivers/libvirt/protocol/programs.ts';
import { byNumber } from '../../../drivers/rpc/table.ts';
import { decodeBody, encodeBody } from '../../../drivers/xdr/xdr.ts';
import { arbitraryOf } from './arbitrary.ts';

test('the remote program has every procedure from 1 to 453, once', () => {
  const numbers = Object.values(remoteProgram.procedures).map((row) => row.number);
  assert.deepEqual(
    numbers.sort((left, right) => left - right),
    Array.from({ length: 453 }, (_, index) => index + 1),
  );
});

test('the qemu program has every procedure from 1 to 7, once', () => {
  const numbers = Object.values(qemuProgram.procedures).map((row) => row.number);
  assert.deepEqual(numbers, [1, 2, 3, 4, 5, 6, 7]);
});

for (const program of [remoteProgram, qemuProgram]) {
  for (const row of byNumber(program).values()) {
    for (const part of ['args', 'ret', 'msg'] as const) {
      const codec = row[part];
      if (codec === undefined) continue;
      test(`${program.name}: ${part} of ${row.name} come back as they were`, () => {
        fc.assert(
          fc.property(arbitraryOf(codec), (value) => {
            const bytes = encodeBody(codec, value);
            assert.equal(bytes.length % 4, 0);
            assert.ok(bytes.length >= codec.minSize);
            assert.deepEqual(decodeBody(codec, bytes), value);
          }),
          { numRuns: 20 },
        );
      });
    }
  }
}

test('a body cut anywhere is refused by name', () => {
  const codec = remoteProgram.procedures.connectGetAllDomainStats.ret;
  const record = {
    dom: { name: 'vm', uuid: new Uint8Array(16), id: 7 },
    params: [
      { field: 'cpu.time', value: { type: 'ullong' as const, value: 1n } },
      { field: 'name', value: { type: 'string' as const, value: 'text' } },
    ],
  };
  const whole = encodeBody(codec, { retStats: [record] });
  for (let length = 0; length < whole.length; length++) {
    assert.throws(() => decodeBody(codec, whole.subarray(0, length)), {
      name: 'XdrError',
      code: 'TRUNCATED',
    });
  }
});
