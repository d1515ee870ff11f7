import assert from 'node:assert/strict';
import { chmod, copyFile, mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { after, before, suite, test } from 'node:test';
import { Lab } from '../lab/lab.ts';
import { until } from '../support/wait.ts';
import { CliProcesses, Screen } from './cli-process.ts';

/** An SSH server of our own on the first host, which takes passwords only. */
const PASSWORD_PORT = 2211;

interface Machine {
  host: string;
  name: string;
  uuid: string;
  state: string;
}

suite('the command line on real hosts over SSH', { timeout: 600_000 }, () => {
  let lab: Lab;
  let cli: CliProcesses;
  let uris: string[];
  const guest = 'cli-guest';

  before(async () => {
    lab = await Lab.up(2);
    await lab.clean(1);
    await lab.clean(2);
    await lab.addGuest(1, guest, { vncPassword: 'secret12' });
    await lab.addGuest(1, 'cli-twin');
    await lab.addGuest(2, 'cli-twin');
    const settings = [
      `Port=${PASSWORD_PORT}`,
      `PidFile=/run/sshd-${PASSWORD_PORT}.pid`,
      'PubkeyAuthentication=no',
      'KbdInteractiveAuthentication=no',
    ].flatMap((setting) => ['-o', setting]);
    await lab.exec(1, '/usr/sbin/sshd', '-f', '/etc/ssh/lab_sshd_config', ...settings);
    cli = await CliProcesses.create();
    const ssh = path.join(cli.home, '.ssh');
    await mkdir(ssh, { mode: 0o700 });
    await copyFile(lab.keyFile, path.join(ssh, 'id_ed25519'));
    await chmod(path.join(ssh, 'id_ed25519'), 0o600);
    uris = [1, 2].flatMap((host) => ['-c', `qemu+ssh://root@${lab.address(host)}/system`]);
  });
  after(async () => {
    await cli.remove();
    await lab.exec(1, 'sh', '-c', `kill $(cat /run/sshd-${PASSWORD_PORT}.pid)`);
    await lab.clean(1);
    await lab.clean(2);
    await lab.release();
  });

  const state = async (name: string): Promise<string> =>
    (await lab.exec(1, 'virsh', 'domstate', name)).trim();

  const info = (name: string): Promise<string> => lab.exec(1, 'virsh', 'dominfo', name);

  test('an unknown key without a terminal: 3, the fingerprint, and what to do', async () => {
    const { code, out, err } = await cli.run(...uris, 'list');
    assert.equal(code, 3);
    assert.doesNotMatch(out.toString(), /cli-/);
    assert.ok(err.includes(await lab.fingerprint(1)), err);
    assert.match(err, /--accept-new/);
  });

  test('at a terminal the key is shown and accepted; it is not asked again', async () => {
    const screen = new Screen(cli.startAtTerminal(['-c', `root@${lab.address(1)}`, 'list']));
    await screen.shows(/SHA256:/);
    await screen.shows(/yes\/once\/no/);
    screen.type('yes\r');
    await screen.shows(/cli-guest +shutoff/);
    assert.equal(await screen.ended(), 0);
    assert.equal((await cli.run('-c', `root@${lab.address(1)}`, 'list')).code, 0);
  });

  test('--accept-new keeps the keys of all hosts', async () => {
    assert.equal((await cli.run(...uris, '--accept-new', 'list')).code, 0);
    const { code, out } = await cli.run(...uris, 'list', '--json');
    assert.equal(code, 0);
    const machines = JSON.parse(out.toString()) as Machine[];
    assert.deepEqual(machines.map(({ host, name, state: at }) => `${host} ${name} ${at}`).toSorted(), [
      `${lab.address(1)} cli-guest shutoff`,
      `${lab.address(1)} cli-twin shutoff`,
      `${lab.address(2)} cli-twin shutoff`,
    ]);
    const uuid = (await lab.exec(1, 'virsh', 'domuuid', guest)).trim();
    assert.equal(machines.find(({ name }) => name === guest)?.uuid, uuid);
  });

  test('a host is saved once it was reached, listed without -c, and forgotten; one that nobody reaches is not saved', async () => {
    const added = await cli.run('hosts', 'add', `root@${lab.address(1)}`, '--name', 'cellar');
    assert.deepEqual([added.code, added.err], [0, '']);
    assert.match(added.out.toString(), /^cellar \(qemu\+ssh:.+\): saved\n$/);
    const twice = await cli.run('hosts', 'add', `root@${lab.address(1)}`);
    assert.equal(twice.code, 1);
    assert.match(twice.err, /is in the list already: cellar/);
    const away = await cli.run('hosts', 'add', `root@${lab.address(2)}:1`);
    assert.equal(away.code, 3);
    assert.match(away.err, /was not saved; --unreached/);
    const listed = await cli.run('hosts', '--json');
    const saved = JSON.parse(listed.out.toString()) as { name: string; state: string }[];
    assert.deepEqual(
      saved.map(({ name, state: at }) => `${name} ${at}`),
      ['cellar connected'],
    );
    assert.equal((await cli.run('hosts', 'remove', 'cellar')).code, 0);
    assert.match((await cli.run('list')).err, /No host is saved/);
  });

  test('an ambiguous name names both hosts', async () => {
    const { code, err } = await cli.run(...uris, 'start', 'cli-twin');
    assert.equal(code, 2);
    assert.ok(err.includes(`${lab.address(1)}/cli-twin, ${lab.address(2)}/cli-twin`), err);
  });

  test('start, pause, resume: done means that the host shows it', async () => {
    assert.equal((await cli.run(...uris, 'start', guest)).code, 0);
    assert.equal(await state(guest), 'running');
    assert.equal((await cli.run(...uris, 'pause', guest)).code, 0);
    assert.equal(await state(guest), 'paused');
    assert.equal((await cli.run(...uris, 'resume', guest)).code, 0);
    assert.equal(await state(guest), 'running');
  });

  test('starting twice is refused with libvirt’s words', async () => {
    const { code, err } = await cli.run(...uris, 'start', guest);
    assert.equal(code, 1);
    assert.match(err, /already running/);
  });

  test('the serial console: what is typed is run by the guest', async () => {
    const screen = new Screen(cli.startAtTerminal([...uris, 'console', guest]));
    await screen.shows(/Leave with/);
    // Keys that come while the guest boots are lost: they are typed until the shell answers.
    const typing = setInterval(() => screen.type('\recho $((6*7))=answer\r'), 1000);
    await screen.shows(/42=answer/).finally(() => clearInterval(typing));
    screen.type('\x1d');
    assert.equal(await screen.ended(), 0);
  });

  test('a second console is refused until it is taken over; the first then ends', async () => {
    const first = new Screen(cli.startAtTerminal([...uris, 'console', guest]));
    await first.shows(/Leave with/);
    const refused = new Screen(cli.startAtTerminal([...uris, 'console', guest]));
    await refused.shows(/can be taken over/);
    assert.equal(await refused.ended(), 1);
    const second = new Screen(cli.startAtTerminal([...uris, 'console', '--force', guest]));
    await second.shows(/Leave with/);
    await first.shows(/took this console over/);
    assert.equal(await first.ended(), 1);
    second.type('\x1d');
    assert.equal(await second.ended(), 0);
  });

  test('a screenshot, the XML without its password, figures', async () => {
    const file = path.join(cli.home, 'screen.png');
    assert.equal((await cli.run(...uris, 'screenshot', guest, '-o', file)).code, 0);
    assert.equal((await readFile(file)).toString('latin1', 1, 4), 'PNG');
    const xml = (await cli.run(...uris, 'xml', guest)).out.toString();
    assert.match(xml, /<domain type='qemu'/);
    assert.doesNotMatch(xml, /secret12/);
    const { out } = await cli.run(...uris, 'stats', '--json', guest);
    const { domains } = JSON.parse(out.toString()) as { domains: { name: string; cpu: number | null }[] };
    assert.equal(domains[0]?.name, guest);
    assert.equal(typeof domains[0].cpu, 'number');
  });

  test('what virsh does is an event here', async () => {
    const screen = new Screen(cli.start([...uris, 'events', '--count', '1']));
    // The subscription has no sign of its own: machines are started and stopped until one is heard of.
    const busy = until(async () => {
      await lab.exec(1, 'virsh', '-q', 'suspend', guest);
      await lab.exec(1, 'virsh', '-q', 'resume', guest);
      return screen.text.includes(guest);
    }, 'an event');
    assert.equal(await screen.ended(), 0);
    await busy;
    assert.match(screen.text, /cli-guest {2}lifecycle/);
  });

  test('save and restore', async () => {
    assert.equal((await cli.run(...uris, 'save', guest)).code, 0);
    assert.equal(await state(guest), 'shut off');
    assert.equal((await cli.run(...uris, 'restore', guest)).code, 0);
    assert.equal(await state(guest), 'running');
  });

  test('off', async () => {
    const { code, err } = await cli.run(...uris, 'off', guest);
    assert.deepEqual([code, await state(guest)], [0, 'shut off'], err);
  });

  test('autostart on and off', async () => {
    assert.equal((await cli.run(...uris, 'autostart', guest)).code, 0);
    assert.match(await info(guest), /Autostart: +enable/);
    assert.equal((await cli.run(...uris, 'autostart', '--off', guest)).code, 0);
    assert.match(await info(guest), /Autostart: +disable/);
  });

  test('discard-saved: the next start is from the disks', async () => {
    assert.equal((await cli.run(...uris, 'start', guest)).code, 0);
    assert.equal((await cli.run(...uris, 'save', guest)).code, 0);
    assert.match(await info(guest), /Managed save: +yes/);
    assert.equal((await cli.run(...uris, 'discard-saved', guest)).code, 0);
    assert.match(await info(guest), /Managed save: +no/);
  });

  test('start --paused', async () => {
    assert.equal((await cli.run(...uris, 'start', '--paused', guest)).code, 0);
    assert.equal(await state(guest), 'paused');
    assert.equal((await cli.run(...uris, 'off', guest)).code, 0);
  });

  test('delete asks at the terminal, deletes the disk that was named, and keeps the other', async () => {
    const at = '/var/lib/libvirt/images';
    for (const name of ['go', 'stay'])
      await lab.exec(1, 'qemu-img', 'create', '-q', '-f', 'qcow2', `${at}/cli-${name}.qcow2`, '1M');
    await lab.addGuest(1, 'cli-doomed');
    for (const [name, target] of [
      ['go', 'vdy'],
      ['stay', 'vdz'],
    ] as const) {
      const file = `${at}/cli-${name}.qcow2`;
      const format = ['--driver', 'qemu', '--subdriver', 'qcow2'];
      await lab.exec(1, 'virsh', 'attach-disk', 'cli-doomed', file, target, '--config', ...format);
    }
    const args = [...uris, 'delete', 'cli-doomed', '--disk', `${at}/cli-go.qcow2`];
    const unasked = await cli.run(...args);
    assert.equal(unasked.code, 2);
    const screen = new Screen(cli.startAtTerminal(args));
    await screen.shows(/There is no undo/);
    await screen.shows(/delete {3}\S+cli-go\.qcow2/);
    await screen.shows(/keep {5}\S+cli-stay\.qcow2/);
    await screen.shows(/Type yes to delete/);
    screen.type('yes\r');
    await screen.shows(/cli-doomed \(.*\): deleted/);
    assert.equal(await screen.ended(), 0);
    assert.doesNotMatch(await lab.exec(1, 'virsh', 'list', '--all', '--name'), /cli-doomed/);
    const files = await lab.exec(1, 'ls', at);
    assert.match(files, /cli-stay\.qcow2/);
    assert.doesNotMatch(files, /cli-go\.qcow2/);
  });

  test('a password is asked at the terminal, not shown, and asked again when it is wrong', async () => {
    const target = `labuser@${lab.address(1)}:${PASSWORD_PORT}`;
    const screen = new Screen(cli.startAtTerminal(['-c', target, '--accept-new', 'list']));
    await screen.shows(/Password of labuser on /);
    screen.type('wrong\r');
    await screen.shows(/That password was not accepted\. Try again\.\s+Password of labuser on /);
    screen.type('labpass\r');
    await screen.shows(/cli-guest +shutoff/);
    assert.doesNotMatch(screen.text, /labpass/);
    assert.equal(await screen.ended(), 0);
  });

  test('a password without a terminal: 3, and what to do', async () => {
    const { code, err } = await cli.run(
      '-c',
      `labuser@${lab.address(1)}:${PASSWORD_PORT}`,
      '--accept-new',
      'list',
    );
    assert.equal(code, 3);
    assert.match(err, /asks for the password of.*no terminal/);
  });

  test('a user who may not use libvirt: 3, and what to do', async () => {
    const screen = new Screen(
      cli.startAtTerminal(['-c', `outsider@${lab.address(1)}:${PASSWORD_PORT}`, '--accept-new', 'list']),
    );
    await screen.shows(/Password of outsider on /);
    screen.type('outpass\r');
    await screen.shows(/libvirt/);
    assert.equal(await screen.ended(), 3);
  });

  test('a changed key is refused, whatever was asked for', async () => {
    const known = path.join(cli.home, '.ssh', 'known_hosts');
    const key = (await readFile(path.join(lab.state, '2', 'host_key.pub'), 'utf8'))
      .split(' ')
      .slice(0, 2)
      .join(' ');
    await writeFile(known, `${lab.address(1)} ${key}\n`);
    const data = path.join(cli.home, 'data', 'known_hosts');
    await writeFile(data, '');
    const { code, err } = await cli.run('-c', `root@${lab.address(1)}`, '--accept-new', '--json', 'list');
    assert.equal(code, 3);
    const { error } = JSON.parse(err) as { error: { code: string; hostKey?: { offered: string } } };
    assert.equal(error.code, 'HOST_KEY_CHANGED');
    assert.equal(error.hostKey?.offered, await lab.fingerprint(1));
  });
});
