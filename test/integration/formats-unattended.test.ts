import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { test } from 'node:test';
import { debianPreseed, kickstart, type AnswerMedia } from '../../drivers/formats/unattended/index.ts';
import { missing } from '../support/commands.ts';

const KEY = 'ssh-ed25519 AAAA it\'s "mine" \\ $(id) `id` #1';
const INSTALL = {
  hostname: 'web1.example.org',
  user: {
    name: 'ann',
    fullName: 'Ann "the" \\Green\\ $HOME #1',
    passwordHash: '$6$salt$hash',
    sshKeys: [KEY],
  },
  timezone: 'Europe/Paris',
  locale: 'fr_FR.UTF-8',
  keyboard: 'fr',
  packages: ['qemu-guest-agent'],
};

const content = ({ cd, initrd }: AnswerMedia, path: string): string => {
  const file = [...(cd?.files ?? []), ...initrd].find((one) => one.path === path);
  return Buffer.from(file?.content ?? []).toString();
};

test("a preseed is one by debconf's own check", { skip: missing('debconf-set-selections') }, () => {
  const input = content(
    debianPreseed({ ...INSTALL, mirror: 'http://mirror.example.org/debian' }),
    'preseed.cfg',
  );
  const { status, stdout, stderr } = spawnSync('debconf-set-selections', ['--checkonly', '--verbose'], {
    input,
    encoding: 'utf8',
  });
  assert.equal(status, 0, stderr);
  assert.doesNotMatch(stdout + stderr, /warning|error/i);
});

test(
  'the script that brings the keys is one for a shell, and they are not in it',
  { skip: missing('sh') },
  () => {
    const media = debianPreseed({ ...INSTALL, mirror: 'http://mirror.example.org/debian' });
    const script = content(media, 'virtlane/late.sh');
    execFileSync('sh', ['-n'], { input: script });
    assert.doesNotMatch(script, /AAAA/);
    assert.equal(content(media, 'virtlane/authorized_keys'), `${KEY}\n`);
  },
);

// pykickstart gives each line to shlex.
test(
  'lines of a kickstart are read as they were meant, whatever is in a name or a key',
  { skip: missing('python3') },
  () => {
    const file = content(kickstart({ ...INSTALL, tree: 'https://mirror.example.org/os/' }), 'ks.cfg');
    const script = `
import json, shlex, sys
print(json.dumps([shlex.split(line, comments=True) for line in sys.stdin.read().splitlines()]))
`;
    const output = execFileSync('python3', ['-c', script], { input: file, encoding: 'utf8' });
    const lines = JSON.parse(output) as string[][];
    const line = (command: string) => lines.find(([first]) => first === command);
    assert.deepEqual(line('sshkey'), ['sshkey', '--username=ann', KEY]);
    assert.deepEqual(line('user')?.slice(1), [
      '--name=ann',
      '--groups=wheel',
      '--iscrypted',
      '--password=$6$salt$hash',
      `--gecos=${INSTALL.user.fullName}`,
    ]);
    assert.deepEqual(line('url'), ['url', '--url=https://mirror.example.org/os/']);
  },
);
