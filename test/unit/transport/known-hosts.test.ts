import assert from 'node:assert/strict';
import { createHmac, randomBytes } from 'node:crypto';
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, test } from 'node:test';
import fc from 'fast-check';
import { KnownHosts } from '../../../drivers/transport/known-hosts.ts';
import {
  fingerprint,
  knownHostsName,
  lineMatches,
  matchesPattern,
  matchesPatternList,
  parseKnownHosts,
} from '../../../drivers/transport/known-hosts-line.ts';
import { preferredAlgorithms } from '../../../drivers/transport/ssh-host-key.ts';

/** A made-up key in wire format: its type, then bytes. */
function key(type: string, seed: number): Buffer {
  const name = Buffer.from(type);
  const head = Buffer.alloc(4);
  head.writeUInt32BE(name.length);
  return Buffer.concat([head, name, Buffer.alloc(32, seed)]);
}

function line(names: string, type = 'ssh-ed25519', seed = 1): string {
  return `${names} ${type} ${key(type, seed).toString('base64')}`;
}

function hashed(name: string): string {
  const salt = randomBytes(20);
  return `|1|${salt.toString('base64')}|${createHmac('sha1', salt).update(name).digest('base64')}`;
}

describe('lines of known_hosts', () => {
  const matches = (text: string, name: string): boolean =>
    parseKnownHosts(text, 'f').some((entry) => lineMatches(entry, name));

  test('plain names, lists, patterns and negation', () => {
    assert.equal(matches(line('kvm1,192.0.2.7'), '192.0.2.7'), true);
    assert.equal(matches(line('KVM1'), 'kvm1'), true);
    assert.equal(matches(line('*.example.org,!secret.example.org'), 'kvm1.example.org'), true);
    assert.equal(matches(line('*.example.org,!secret.example.org'), 'secret.example.org'), false);
    assert.equal(matches(line('kvm?'), 'kvm12'), false);
  });

  test('hashed names', () => {
    assert.equal(matches(line(hashed('kvm1')), 'kvm1'), true);
    assert.equal(matches(line(hashed('kvm1')), 'kvm2'), false);
    assert.equal(matches(line(hashed('[kvm1]:2222')), '[kvm1]:2222'), true);
  });

  test('another port has brackets', () => {
    assert.equal(knownHostsName('KVM1', 22), 'kvm1');
    assert.equal(knownHostsName('kvm1', 2222), '[kvm1]:2222');
    assert.equal(knownHostsName('fe80::1', 2222), '[fe80::1]:2222');
  });

  test('comments, empty and damaged lines and certificate authorities are left out', () => {
    const text = [
      '# comment',
      '',
      'kvm1',
      'kvm1 ssh-ed25519',
      'kvm1 ssh-rsa not-a-key',
      `kvm1 ssh-rsa ${key('ssh-ed25519', 1).toString('base64')}`,
      `@cert-authority ${line('*')}`,
      `@unknown ${line('kvm1')}`,
      `x${'y'.repeat(40_000)} ssh-ed25519 AAAA`,
      `  ${line('kvm1')} a comment\r`,
    ].join('\n');
    const lines = parseKnownHosts(text, 'file');
    assert.deepEqual(
      lines.map(({ line: number, revoked }) => ({ number, revoked })),
      [{ number: 10, revoked: false }],
    );
  });

  test('any text is read without an exception', () => {
    fc.assert(fc.property(fc.string(), (text) => parseKnownHosts(text, 'f').length >= 0));
  });

  test('a pattern of stars costs little', () => {
    assert.equal(matchesPattern('*a'.repeat(200), 'a'.repeat(5_000) + 'b'), false);
    assert.equal(matchesPatternList(['*', '!*'], 'x'), false);
  });

  test('a name matches itself as a pattern', () => {
    fc.assert(fc.property(fc.stringMatching(/^[a-z0-9.-]+$/), (name) => matchesPattern(name, name)));
  });
});

test('a fingerprint is base64 of SHA-256 without padding', () => {
  assert.match(fingerprint(key('ssh-ed25519', 1)), /^SHA256:[A-Za-z0-9+/]{43}$/);
});

test('algorithms of known types come first, RSA with all three of its own', () => {
  assert.deepEqual(preferredAlgorithms(['ssh-rsa'], { sha1: true }).slice(0, 4), [
    'rsa-sha2-512',
    'rsa-sha2-256',
    'ssh-rsa',
    'ssh-ed25519',
  ]);
  assert.equal(preferredAlgorithms([], { sha1: false })[0], 'ssh-ed25519');
});

describe('known hosts', () => {
  let folder: string;
  let read: string;
  let own: string;
  let hosts: KnownHosts;
  beforeEach(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'virtlane-known-'));
    read = path.join(folder, 'known_hosts');
    own = path.join(folder, 'app', 'known_hosts');
    hosts = new KnownHosts({ ownFile: own, readFiles: [read, path.join(folder, 'missing')] });
  });
  afterEach(() => rm(folder, { recursive: true }));

  const status = async (seed: number, query = { host: 'kvm1', port: 22 }): Promise<string> =>
    (await hosts.lookUp(query)).judge(key('ssh-ed25519', seed)).status;

  test('a server nobody knows is unknown', async () => {
    assert.equal(await status(1), 'unknown');
  });

  test('a known key is known, another one is changed and says where the known one stands', async () => {
    await writeFile(read, `\n${line('kvm1')}\n`);
    assert.equal(await status(1), 'known');
    const verdict = (await hosts.lookUp({ host: 'kvm1', port: 22 })).judge(key('ssh-ed25519', 2));
    assert.equal(verdict.status, 'changed');
    assert.deepEqual('lines' in verdict && verdict.lines.map(({ file, line: at }) => [file, at]), [
      [read, 2],
    ]);
  });

  test('a key of another type for a known server is changed, not unknown', async () => {
    await writeFile(read, line('kvm1', 'ssh-rsa'));
    assert.equal(await status(1), 'changed');
  });

  test('a key of a type that cannot be checked here says nothing', async () => {
    await writeFile(read, line('kvm1', 'sk-ssh-ed25519@openssh.com'));
    assert.equal(await status(1), 'unknown');
  });

  test('a revoked key is refused even when another line knows it', async () => {
    await writeFile(read, `${line('kvm1')}\n@revoked ${line('*')}\n`);
    assert.equal(await status(1), 'revoked');
  });

  test('on another port the bare name helps and never accuses', async () => {
    await writeFile(read, line('kvm1'));
    assert.equal(await status(1, { host: 'kvm1', port: 2222 }), 'known');
    assert.equal(await status(2, { host: 'kvm1', port: 2222 }), 'unknown');
  });

  test('HostKeyAlias stands in place of host and port', async () => {
    await writeFile(read, line('the-alias'));
    const known = await hosts.lookUp({ host: 'kvm1', port: 2222, alias: 'the-alias' });
    assert.equal(known.judge(key('ssh-ed25519', 1)).status, 'known');
  });

  test('known types come in the order of preference', async () => {
    await writeFile(read, `${line('kvm1', 'ssh-rsa')}\n${line('kvm1')}\n`);
    assert.deepEqual((await hosts.lookUp({ host: 'kvm1', port: 22 })).types, ['ssh-ed25519', 'ssh-rsa']);
  });

  test('keys added at the same time all arrive, in a private file', async () => {
    await Promise.all([1, 2, 3].map((n) => hosts.add({ host: `kvm${n}`, port: 22 }, key('ssh-ed25519', n))));
    assert.equal((await readFile(own, 'utf8')).trimEnd().split('\n').length, 3);
    if (process.platform !== 'win32') assert.equal((await stat(own)).mode & 0o777, 0o600);
    assert.equal(await status(1), 'known');
  });

  test('a line is added after a last line without an end', async () => {
    await hosts.add({ host: 'kvm1', port: 22 }, key('ssh-ed25519', 1));
    await writeFile(own, line('kvm2'));
    await hosts.add({ host: 'kvm1', port: 2222 }, key('ssh-ed25519', 1));
    assert.equal((await readFile(own, 'utf8')).split('\n').length, 3);
    assert.equal(await status(1, { host: 'kvm2', port: 22 }), 'known');
  });

  test('a name that would write another line than meant is refused', async () => {
    await assert.rejects(hosts.add({ host: 'a\n*', port: 22 }, key('ssh-ed25519', 1)), {
      code: 'BAD_CONFIG',
    });
  });

  test('a file that cannot be read stops the look-up', { skip: process.platform === 'win32' }, async () => {
    const strange = new KnownHosts({ ownFile: null, readFiles: [folder] });
    await assert.rejects(strange.lookUp({ host: 'kvm1', port: 22 }), { code: 'BAD_CONFIG' });
  });

  test('names for suggestions are those in clear', async () => {
    await writeFile(
      read,
      [line('kvm1,192.0.2.7'), line('[kvm2]:2222'), line('*.org'), line(hashed('x'))].join('\n'),
    );
    assert.deepEqual(await hosts.names(), [
      { host: 'kvm1', port: 22 },
      { host: '192.0.2.7', port: 22 },
      { host: 'kvm2', port: 2222 },
    ]);
  });
});
