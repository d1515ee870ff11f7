import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import fc from 'fast-check';
import { parseXml } from '../../../drivers/xml/index.ts';
import { xmlText } from './arbitrary.ts';

const FIXTURES = new URL('../../fixtures/xml/', import.meta.url);
const files = readdirSync(FIXTURES).filter((name) => name.endsWith('.xml'));

for (const file of files) {
  const text = readFileSync(new URL(file, FIXTURES), 'utf8');

  test(`${file} comes back as it was`, () => {
    assert.equal(parseXml(text).toString(), text);
  });

  test(`${file}: rewriting every attribute with its own value changes nothing of what it means`, () => {
    const document = parseXml(text);
    for (const element of document.root.findAll('devices/*'))
      for (const [name, value] of element.attributes) document.setAttribute(element, name, value);
    assert.equal(document.toString(), text);
  });
}

test('any document comes back as it was', () => {
  fc.assert(fc.property(xmlText, (text) => parseXml(text).toString() === text));
});

test('an edit that is taken apart and written again leaves all other bytes', () => {
  fc.assert(
    fc.property(xmlText, fc.nat(), (text, pick) => {
      const document = parseXml(text);
      const all = [document.root, ...document.root.findAll('*'), ...document.root.findAll('*/*')];
      const chosen = all[pick % all.length];
      assert.ok(chosen !== undefined);
      document.setAttribute(chosen, 'virtlane-mark', '1');
      const quote = [...chosen.startTag.attributes].at(-1)?.quote ?? "'";
      const at = chosen.startTag.attributesEnd;
      assert.equal(
        document.toString(),
        `${text.slice(0, at)} virtlane-mark=${quote}1${quote}${text.slice(at)}`,
      );
    }),
  );
});

test('the offsets of an element hold its own text', () => {
  fc.assert(
    fc.property(xmlText, (text) => {
      for (const element of parseXml(text).root.findAll('*')) {
        assert.equal(text.slice(element.start, element.start + 1 + element.name.length), `<${element.name}`);
        assert.equal(text[element.end - 1], '>');
      }
    }),
  );
});
