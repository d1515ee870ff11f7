import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FakeFleet, runOn } from './fake-fleet.ts';
import { hostFixture } from './fixtures.ts';

const notice = {
  id: 'settings',
  message: 'A newer version wrote these settings.',
  detail: 'hosts.json\x1b[2J',
};

function fleet(): FakeFleet {
  const made = new FakeFleet({ hosts: [hostFixture('kvm-a')], domains: [] });
  made.notices.push(notice);
  return made;
}

test('what there is to know is said on standard error, and the command goes on', async () => {
  const { code, out, err } = await runOn(fleet(), ['hosts']);
  assert.equal(code, 0);
  assert.match(out, /kvm-a/);
  assert.match(err, /^virtlane: A newer version wrote these settings\.\n  hosts\.json[^\n]*\n$/);
  assert.ok(!err.includes('\x1b'));
});

test('with --json it is one line of JSON there', async () => {
  const { out, err } = await runOn(fleet(), ['--json', 'hosts']);
  assert.equal((JSON.parse(out) as unknown[]).length, 1);
  assert.deepEqual(JSON.parse(err), { notice });
});
