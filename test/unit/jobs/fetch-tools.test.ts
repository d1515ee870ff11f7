import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { suite, test } from 'node:test';
import { promisify } from 'node:util';
import { withoutUrlSecrets } from '../../../main/jobs/create/shown-url.ts';
import { PREPARE } from '../../../main/jobs/create/steps/host-fetch-scripts.ts';
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

test('what came before counts for what there will be, and not against what is free', async () => {
  const folder = await mkdtemp(path.join(tmpdir(), 'virtlane-fetch-'));
  try {
    await mkdir(path.join(folder, 'work'));
    await writeFile(path.join(folder, 'work/part'), Buffer.alloc(12_345));
    const argv = ['-c', PREPARE, 'sh', folder, '.fetch', 'name', path.join(folder, 'work')];
    const { stdout } = await promisify(execFile)('sh', argv);
    assert.match(stdout, /^\d+ 12345\n$/);
  } finally {
    await rm(folder, { recursive: true });
  }
});

test('where a server sends to within itself is shown without its query', () => {
  assert.equal(withoutUrlSecrets('  Location: /x?sig=secret [following]'), '  Location: /x?… [following]');
  assert.equal(withoutUrlSecrets('Location: https://e.org/x?sig=secret'), 'Location: https://e.org/x?…');
});

suite('the command of a host that fetches', () => {
  for (const tool of ['curl', 'wget'] as const)
    test(`${tool} gets the address on its input, where nobody sees it`, () => {
      const { argv, stdin } = fetchCommand({ tool, ...FETCH });
      assert.ok(!argv.join(' ').includes('secret'));
      assert.match(stdin, /https:\/\/e\.org\/a%22b\?key=secret/);
    });

  test('a backslash of a query is no escape in curl’s configuration', () => {
    const { stdin } = fetchCommand({ tool: 'curl', ...FETCH, url: 'https://e.org/i?x=C:\\temp\\' });
    assert.equal(stdin, 'url = "https://e.org/i?x=C:%5Ctemp%5C"\n');
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
