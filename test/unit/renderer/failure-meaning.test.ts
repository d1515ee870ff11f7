import assert from 'node:assert/strict';
import { test } from 'node:test';
import { failureReport } from '../../../renderer/ui/failure-report.ts';
import { meaningOf } from '../../../renderer/ui/failure-meaning.ts';

const words = { code: 'VIR_ERR_X', codeNumber: 1, domain: 'd', level: 'error', message: 'm' } as const;

test('what a failure usually means is said under libvirt’s words, and not under a sentence that says it better', () => {
  for (const code of ['CONFLICT', 'NOT_FOUND', 'UNSUPPORTED'] as const) {
    assert.equal(meaningOf({ code, message: 'a.qcow2 is in a drive of w-02 too: it is kept.' }), null);
    assert.equal(meaningOf({ code, message: 'web was not started.', libvirt: words }), code);
  }
  assert.equal(meaningOf({ code: 'BAD_INPUT', message: 'web is not created.' }), null);
  assert.equal(meaningOf({ code: 'LINK_LOST', message: 'web was not started.' }), 'LINK_LOST');
});

test('of a host that is not in the list nobody says that nothing answers there', () => {
  const message = '10.0.0.12 is not in the list of hosts.';
  assert.equal(meaningOf({ code: 'HOST_UNREACHABLE', message }), 'HOST_UNREACHABLE');
  const notListed = { uri: 'qemu+ssh://root@10.0.0.12/system' };
  assert.equal(meaningOf({ code: 'HOST_UNREACHABLE', message, notListed }), null);
});

test('what is copied of a failure has its fields', () => {
  const problems = [{ field: 'spec.nics.0.source', message: 'The host has no network iso.' }];
  const about = { version: '1', time: 0 };
  const report = failureReport({ code: 'BAD_INPUT', message: 'web is not created.', problems }, about);
  assert.match(report, /^spec\.nics\.0\.source: The host has no network iso\.$/m);
});
