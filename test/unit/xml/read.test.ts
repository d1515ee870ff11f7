import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { parseXml, XmlError } from '../../../drivers/xml/index.ts';

const read = (name: string): string =>
  readFileSync(new URL(`../../fixtures/xml/${name}`, import.meta.url), 'utf8');

test('a path finds children of children, in the order of the text', () => {
  const root = parseXml(read('kvm-full.xml')).root;
  assert.deepEqual(
    root.findAll('devices/disk/target').map((target) => target.attribute('dev')),
    ['vda', 'vdb', 'sda', 'vdc', 'sdb'],
  );
});

test('references and characters outside the BMP are decoded', () => {
  const root = parseXml(read('kvm-full.xml')).root;
  assert.equal(root.textAt('name'), 'büro-windows 😀');
  assert.equal(root.textAt('title'), 'Office & desk');
  assert.equal(parseXml("<a b='&#x1F600;&quot;\t'/>").root.attribute('b'), '😀" ');
});

test('an element is found by its namespace, whatever its prefix', () => {
  const os = parseXml(read('kvm-full.xml'))
    .root.find('metadata')
    ?.findInNamespace('http://libosinfo.org/xmlns/libvirt/domain/1.0', 'libosinfo');
  assert.equal(os?.name, 'info:libosinfo');
});

test('CDATA is text, with line ends as XML means them', () => {
  assert.equal(parseXml(read('crlf.xml')).root.textAt('description'), 'a < b &amp; c\nnext');
});

test('comments and instructions are kept as nodes', () => {
  const types = parseXml('<a>t<!--c--><?p i?><![CDATA[d]]><b/></a>').root.nodes.map((node) => node.type);
  assert.deepEqual(types, ['text', 'comment', 'instruction', 'cdata', 'element']);
});

test('what is not closed is told by the line in which it begins', () => {
  const lineOf = (text: string): number | null => {
    try {
      parseXml(text);
    } catch (error) {
      return error instanceof XmlError ? error.line : null;
    }
    return null;
  };
  assert.equal(lineOf('<a>\n<b>1</b\n\n</a>'), 2);
  assert.equal(lineOf('<a>\n<b c="1"\n<d/>\n</a>'), 2);
  assert.equal(lineOf('<a>\n<b>1</c>\n</a>'), 2);
});

const BAD: [string, string, RegExp][] = [
  ['a document type', '<!DOCTYPE a [<!ENTITY x "y">]><a/>', /document type/],
  ['an entity of its own', '<a>&x;</a>', /entity/i],
  ['tags that do not match', '<a><b></a></b>', /tag/i],
  ['an unclosed tag', '<a b="', /Unclosed tag/],
  ['an unclosed comment', '<a><!--', /Unclosed comment/],
  ['two roots', '<a/><b/>', /Extra content/],
  ['nothing', '', /Root element/],
  ['a NUL', '<a>\0</a>', /Invalid character/],
  ['a lone surrogate', '<a>\uD800</a>', /Invalid character/],
  ['an attribute twice', '<a b="1" b="2"/>', /Duplicate/],
  ['elements nested too deeply', `${'<a>'.repeat(201)}${'</a>'.repeat(201)}`, /deeper than 200/],
  ['a flood of elements', `<a>${'<b/>'.repeat(200_000)}</a>`, /more than 200000/],
];
for (const [what, text, message] of BAD)
  test(`${what} is refused`, () => {
    assert.throws(
      () => parseXml(text),
      (error) => error instanceof XmlError && message.test(error.message),
    );
  });

test('whitespace is what XML calls so: a name may hold what looks like a space elsewhere', () => {
  for (const odd of ['\u1680', '\uFEFF'])
    assert.deepEqual([...parseXml(`<a ${odd}b='1' c='2'/>`).root.attributes.keys()], [`${odd}b`, 'c']);
});

test('a text over the limit is refused', () => {
  assert.throws(() => parseXml('<abcdef/>', { maxLength: 8, maxDepth: 10, maxElements: 10 }), XmlError);
});

test('an error tells where it is', () => {
  assert.throws(
    () => parseXml('<a>\n  <b>😀&x;</b>\n</a>'),
    (error) => error instanceof XmlError && error.line === 2 && error.offset === '<a>\n  <b>😀'.length,
  );
});

test('a megabyte of carriage returns or of nested noise is answered soon', () => {
  assert.equal(parseXml(`<a>${'\r'.repeat(1 << 20)}</a>`).root.nodes.length, 1);
  assert.throws(() => parseXml('<a>'.repeat(1 << 20)), XmlError);
  assert.throws(() => parseXml(`<a>${'<!--'.repeat(1 << 18)}`), XmlError);
});
