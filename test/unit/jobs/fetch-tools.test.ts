import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { withoutUrlSecrets } from '../../../main/jobs/create/shown-url.ts';
import { endOf, fetchCommand, leftTheWeb } from '../../../main/jobs/create/steps/fetch-tools.ts';

const FETCH = {
  url: 'https://e.org/a"b?key=secret',
  part: '/images/part',
  head: '/images/head',
  limitBytes: 1000,
};

test('URLs in a text are shown without logins and queries', () => {
  assert.equal(
    withoutUrlSecrets('2026 URL:https://bob:pw@e.org/i.iso?X-Sig=a&b=c [5/5] -> "part"\nhttp://e.org/plain'),
    '2026 URL:https://e.org/i.iso?… [5/5] -> "part"\nhttp://e.org/plain',
  );
});

suite('the command of a host that fetches', () => {
  for (const tool of ['curl', 'wget'] as const)
    test(`${tool} gets the address on its input, where nobody sees it`, () => {
      const { argv, stdin } = fetchCommand({ tool, ...FETCH });
      assert.ok(!argv.join(' ').includes('secret'));
      assert.match(stdin, /https:\/\/e\.org\/a%22b\?key=secret/);
    });

  test('curl speaks http alone, and asks for the rest of the same file alone', () => {
    const { argv } = fetchCommand({ tool: 'curl', ...FETCH }, '"tag"');
    assert.equal(argv[1], '-q');
    for (const [option, value] of [
      ['--proto', '=http,https'],
      ['--proto-redir', '=http,https'],
      ['--max-filesize', '1000'],
      ['-C', '-'],
      ['-H', 'Accept-Encoding: identity'],
    ] as const)
      assert.equal(argv[argv.indexOf(option) + 1], value, option);
    assert.ok(argv.includes('If-Range: "tag"'));
    assert.ok(!fetchCommand({ tool: 'curl', ...FETCH }).argv.includes('-C'));
  });

  test('a server that sends wget elsewhere is seen', () => {
    assert.ok(leftTheWeb('  HTTP/1.1 302 Found\n  Location: ftp://e.org/x\n'));
    assert.ok(!leftTheWeb('  Location: https://e.org/a:b\n  Location: /x:y\n  location: http://e.org\n'));
  });

  test('what their statuses mean', () => {
    assert.deepEqual(
      [0, 7, 18, 22, 33, 63, 1].map((status) => endOf('curl', status)),
      ['done', 'unreachable', 'cut', 'refused', 'changed', 'noRoom', 'failed'],
    );
    assert.deepEqual(
      [0, 3, 4, 8, 7].map((status) => endOf('wget', status)),
      ['done', 'noRoom', 'unreachable', 'refused', 'failed'],
    );
  });
});
