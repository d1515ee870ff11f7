import assert from 'node:assert/strict';
import { test } from 'node:test';
import { metadataElement, withMetadataElement } from '../../../drivers/simulator/descriptions/metadata.ts';

const URI = 'urn:virtlane:template';
const OFF = "<domain type='kvm'><name>m</name><uuid>u</uuid><memory>1</memory></domain>";

test('an element is kept under its prefix and given back without it, as libvirt does', () => {
  const marked = withMetadataElement(OFF, { uri: URI, key: 'virtlane', xml: '<template kept="1"/>' });
  assert.match(marked, /<virtlane:template xmlns:virtlane='urn:virtlane:template' kept='1'\/>/);
  assert.equal(metadataElement(marked, URI), "<template kept='1'/>");
  assert.equal(metadataElement(marked, 'urn:other'), null);
});

test('it takes the place of the one before, and goes without a trace of others’', () => {
  const other = withMetadataElement(OFF, { uri: 'urn:other', key: 'o', xml: '<kept/>' });
  const first = withMetadataElement(other, { uri: URI, key: 'virtlane', xml: '<template a="1"/>' });
  const second = withMetadataElement(first, { uri: URI, key: 'virtlane', xml: '<template a="2"/>' });
  assert.equal(metadataElement(second, URI), "<template a='2'/>");
  const removed = withMetadataElement(second, { uri: URI, key: 'virtlane', xml: null });
  assert.equal(metadataElement(removed, URI), null);
  assert.equal(metadataElement(removed, 'urn:other'), '<kept/>');
});
