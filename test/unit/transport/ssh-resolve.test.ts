import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir, userInfo } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, test } from 'node:test';
import {
  listSshConfigHosts,
  resolveSshTarget,
  type SshRequest,
} from '../../../drivers/transport/ssh-resolve.ts';
import type { SshTarget } from '../../../drivers/transport/ssh-target.ts';

let home: string;
beforeEach(async () => {
  home = await mkdtemp(path.join(tmpdir(), 'virtlane-config-'));
  await mkdir(path.join(home, '.ssh'));
});
afterEach(() => rm(home, { recursive: true }));

const file = (...parts: string[]): string => path.join(home, '.ssh', ...parts);

async function resolve(
  config: string,
  request: SshRequest | string,
  env: Record<string, string> = {},
): Promise<SshTarget> {
  await writeFile(file('config'), config);
  return await resolveSshTarget(typeof request === 'string' ? { host: request } : request, {
    configFiles: [file('config')],
    home,
    env,
    platform: 'linux',
  });
}

describe('a target without configuration', () => {
  test('has the defaults of SSH', async () => {
    assert.deepEqual(await resolve('', 'kvm1'), {
      alias: 'kvm1',
      host: 'kvm1',
      port: 22,
      user: userInfo().username,
      keyFiles: [file('id_ed25519'), file('id_ecdsa'), file('id_rsa')],
      identitiesOnly: false,
      identityAgent: null,
      jumps: [],
    });
  });

  test('takes what the request says first', async () => {
    const config = 'Host kvm1\n  User a\n  Port 1\n  IdentityFile ~/other';
    const target = await resolve(config, { host: 'kvm1', port: 2222, user: 'b', keyFile: '/keys/100%' });
    assert.equal(target.port, 2222);
    assert.equal(target.user, 'b');
    assert.deepEqual(target.keyFiles, ['/keys/100%', path.join(home, 'other')]);
    assert.equal(target.chosenKeyFile, '/keys/100%');
  });

  test('refuses a name that is none', async () => {
    for (const host of ['', '-oProxyCommand=x', 'a b']) {
      await assert.rejects(resolve('', host), { code: 'BAD_CONFIG' });
    }
  });
});

describe('~/.ssh/config', () => {
  test('the first value counts and IdentityFile adds up', async () => {
    const target = await resolve(
      [
        'Host kvm1',
        '  HostName %h.example.org',
        '  Port=2200',
        '  IdentityFile "~/.ssh/with blank"',
        '  IdentitiesOnly yes',
        'Host kvm* !kvm9',
        '  HostName wrong',
        '  User admin',
        '  IdentityFile %d/.ssh/%h-%r-%%',
        'Host *',
        '  User nobody',
      ].join('\n'),
      'kvm1',
    );
    assert.equal(target.host, 'kvm1.example.org');
    assert.equal(target.port, 2200);
    assert.equal(target.user, 'admin');
    assert.equal(target.identitiesOnly, true);
    assert.deepEqual(target.keyFiles, [file('with blank'), file('kvm1.example.org-admin-%')]);
  });

  test('a negated pattern keeps a host out', async () => {
    const config = 'Host * !kvm9\n  Port 1\n';
    assert.equal((await resolve(config, 'kvm9')).port, 22);
  });

  test('keywords go without regard to case, patterns of Host do not', async () => {
    assert.equal((await resolve('HOST KVM1\n  pORT 7\n', 'KVM1')).port, 7);
    assert.equal((await resolve('HOST KVM1\n  pORT 7\n', 'kvm1')).port, 22);
  });

  test('IdentityFile none means no files', async () => {
    assert.deepEqual((await resolve('IdentityFile none', 'kvm1')).keyFiles, []);
  });

  test('a file with a token nobody knows is left out', async () => {
    assert.deepEqual(
      (await resolve('IdentityFile /a/${NOT_SET}\nIdentityFile /b/${SET}', 'x', { SET: 'c' })).keyFiles,
      ['/b/c'],
    );
  });

  test('a port that is none is BAD_CONFIG', async () => {
    await assert.rejects(resolve('Port 70000', 'kvm1'), { code: 'BAD_CONFIG' });
  });

  test('a file that cannot be understood is BAD_CONFIG and named', async () => {
    await assert.rejects(resolve('Host "kvm1\n', 'kvm1'), {
      code: 'BAD_CONFIG',
      message: /config is not a valid/,
    });
  });

  test('HostKeyAlias', async () => {
    assert.equal((await resolve('HostKeyAlias other', 'kvm1')).hostKeyAlias, 'other');
  });
});

describe('Match', () => {
  const port = async (criteria: string, request: SshRequest = { host: 'kvm1' }): Promise<number> =>
    (await resolve(`HostName real.example.org\nMatch ${criteria}\n  Port 5\n`, request)).port;

  test('host is the resolved name, originalhost the typed one', async () => {
    assert.equal(await port('host real.*'), 5);
    assert.equal(await port('host kvm1'), 22);
    assert.equal(await port('originalhost kvm1,kvm2'), 5);
  });

  test('user, localuser, all and final', async () => {
    assert.equal(await port('user bob', { host: 'kvm1', user: 'bob' }), 5);
    assert.equal(await port('user bob'), 22);
    assert.equal(await port(`localuser ${userInfo().username}`), 5);
    assert.equal(await port('all'), 5);
    assert.equal(await port('final'), 5);
  });

  test('criteria are joined by and, ! turns one round', async () => {
    assert.equal(await port('originalhost kvm1 !user bob'), 5);
    assert.equal(await port('originalhost kvm1 user bob'), 22);
  });

  test('exec runs nothing and never matches', async () => {
    assert.equal(await port(`exec "touch ${file('ran')}"`), 22);
    await assert.rejects(import('node:fs/promises').then((fs) => fs.stat(file('ran'))));
  });
});

describe('Include', () => {
  test('takes files by pattern, in order, relative to ~/.ssh', async () => {
    await mkdir(file('conf.d'));
    await writeFile(file('conf.d', '20-b'), 'Host kvm1\n  Port 20\n  User late\n');
    await writeFile(file('conf.d', '10-a'), 'Host kvm1\n  Port 10\n');
    await writeFile(file('conf.d', '.hidden'), 'Port 1\n');
    const target = await resolve('Include conf.d/*\nInclude missing\nHost *\n  Port 30\n', 'kvm1');
    assert.equal(target.port, 10);
    assert.equal(target.user, 'late');
  });

  test('takes a path with the backslashes of Windows', async () => {
    await writeFile(file('mine'), 'Port 11\n');
    assert.equal((await resolve('Include ~\\.ssh\\mine\n', 'kvm1')).port, 11);
  });

  test('inside a Host block it counts for that host only, and the block goes on after it', async () => {
    await writeFile(file('extra'), 'Port 9\nHost other\n  User wrong\n');
    const config = 'Host kvm1\n  Include extra\n  User right\n';
    const target = await resolve(config, 'kvm1');
    assert.deepEqual([target.port, target.user], [9, 'right']);
    assert.equal((await resolve(config, 'other')).port, 22);
  });

  test('a file that includes itself is BAD_CONFIG', async () => {
    await assert.rejects(resolve('Include config\n', 'kvm1'), { code: 'BAD_CONFIG' });
  });
});

describe('IdentityAgent', () => {
  const agent = async (config: string, env: Record<string, string> = {}): Promise<string | null> =>
    (await resolve(config, 'kvm1', env)).identityAgent;

  test('SSH_AUTH_SOCK, none, a path and a variable', async () => {
    assert.equal(await agent('', { SSH_AUTH_SOCK: '/a' }), '/a');
    assert.equal(await agent('IdentityAgent SSH_AUTH_SOCK', { SSH_AUTH_SOCK: '/a' }), '/a');
    assert.equal(await agent('IdentityAgent none', { SSH_AUTH_SOCK: '/a' }), null);
    assert.equal(
      await agent('IdentityAgent ~/agent.sock', { SSH_AUTH_SOCK: '/a' }),
      path.join(home, 'agent.sock'),
    );
    assert.equal(await agent('IdentityAgent "~/a b/agent.sock"'), path.join(home, 'a b/agent.sock'));
    assert.equal(await agent('IdentityAgent $MY_AGENT', { MY_AGENT: '/b' }), '/b');
    assert.equal(await agent('IdentityAgent ${MY_AGENT}', { MY_AGENT: '/b' }), '/b');
  });

  test('Windows has its own service, or Pageant', async () => {
    await writeFile(file('config'), 'Host p\n  IdentityAgent pageant\n');
    const options = { configFiles: [file('config')], home, env: {}, platform: 'win32' as const };
    assert.equal(
      (await resolveSshTarget({ host: 'kvm1' }, options)).identityAgent,
      '\\\\.\\pipe\\openssh-ssh-agent',
    );
    assert.equal((await resolveSshTarget({ host: 'p' }, options)).identityAgent, 'pageant');
  });
});

describe('ProxyJump', () => {
  const jumps = async (config: string, host = 'kvm1'): Promise<string[]> =>
    (await resolve(config, host)).jumps.map((jump) => `${jump.user}@${jump.host}:${jump.port}`);

  test('a list, first hop first, each with its own configuration', async () => {
    const config = [
      'Host kvm1',
      '  ProxyJump one,bob@two:2222,[2001:db8::1]:22',
      'Host one',
      '  HostName one.example.org',
      '  User ann',
      'Host *',
      '  User root',
    ].join('\n');
    assert.deepEqual(await jumps(config), ['ann@one.example.org:22', 'bob@two:2222', 'root@2001:db8::1:22']);
  });

  test('a jump has a jump of its own', async () => {
    const config = 'User u\nHost kvm1\n  ProxyJump inner\nHost inner\n  ProxyJump outer\n';
    assert.deepEqual(await jumps(config), ['u@outer:22', 'u@inner:22']);
  });

  test('none ends it', async () => {
    assert.deepEqual(await jumps('Host kvm1\n  ProxyJump none\nHost *\n  ProxyJump bastion\n'), []);
  });

  test('a jump for every host is not used for the jump itself', async () => {
    assert.deepEqual(await jumps('User u\nHost *\n  ProxyJump bastion\n'), ['u@bastion:22']);
    assert.deepEqual(await jumps('User u\nHost *\n  ProxyJump bastion\n', 'bastion'), []);
  });

  test('a circle is BAD_CONFIG', async () => {
    await assert.rejects(jumps('Host kvm1\n  ProxyJump a\nHost a\n  ProxyJump b\nHost b\n  ProxyJump a\n'), {
      code: 'BAD_CONFIG',
      message: /circle/,
    });
  });

  test('a jump that is no host is BAD_CONFIG', async () => {
    for (const jump of ['a b', 'x:0', 'x:99999', '@', 'a,,b']) {
      await assert.rejects(jumps(`ProxyJump ${jump}`), { code: 'BAD_CONFIG' });
    }
  });
});

describe('ProxyCommand', () => {
  test('is BAD_CONFIG with what to do', async () => {
    await assert.rejects(resolve('ProxyCommand nc -X connect %h %p', 'kvm1'), {
      code: 'BAD_CONFIG',
      message: /ProxyCommand .*not supported/,
    });
  });

  test('none, or a ProxyJump before it, overrides it', async () => {
    assert.deepEqual((await resolve('ProxyCommand none\nProxyCommand nc', 'kvm1')).jumps, []);
    assert.equal((await resolve('ProxyJump a\nProxyCommand nc', 'kvm1')).jumps.length, 1);
    await assert.rejects(resolve('ProxyCommand nc\nProxyJump a', 'kvm1'), { code: 'BAD_CONFIG' });
  });

  test('the ssh -W of old is the jump it means', async () => {
    for (const command of [
      'ssh -W %h:%p bob@bastion -p 2222',
      'ssh -q -l bob -p2222 -W %h:%p bastion',
      'exec /usr/bin/ssh -W "[%h]:%p" -p 2222 -l bob bastion',
    ]) {
      const [jump] = (await resolve(`Host kvm1\n  ProxyCommand ${command}`, 'kvm1')).jumps;
      assert.deepEqual([jump?.user, jump?.host, jump?.port], ['bob', 'bastion', 2222], command);
    }
  });

  test('an ssh that does something else is not taken for a jump', async () => {
    for (const command of ['ssh bastion nc %h %p', 'ssh -o ProxyCommand=x -W %h:%p b', 'ssh -W other:22 b']) {
      await assert.rejects(
        resolve(`Host kvm1\n  ProxyCommand ${command}`, 'kvm1'),
        { code: 'BAD_CONFIG' },
        command,
      );
    }
  });
});

test('hosts for suggestions are the names without patterns, also from included files', async () => {
  await writeFile(file('more'), 'Host kvm3\n');
  await writeFile(file('config'), 'Include more\nHost kvm1 kvm2 !x kvm*\nHost *\n  User a\nHost kvm1\n');
  assert.deepEqual(await listSshConfigHosts({ configFiles: [file('config')], home }), [
    'kvm3',
    'kvm1',
    'kvm2',
  ]);
});

test('a broken file gives no suggestions and no error', async () => {
  await writeFile(file('config'), 'Host "kvm1\n');
  assert.deepEqual(await listSshConfigHosts({ configFiles: [file('config')], home }), []);
});

describe('HostKeyAlgorithms', () => {
  test('counts when it names ssh-rsa, whether alone, added or put first', async () => {
    for (const list of ['ssh-rsa', '+ssh-rsa', '^ssh-rsa', 'ssh-ed25519,ssh-rsa'])
      assert.equal((await resolve(`HostKeyAlgorithms ${list}`, 'kvm1')).sha1HostKeys, true, list);
    for (const list of ['-ssh-rsa', 'rsa-sha2-512', '+ssh-dss'])
      assert.equal((await resolve(`HostKeyAlgorithms ${list}`, 'kvm1')).sha1HostKeys, undefined, list);
  });
});
