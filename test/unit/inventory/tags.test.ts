import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { ownMetadata } from '../../../drivers/libvirt/model/index.ts';
import { metadataElement, withMetadataElement } from '../../../drivers/simulator/descriptions/metadata.ts';
import { parseXml } from '../../../drivers/xml/index.ts';
import { MAX_TAGS, tagsProblem } from '../../../main/contract/tags.ts';
import { readTagsXml, tagsMetadata, tagsOf, tagsXml } from '../../../main/inventory/tags.ts';

const URI = 'urn:virtlane:tags';
const OFF = "<domain type='kvm'><name>m</name><uuid>u</uuid><memory>1</memory></domain>";

suite('tags in a machine’s own definition', () => {
  test('what is written is read back, each once and in order, and goes without a trace', () => {
    const xml = tagsXml(['web', 'team:a', 'web', 'Größe_1']);
    const marked = withMetadataElement(OFF, { uri: URI, key: 'virtlane', xml });
    assert.deepEqual(readTagsXml(metadataElement(marked, URI)), ['web', 'team:a', 'Größe_1']);
    const bare = withMetadataElement(marked, { uri: URI, key: 'virtlane', xml: tagsXml([]) });
    assert.deepEqual(readTagsXml(metadataElement(bare, URI)), []);
  });

  test('the XML of a new machine holds them in the same namespace', () => {
    const document = parseXml('<domain><metadata/></domain>');
    const metadata = document.root.find('metadata');
    const [element] = tagsMetadata(['web', 'prod']);
    assert.ok(metadata !== null && element !== undefined);
    document.append(metadata, element);
    const read = parseXml(document.toString()).root;
    assert.deepEqual(tagsOf(ownMetadata(read, 'tags')?.text ?? ''), ['web', 'prod']);
    assert.deepEqual(tagsMetadata([]), []);
  });

  test('what a hand wrote there and is no tag is left out, and no more than may be are read', () => {
    assert.deepEqual(readTagsXml('<tags>\n web  a/b -x\tdb </tags>'), ['web', 'db']);
    const many = Array.from({ length: 50 }, (_, at) => `t${at}`).join(' ');
    assert.equal(readTagsXml(`<tags>${many}</tags>`).length, MAX_TAGS);
  });

  test('what is no tag is said', () => {
    assert.equal(tagsProblem(['a', '1', 'team:a.b-c_d', 'x'.repeat(40)]), null);
    for (const [tag, said] of [
      ['two words', /“two words” is no tag/],
      ['-old', /begins with a letter or digit/],
      ['', /“” is no tag/],
      ['x'.repeat(41), /too long: 40/],
    ] as const)
      assert.match(tagsProblem(['fine', tag]) ?? '', said);
    const many = Array.from({ length: MAX_TAGS + 1 }, (_, at) => `t${at}`);
    assert.match(tagsProblem(many) ?? '', /at most 32/);
  });
});
