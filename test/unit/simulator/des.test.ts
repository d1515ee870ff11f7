import assert from 'node:assert/strict';
import { test } from 'node:test';
import { desEncryptBlock, vncChallengeResponse } from '../../../drivers/simulator/vnc/des.ts';

const hex = (text: string) => new Uint8Array(Buffer.from(text, 'hex'));
const toHex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex');

// Published vectors: the worked example of many textbooks, and NBS Special Publication 500-20.
const VECTORS: [key: string, plain: string, cipher: string][] = [
  ['133457799bbcdff1', '0123456789abcdef', '85e813540f0ab405'],
  ['0000000000000000', '0000000000000000', '8ca64de9c1b123a7'],
  ['ffffffffffffffff', 'ffffffffffffffff', '7359b2163e4edc58'],
  ['0101010101010101', '8000000000000000', '95f8a5e5dd31d900'],
  ['7ca110454a1a6e57', '01a1d6d039776742', '690f5b0d9a26939b'],
  ['0131d9619dc1376e', '5cd54ca83def57da', '7a389d10354bd271'],
];

for (const [key, plain, cipher] of VECTORS)
  test(`DES of ${plain} under ${key}`, () => {
    assert.equal(toHex(desEncryptBlock(hex(key), hex(plain))), cipher);
  });

test('only the first eight characters of a VNC password count', () => {
  const challenge = hex('00112233445566778899aabbccddeeff');
  assert.deepEqual(
    vncChallengeResponse('secret12', challenge),
    vncChallengeResponse('secret12345', challenge),
  );
});
