import assert from 'node:assert/strict';
import { test } from 'node:test';
import { namedInShort } from '../../../main/contract/named-in-short.ts';

test('names are in order and told once; of many the first, and how many there are besides', () => {
  const web = (count: number): string[] => Array.from({ length: count }, (_, at) => `web-${count - at}`);
  assert.equal(namedInShort(['b', '/images/a', 'a', 'b']), 'a, b, /images/a');
  assert.equal(namedInShort(web(6)), 'web-1, web-2, web-3, web-4, web-5, web-6');
  assert.equal(namedInShort(web(20)), 'web-1, web-2, web-3, web-4, web-5 and 15 more');
});
