import assert from 'node:assert/strict';
import { PassThrough } from 'node:stream';
import { suite, test } from 'node:test';
import type { Host } from '../../../main/contract/host.ts';
import { FakeFleet, runOn } from './fake-fleet.ts';
import { domainFixture, hostFixture } from './fixtures.ts';

const UUID = (digit: number): string => `00000000-0000-4000-8000-00000000000${digit}`;

function fleet(onConnect?: (host: Host, fleet: FakeFleet) => Host): FakeFleet {
  return new FakeFleet({
    hosts: [hostFixture('kvm-a'), hostFixture('kvm-b')],
    domains: [
      domainFixture('kvm-a', 'web-2', { uuid: UUID(1), memoryKiB: 2 << 20 }),
      domainFixture('kvm-a', 'web-10', { uuid: UUID(2), state: 'running' }),
      domainFixture('kvm-b', 'web-2', { uuid: UUID(3) }),
    ],
    ...(onConnect === undefined ? {} : { onConnect }),
  });
}

/** One host fails to connect as `host` says. */
function failing(id: string, fields: Partial<Host>): FakeFleet {
  return fleet((host) => ({ ...host, state: 'connected', ...(host.id === id ? fields : {}) }));
}

const REFUSED = { code: 'HOST_UNREACHABLE', message: 'kvm-b refuses the connection.' } as const;

suite('the command line', () => {
  test('list: columns, by host and name, numbers in order', async () => {
    const { code, out, err } = await runOn(fleet(), ['list']);
    assert.equal(code, 0);
    assert.equal(err, '');
    assert.deepEqual(out.trimEnd().split('\n'), [
      'NAME    STATE    HOST   VCPUS  MEMORY  AUTOSTART',
      'web-2   shutoff  kvm-a      1   2 GiB  no',
      'web-10  running  kvm-a      1   1 MiB  no',
      'web-2   shutoff  kvm-b      1   1 MiB  no',
    ]);
  });

  test('list: a machine that two hosts show while it goes from one to the other', async () => {
    const moving = new FakeFleet({
      hosts: [hostFixture('kvm-a'), hostFixture('kvm-b')],
      domains: [
        domainFixture('kvm-a', 'web', { uuid: UUID(1), state: 'running' }),
        domainFixture('kvm-b', 'web', { uuid: UUID(1), state: 'paused', reason: 'migration' }),
        domainFixture('kvm-b', 'db', { uuid: UUID(2), state: 'running' }),
      ],
    });
    const { out } = await runOn(moving, ['list']);
    const states = out.split('\n').flatMap((line) => /^\w+ +(.+?)  +kvm/.exec(line)?.[1] ?? []);
    assert.deepEqual(states, ['running, being moved', 'running', 'paused, being moved']);
  });

  test('list --json: an array with the promised fields', async () => {
    const { out } = await runOn(fleet(), ['list', '--json']);
    const [first] = JSON.parse(out) as Record<string, unknown>[];
    const { host, name, uuid, state, vcpus, memoryKiB, autostart, persistent } = first ?? {};
    assert.deepEqual(
      { host, name, uuid, state, vcpus, memoryKiB, autostart, persistent },
      {
        host: 'kvm-a',
        name: 'web-2',
        uuid: UUID(1),
        state: 'shutoff',
        vcpus: 1,
        memoryKiB: 2 << 20,
        autostart: false,
        persistent: true,
      },
    );
  });

  test('-c: only the hosts given', async () => {
    const { code, out } = await runOn(fleet(), ['-c', 'root@kvm-x', 'hosts', '--json', '-c', 'root@kvm-y']);
    assert.equal(code, 0);
    assert.deepEqual(
      (JSON.parse(out) as { name: string }[]).map(({ name }) => name),
      ['root@kvm-x', 'root@kvm-y'],
    );
  });

  test('a host that is away: the others are printed, exit code 3', async () => {
    const { code, out, err } = await runOn(failing('kvm-b', { state: 'failed', failure: REFUSED }), [
      'list',
      '--json',
    ]);
    assert.equal(code, 3);
    assert.equal((JSON.parse(out) as unknown[]).length, 2);
    assert.deepEqual(JSON.parse(err), { error: REFUSED });
  });

  test('no host answers: exit code 3, each failure once', async () => {
    const away = fleet((host) => ({ ...host, state: 'failed', failure: REFUSED }));
    const { code, out, err } = await runOn(away, ['info', 'web-2']);
    assert.equal(code, 3);
    assert.equal(out, '');
    assert.equal(err, 'virtlane: kvm-b refuses the connection.\n'.repeat(2));
  });

  test('no host at all: wrong use', async () => {
    const { code, err } = await runOn(new FakeFleet({ hosts: [], domains: [] }), ['list']);
    assert.equal(code, 2);
    assert.match(err, /-c qemu\+ssh/);
  });

  test('a required option that is missing: wrong use', async () => {
    const { code, out, err } = await runOn(fleet(), ['screenshot', 'web-10']);
    assert.equal(code, 2);
    assert.equal(out, '');
    assert.match(err, /--output/);
  });

  test('help and version end well', async () => {
    const help = await runOn(fleet(), ['list', '--help']);
    assert.equal(help.code, 0);
    assert.match(help.out, /--connect/);
    assert.deepEqual(await runOn(fleet(), ['--version']), { code: 0, out: '1.2.3\n', err: '' });
  });
});

suite('actions of the command line', () => {
  test('start waits until the host’s event shows it running', async () => {
    const { code, out } = await runOn(fleet(), ['start', 'kvm-a/web-2', 'kvm-b/web-2']);
    assert.equal(code, 0);
    assert.equal(out, 'web-2 (kvm-a): started\nweb-2 (kvm-b): started\n');
  });

  test('one of several fails: a line each, exit code 1', async () => {
    const { code, out, err } = await runOn(fleet(), ['start', 'kvm-a/web-2', 'web-10']);
    assert.equal(code, 1);
    assert.equal(out, 'web-2 (kvm-a): started\n');
    assert.equal(err, 'virtlane: web-10 runs already.\n');
  });

  test('--json: an array in the order of the arguments', async () => {
    const { code, out } = await runOn(fleet(), ['start', '--json', 'web-10', 'kvm-b/web-2']);
    assert.equal(code, 1);
    assert.deepEqual(JSON.parse(out), [
      {
        vm: 'web-10',
        host: 'kvm-a',
        name: 'web-10',
        uuid: UUID(2),
        done: false,
        error: { code: 'CONFLICT', message: 'web-10 runs already.' },
      },
      { vm: 'kvm-b/web-2', host: 'kvm-b', name: 'web-2', uuid: UUID(3), done: true, error: null },
    ]);
  });

  test('an ambiguous name: exit code 2, and nothing is done to any', async () => {
    const machines = fleet();
    const { code, err } = await runOn(machines, ['start', 'kvm-a/web-2', 'web-2']);
    assert.equal(code, 2);
    assert.match(err, /kvm-a\/web-2, kvm-b\/web-2/);
    assert.deepEqual(machines.calls, []);
  });

  test('no such machine: exit code 1, the others are done', async () => {
    const { code, out } = await runOn(fleet(), ['start', 'nothing', 'kvm-b/web-2']);
    assert.equal(code, 1);
    assert.equal(out, 'web-2 (kvm-b): started\n');
  });

  test('shutdown --wait ends when the machine is off, or says that it is not', async () => {
    const patient = fleet();
    const waiting = runOn(patient, ['shutdown', '--wait', '60', 'web-10']);
    while (patient.calls.length === 0) await new Promise(setImmediate);
    patient.setState(UUID(2), 'shutoff');
    assert.deepEqual(await waiting, { code: 0, out: 'web-10 (kvm-a): shut down\n', err: '' });
    const { code, err } = await runOn(fleet(), ['shutdown', '--wait', '1', 'web-10']);
    assert.equal(code, 1);
    assert.match(err, /accepted it, but web-10 was not shutoff within 1 s/);
  });

  test('autostart and its opposite', async () => {
    const machines = fleet();
    const { code, out } = await runOn(machines, ['autostart', 'kvm-a/web-2']);
    assert.equal(code, 0);
    assert.equal(out, 'web-2 (kvm-a): starts with its host\n');
    const off = await runOn(machines, ['autostart', '--off', 'kvm-a/web-2', '--json']);
    assert.equal((JSON.parse(off.out) as { done: boolean }[])[0]?.done, true);
    assert.deepEqual(machines.calls, [`autostart ${UUID(1)} true`, `autostart ${UUID(1)} false`]);
  });

  test('discard-saved', async () => {
    const machines = fleet();
    assert.equal((await runOn(machines, ['discard-saved', 'kvm-a/web-2'])).code, 0);
    assert.deepEqual(machines.calls, [`discardSaved ${UUID(1)}`]);
  });

  test('shutdown alone ends when the host has accepted it', async () => {
    const { code, out } = await runOn(fleet(), ['shutdown', 'web-10']);
    assert.equal(code, 0);
    assert.equal(out, 'web-10 (kvm-a): asked to shut down\n');
  });
});

suite('questions of hosts', () => {
  const prompt = {
    kind: 'hostKey',
    id: 'p1',
    host: 'kvm-b',
    port: 22,
    keyType: 'ssh-ed25519',
    fingerprint: 'SHA256:abc',
  } as const;
  const password = {
    kind: 'password',
    id: 'p2',
    user: 'root',
    host: 'kvm-b',
    address: 'kvm-b',
    jump: false,
    attempt: 1,
  } as const;

  test('without a terminal: exit code 3 and what to do', async () => {
    const asking = failing('kvm-b', { state: 'asking', prompt });
    const { code, err } = await runOn(asking, ['list']);
    assert.equal(code, 3);
    assert.match(err, /--accept-new/);
    assert.match(err, /SHA256:abc/);
    assert.deepEqual(asking.answers, [{ kind: 'hostKey', accept: 'no' }]);
  });

  test('--accept-new accepts an unknown key', async () => {
    const asking = failing('kvm-b', { state: 'asking', prompt });
    const { code } = await runOn(asking, ['list', '--accept-new']);
    assert.equal(code, 0);
    assert.deepEqual(asking.answers, [{ kind: 'hostKey', accept: 'always' }]);
  });

  test('--accept-new answers no password', async () => {
    const asking = failing('kvm-b', { state: 'asking', prompt: password });
    const { code, err } = await runOn(asking, ['list', '--accept-new']);
    assert.equal(code, 3);
    assert.match(err, /asks for the password of root/);
    assert.deepEqual(asking.answers, [{ kind: 'cancel' }]);
  });

  test('at a terminal the answer is typed', async () => {
    const asking = failing('kvm-b', { state: 'asking', prompt: password });
    const keyboard = Object.assign(new PassThrough(), { isTTY: true, setRawMode: () => undefined });
    keyboard.write('hunter2\r');
    const { code, out, err } = await runOn(asking, ['list', '--json'], keyboard);
    assert.equal(code, 0);
    assert.deepEqual(asking.answers, [{ kind: 'secrets', values: ['hunter2'], remember: false }]);
    assert.ok(!out.includes('hunter2') && !err.includes('hunter2'));
  });
});

suite('other commands', () => {
  test('call: a method by its name, its answer as JSON', async () => {
    const { code, out } = await runOn(fleet(), ['call', 'app.info']);
    assert.equal(code, 0);
    assert.equal((JSON.parse(out) as { version: string }).version, '0.0.0');
    assert.equal(
      (await runOn(fleet(), ['call', 'domain.shutdown', `{"host":"kvm-a","uuid":"${UUID(2)}"}`])).out,
      'null\n',
    );
  });

  test('call: a wrong method, wrong JSON and a refused input are wrong use', async () => {
    for (const args of [['no.such'], ['domain.list', '{'], ['domain.start', '{"host":7}']]) {
      const { code, err } = await runOn(fleet(), ['call', ...args]);
      assert.equal(code, 2, args.join(' '));
      assert.notEqual(err, '');
    }
  });

  test('xml is printed as it is', async () =>
    assert.equal((await runOn(fleet(), ['xml', 'web-10'])).out, '<domain/>\n'));

  test('a screenshot to standard output is the picture alone', async () =>
    assert.equal((await runOn(fleet(), ['screenshot', 'web-10', '-o', '-'])).out, '\x00\x01\x02'));

  test('a file that cannot be written: the reason', async () => {
    const { code, err } = await runOn(fleet(), ['screenshot', 'web-10', '-o', '/nowhere/at/all.png']);
    assert.equal(code, 1);
    assert.match(err, /ENOENT/);
  });

  test('events: a line each, ends after --count', async () => {
    const machines = fleet();
    const running = runOn(machines, ['events', '--count', '1', '--json']);
    const event = {
      id: 'e1',
      time: 5,
      host: 'kvm-a',
      uuid: UUID(1),
      name: 'web-2',
      kind: 'lifecycle',
      event: 'started',
      detail: 'booted',
      severity: 'info',
    } as const;
    const timer = setInterval(() => machines.activity.tell({ type: 'event', event }), 5);
    const { code, out } = await running;
    clearInterval(timer);
    assert.equal(code, 0);
    assert.deepEqual(JSON.parse(out), { ...event, hostId: 'kvm-a' });
  });

  test('stats: a host that is lost meanwhile is not waited for, and is named', async () => {
    const machines = fleet();
    const running = runOn(machines, ['stats', '--json']);
    const figures = { uuid: UUID(2), cpu: 5, memoryUsedKiB: 1, memoryTotalKiB: 2 };
    const rates = { diskReadBytes: 0, diskWriteBytes: 0, netInBytes: 0, netOutBytes: 0 };
    const domains = [{ ...figures, ...rates }];
    const tick = { host: 'kvm-a', time: 1, intervalMs: 1000, figures: null, domains, details: [] };
    let told = 0;
    const timer = setInterval(() => {
      machines.ticks.tell(tick);
      told += 1;
      if (told === 5) machines.change({ type: 'host', host: hostFixture('kvm-b', { state: 'away' }) });
    }, 5);
    const { code, out, err } = await running;
    clearInterval(timer);
    assert.equal(code, 1);
    assert.equal((JSON.parse(out) as { domains: { name: string }[] }).domains[0]?.name, 'web-10');
    assert.match(err, /kvm-b/);
  });

  test('a console without a terminal is wrong use', async () =>
    assert.equal((await runOn(fleet(), ['console', 'web-10'])).code, 2));
});
