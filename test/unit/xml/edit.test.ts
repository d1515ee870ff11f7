import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseXml, XmlError, type XmlDocument, type XmlElement } from '../../../drivers/xml/index.ts';

const TEXT = `<domain type='kvm'>
  <name>web</name>
  <devices>
    <disk type="file">
      <target dev="vda"/>
    </disk>
    <!-- kept -->
    <emulator/>
  </devices>
</domain>
`;

function edit(
  change: (document: XmlDocument, at: (path: string) => XmlElement) => void,
  text = TEXT,
): string {
  const document = parseXml(text);
  change(document, (path) => {
    const found = document.root.find(path);
    assert.ok(found !== null, path);
    return found;
  });
  return document.toString();
}

test('an attribute is changed in its place and with its quotes', () => {
  const out = edit((document, at) => document.setAttribute(at('devices/disk'), 'type', `a"'<b`));
  assert.equal(out, TEXT.replace('type="file"', `type="a&quot;'&lt;b"`));
});

test('an attribute is added after the others', () => {
  const out = edit((document, at) => document.setAttribute(at('devices/disk'), 'device', 'disk'));
  assert.equal(out, TEXT.replace('type="file"', 'type="file" device="disk"'));
});

test('an attribute is removed with the space before it', () => {
  const out = edit((document, at) => document.removeAttribute(at('devices/disk/target'), 'dev'));
  assert.equal(out, TEXT.replace(' dev="vda"', ''));
});

test('the last edit of an attribute is the one that counts', () => {
  const out = edit((document, at) => {
    document.removeAttribute(at('devices/disk'), 'type');
    document.setAttribute(at('devices/disk'), 'type', 'block');
  });
  assert.equal(out, TEXT.replace('"file"', '"block"'));
});

test('text is replaced and escaped', () => {
  const out = edit((document, at) => document.setText(at('name'), 'a & <b>'));
  assert.equal(out, TEXT.replace('>web<', '>a &amp; &lt;b&gt;<'));
});

test('an element that closed itself gets text', () => {
  const out = edit((document, at) => document.setText(at('devices/emulator'), '/bin/q'));
  assert.equal(out, TEXT.replace('<emulator/>', '<emulator>/bin/q</emulator>'));
});

test('an element is removed with its line', () => {
  const out = edit((document, at) => document.remove(at('devices/disk')));
  assert.equal(out, TEXT.replace(/ {4}<disk[\s\S]*<\/disk>\n/, ''));
});

test('an element is appended on its own line with the indentation of the others', () => {
  const out = edit((document, at) => {
    document.append(at('devices'), {
      name: 'disk',
      attributes: { type: 'block' },
      children: [{ name: 'target', attributes: { dev: 'vdb' } }],
    });
  });
  const added = `    <disk type='block'>\n      <target dev='vdb'/>\n    </disk>\n`;
  assert.equal(out, TEXT.replace('  </devices>', `${added}  </devices>`));
});

test('an element is appended to one that was empty', () => {
  const out = edit((document, at) => document.append(at('devices/emulator'), { name: 'x', text: '1' }));
  assert.equal(out, TEXT.replace('<emulator/>', '<emulator>\n      <x>1</x>\n    </emulator>'));
});

test('elements are inserted before and after, and one replaces another', () => {
  const out = edit((document, at) => {
    document.insertBefore(at('devices/disk'), { name: 'first' });
    document.insertAfter(at('devices/disk'), { name: 'second' });
    document.remove(at('devices/disk'));
  });
  assert.equal(out, TEXT.replace(/<disk[\s\S]*<\/disk>/, '<first/>\n    <second/>'));
});

test('edits within a removed element go with it', () => {
  const out = edit((document, at) => {
    document.setAttribute(at('devices/disk/target'), 'dev', 'vdz');
    document.remove(at('devices/disk'));
  });
  assert.ok(!out.includes('vdz') && !out.includes('disk'));
});

test('new text has the line ends and tabs of the document', () => {
  const text = '<a>\r\n\t<b>\r\n\t\t<c/>\r\n\t</b>\r\n</a>';
  const out = edit(
    (document, at) => document.append(at('b'), { name: 'd', children: [{ name: 'e' }] }),
    text,
  );
  assert.equal(out, '<a>\r\n\t<b>\r\n\t\t<c/>\r\n\t\t<d>\r\n\t\t\t<e/>\r\n\t\t</d>\r\n\t</b>\r\n</a>');
});

test('an element in a line of others is removed alone', () => {
  assert.equal(
    edit((document, at) => document.remove(at('b')), '<a> <b/> <c/></a>'),
    '<a>  <c/></a>',
  );
});

test('an edit after characters outside the BMP hits its place', () => {
  const text = `<a><n>😀漢</n><b x='1'/></a>`;
  assert.equal(
    edit((document, at) => document.setAttribute(at('b'), 'x', '2'), text),
    text.replace("'1'", "'2'"),
  );
});

test('what XML cannot hold is refused when it is set', () => {
  const document = parseXml(TEXT);
  assert.throws(() => document.setText(document.root, '\0'), XmlError);
  assert.throws(() => document.setAttribute(document.root, 'a b', ''), XmlError);
  assert.throws(() => document.remove(document.root), XmlError);
  assert.throws(() => document.remove(parseXml(TEXT).root), XmlError);
});
