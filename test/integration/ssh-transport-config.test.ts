import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { homedir, tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { resolveSshTarget } from '../../drivers/transport/ssh-resolve.ts';

/** What OpenSSH itself makes of a configuration: `ssh -G`. */
function openSshSays(config: string, host: string, user: string | null): Record<string, string[]> {
  const args = ['-G', '-F', config, ...(user === null ? [] : ['-l', user]), host];
  const said: Record<string, string[]> = {};
  for (const line of execFileSync('ssh', args, { encoding: 'utf8', stdio: 'pipe' }).split('\n')) {
    const blank = line.indexOf(' ');
    if (blank > 0) (said[line.slice(0, blank)] ??= []).push(line.slice(blank + 1));
  }
  return said;
}

const CONFIGS: Record<string, string> = {
  'first value wins':
    'Host a\n  Port 10\n  User x\nHost *\n  Port 20\n  User y\n  HostName all.example.org\n',
  'patterns and negation':
    'Host *.lab !b.lab\n  Port 10\nHost ?.lab\n  User one\nHost b*\n  HostName b-%h.org\n',
  'equals signs, quotes and comments':
    '# c\nHost=a\n\tPort = 7\n  User "some one"\n  IdentityFile "/k/a b" # tail\n',
  'global lines before any host': 'User g\nPort 3\nHost a\n  User never\n',
  'match by name and user':
    'HostName real.org\nMatch host real.org user ann\n  Port 5\nMatch originalhost a\n  Port 6\n',
  'match all and negation': 'Match !originalhost a\n  Port 5\nMatch all\n  User m\n',
  'match final': 'Match final host *.org\n  Port 9\nHost a\n  HostName late.org\n  User f\n',
  'identity files with tokens':
    'Host a\n  HostName h.org\n  User u\n  Port 8\n  IdentityFile /k/%h-%p-%r-%n-%%\n  IdentityFile /k/2\n  IdentitiesOnly yes\n',
  jumps: 'Host a\n  ProxyJump bob@j1:22,j2\nHost b\n  ProxyJump none\nHost *\n  ProxyJump star\n',
  case: 'hOsT A\n  pOrT 12\n  USER c\n',
  'many names on a line': 'Host x a y\n  Port 31\nHost "b.lab" z\n  Port 32\n',
};

describe(
  '~/.ssh/config as OpenSSH reads it',
  { skip: existsSync('/usr/bin/ssh') ? false : 'needs ssh' },
  () => {
    let folder: string;
    before(async () => {
      folder = await mkdtemp(path.join(tmpdir(), 'virtlane-config-'));
    });
    after(() => rm(folder, { recursive: true }));

    for (const [name, config] of Object.entries(CONFIGS)) {
      test(name, async () => {
        const file = path.join(folder, name.replaceAll(' ', '-'));
        await writeFile(file, config);
        for (const host of ['a', 'A', 'b', 'b.lab', 'c.lab', 'z']) {
          for (const user of [null, 'ann']) {
            const ours = await resolveSshTarget(
              { host, ...(user === null ? {} : { user }) },
              { configFiles: [file], env: {} },
            );
            const theirs = openSshSays(file, host, user);
            const where = `${name}: ${user ?? ''}@${host}`;
            // OpenSSH puts the name of a host in small letters where none is configured.
            assert.equal(ours.host.toLowerCase(), theirs['hostname']?.[0]?.toLowerCase(), where);
            assert.equal(String(ours.port), theirs['port']?.[0], where);
            assert.equal(ours.user, theirs['user']?.[0], where);
            assert.equal(ours.identitiesOnly ? 'yes' : 'no', theirs['identitiesonly']?.[0], where);
            const last = ours.jumps.at(-1);
            assert.equal(last !== undefined, theirs['proxyjump'] !== undefined, where);
            if (config.includes('IdentityFile') && ours.keyFiles.some((key) => key.startsWith('/k/'))) {
              assert.deepEqual(ours.keyFiles, identityFiles(theirs, ours), where);
            }
          }
        }
      });
    }
  },
);

/** `ssh -G` prints files before their tokens are filled in. */
function identityFiles(
  theirs: Record<string, string[]>,
  ours: { host: string; port: number; user: string; alias: string },
): string[] {
  const tokens: Record<string, string> = {
    h: ours.host,
    p: String(ours.port),
    r: ours.user,
    n: ours.alias,
    '%': '%',
  };
  return (theirs['identityfile'] ?? []).map((file) =>
    file.replace(/^~/, homedir()).replace(/%(.)/g, (_all, letter: string) => tokens[letter] ?? ''),
  );
}
