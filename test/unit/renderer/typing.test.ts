import assert from 'node:assert/strict';
import { test } from 'node:test';
import { chord, COMBINATIONS, functionKey, KEYS } from '../../../renderer/consoles/keys.ts';
import { LAYOUT_NAMES, layoutTable } from '../../../renderer/consoles/layouts.ts';
import { characters, keysymOf, strokesFor, untypable } from '../../../renderer/consoles/typing.ts';

const ASCII = Array.from({ length: 95 }, (_, index) => String.fromCharCode(32 + index));

for (const layout of LAYOUT_NAMES)
  test(`every printable ASCII character can be typed on the ${layout} layout`, () => {
    const missing = ASCII.filter((character) => !layoutTable(layout).has(character));
    assert.deepEqual(missing, []);
  });

test('no key of a layout carries two characters on the same level', () => {
  for (const layout of LAYOUT_NAMES) {
    const places = [...layoutTable(layout).values()].map((t) => `${t.code} ${t.shift} ${t.altGr}`);
    assert.equal(new Set(places).size, places.length, layout);
  }
});

test('a capital holds Shift around the key and releases it last', () => {
  assert.deepEqual(
    strokesFor('A', 'us').map(({ code, down }) => `${code} ${down ? 'down' : 'up'}`),
    ['ShiftLeft down', 'KeyA down', 'KeyA up', 'ShiftLeft up'],
  );
});

test('German z lies where English y lies', () => {
  assert.equal(strokesFor('z', 'de')[0]?.code, 'KeyY');
});

test('the at sign holds AltGr on a German board', () => {
  assert.deepEqual(
    strokesFor('@', 'de').map(({ code, down }) => `${code} ${down ? 'down' : 'up'}`),
    ['AltRight down', 'KeyQ down', 'KeyQ up', 'AltRight up'],
  );
});

test('a dead key is followed by Space', () => {
  assert.deepEqual(
    strokesFor('^', 'de').map(({ code }) => code),
    ['Backquote', 'Backquote', 'Space', 'Space'],
  );
});

test('what a layout cannot type is named once', () => {
  assert.deepEqual(untypable('añbñ漢', 'us'), ['ñ', '漢']);
  assert.deepEqual(strokesFor('漢', 'us'), []);
});

test('every kind of line end is one Enter', () => {
  assert.deepEqual(characters('a\r\nb\rc\n'), ['a', '\n', 'b', '\n', 'c', '\n']);
  assert.equal(strokesFor('\n', 'us')[0]?.keysym, 0xff0d);
});

test('keysyms: Latin-1 as it is, the rest with the Unicode offset', () => {
  assert.equal(keysymOf('ü'), 0xfc);
  assert.equal(keysymOf('€'), 0x010020ac);
});

test('a chord goes down in order and up in reverse', () => {
  const codes = chord([KEYS.controlLeft, KEYS.altLeft, functionKey(3)]).map((s) => `${s.code} ${s.down}`);
  assert.deepEqual(codes, [
    'ControlLeft true',
    'AltLeft true',
    'F3 true',
    'F3 false',
    'AltLeft false',
    'ControlLeft false',
  ]);
});

test('the menu offers Ctrl Alt F1 to F12', () => {
  assert.equal(COMBINATIONS[1]?.length, 12);
  assert.equal(COMBINATIONS[1]?.[11]?.keys[2]?.keysym, 0xffc9);
});
