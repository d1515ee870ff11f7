import assert from 'node:assert/strict';
import { chmod, copyFile, mkdir } from 'node:fs/promises';
import path from 'node:path';
import { test } from 'node:test';
import type { Backend } from '../../main/contract/balancer.ts';
import type { GuestOptions } from '../lab/lab.ts';
import { until } from '../support/wait.ts';
import { CliProcesses } from './cli-process.ts';
import type { CreateBench } from './create-lab.ts';

/** Machines with a page that says their name, each found in another way. */
const PORTS = { one: 80, two: 8080, three: 80 };
const NAMES = ['one', 'two', 'three'] as const;

/** Starts them on a network whose bridge has that name. */
export async function startBackends(bench: CreateBench, network: string, bridge: string): Promise<Backend[]> {
  const cards: Record<(typeof NAMES)[number], GuestOptions> = {
    one: { network: { name: network, mac: '52:54:00:0b:00:01' } },
    two: { bridge: { name: bridge, mac: '52:54:00:0b:00:02' } },
    three: { bridge: { name: bridge, mac: '52:54:00:0b:00:03' } },
  };
  const { lab, core, host } = bench;
  const uuids: string[] = [];
  for (const name of NAMES) uuids.push(await lab.addGuest(1, name, { headless: true, ...cards[name] }));
  await Promise.all(
    NAMES.map(async (name, at) => {
      const uuid = uuids[at] ?? '';
      await core.machine(host, uuid);
      await core.client.domain.start({ host, uuid });
      const shell = await bench.shell(uuid);
      shell.type(
        `mkdir /www; echo ${name} > /www/index.html; httpd -p ${PORTS[name]} -h /www && echo serves-$((40+2))\n`,
      );
      await shell.shows(/serves-42/);
    }),
  );
  for (const [name, source] of [
    ['one', 'lease'],
    ['two', 'agent'],
    ['three', 'agent'],
  ] as const)
    await until(
      async () =>
        (await lab.exec(1, 'virsh', '-q', 'domifaddr', name, '--source', source)).includes(' 10.44.1.'),
      `${source} tells the address of ${name}`,
    );
  return NAMES.map((name, at) => ({ machine: uuids[at] ?? null, port: PORTS[name], address: null }));
}

interface Setting {
  readonly bench: CreateBench;
  /** Of the load balancer, in front of `one` and `two`. */
  readonly uuid: string;
  readonly name: string;
  readonly address: string;
  /** What a command in it says. */
  readonly inGuest: (command: string) => Promise<string>;
}

/** Tests of a machine made from the template “Load balancer”, that runs. */
export function balancerTests(setting: () => Setting): void {
  const ref = () => ({ host: setting().bench.host, uuid: setting().uuid });
  const client = () => setting().bench.core.client.balancer;
  const onHost = (script: string) => setting().bench.lab.exec(1, 'sh', '-c', script);
  /** Who answers four requests at the load balancer. */
  const answers = async (): Promise<string> => {
    const { address } = setting();
    const said = await onHost(`for i in 1 2 3 4; do curl -sf -m 5 http://${address}/ || echo nobody; done`);
    return [...new Set(said.trim().split('\n'))].toSorted().join();
  };
  const cliOf = async (): Promise<{ cli: CliProcesses; common: string[] }> => {
    const { lab } = setting().bench;
    const cli = await CliProcesses.create();
    const ssh = path.join(cli.home, '.ssh');
    await mkdir(ssh, { mode: 0o700 });
    await copyFile(lab.keyFile, path.join(ssh, 'id_ed25519'));
    await chmod(path.join(ssh, 'id_ed25519'), 0o600);
    return { cli, common: ['--accept-new', '-c', `qemu+ssh://root@${lab.address(1)}/system`] };
  };

  test('a load balancer made from its template answers by its back ends in turn', async () => {
    await until(async () => (await answers()) === 'one,two', 'both back ends answer through it');
  });

  test('its page says who told which address, and that nothing is to be changed', async () => {
    const view = await until(async () => {
      const now = await client().show(ref());
      assert.equal(now.noAgent, null);
      return now;
    }, 'its agent answers');
    assert.deepEqual(
      view.backends.map(({ name, source, missing }) => [name, source, missing]),
      [
        ['one', 'lease', null],
        ['two', 'agent', null],
      ],
    );
    assert.deepEqual(
      view.files.map(({ path: file, now, wanted }) => [file, now === wanted]),
      [
        ['/etc/trafficserver/remap.config', true],
        ['/etc/trafficserver/parent.config', true],
      ],
    );
    assert.equal(view.change, null);
    assert.equal((await setting().bench.core.client.domain.get(ref())).balancer, true);
  });

  test('other back ends are written by its agent, and Traffic Server goes to them alone', async () => {
    const backends = (await client().show(ref())).backends.slice(1);
    await client().set({
      ...ref(),
      backends: backends.map(({ machine, port }) => ({ machine, port, address: null })),
    });
    const { change, files } = await client().show(ref());
    assert.ok(change !== null);
    assert.deepEqual(
      files.flatMap(({ lines }) => lines.filter(({ kind }) => kind !== 'same').map(({ kind }) => kind)),
      ['removed', 'added', 'removed', 'added'],
    );
    const { written, reload } = await client().sync({ ...ref(), change });
    assert.equal(written.length, 2);
    assert.equal(reload.done, true, reload.said);
    await until(async () => (await answers()) === 'two', 'the one that is left answers');
    assert.equal((await client().show(ref())).change, null);
    await assert.rejects(
      client().sync({ ...ref(), change }),
      (error: { data?: { code?: string } }) => error.data?.code === 'CONFLICT',
    );
  });

  test('the command line shows it, sets its back ends, and writes the change', async () => {
    const { cli, common } = await cliOf();
    try {
      const { name } = setting();
      const balancer = (...args: string[]) => cli.run(...common, 'balancer', ...args);
      const set = await balancer('set', name, '--backend', 'two:8080', '--backend', 'three');
      assert.equal(set.code, 0, set.err);
      assert.match(set.out.toString(), /^two +\S+ +10\.44\.1\.\d+:8080 +agent$/m);
      assert.match(set.out.toString(), /^three +\S+ +10\.44\.1\.\d+:80 +agent$/m);
      assert.match(set.out.toString(), /^- dest_domain=.*$\n^\+ dest_domain=.*;10\.44\.1\.\d+:80" /m);
      const unasked = await balancer('sync', name);
      assert.equal(unasked.code, 2);
      assert.equal(await answers(), 'two');
      const synced = await balancer('sync', name, '--yes');
      assert.equal(synced.code, 0, synced.err);
      assert.match(synced.out.toString(), /^Written: \/etc\/trafficserver\/parent\.config$/m);
      await until(async () => (await answers()) === 'three,two', 'the new back end answers too');
      const shown = await balancer('show', name);
      assert.match(shown.out.toString(), /^Nothing is to be changed\.$/m);
    } finally {
      await cli.remove();
    }
  });

  test('the command line makes one in front of machines', async () => {
    const { cli, common } = await cliOf();
    const { lab } = setting().bench;
    try {
      const create = ['create', 'second', '--cloud-image', 'debian.qcow2', '--no-start', '--os'];
      const balancer = ['--template', 'load-balancer', '--backend', 'one', '--backend', 'three:81'];
      const refused = await cli.run(...common, ...create, 'debian13', ...balancer);
      assert.equal(refused.code, 2, refused.err);
      assert.match(refused.err, /Debian 13 has no packages for the template “Load balancer”/);
      const made = await cli.run(...common, ...create, 'debian12', ...balancer);
      assert.equal(made.code, 0, made.err);
      const { code, out } = await cli.run(...common, 'balancer', 'show', 'second');
      assert.equal(code, 0);
      assert.match(out.toString(), /parent="10\.44\.1\.\d+:80;10\.44\.1\.\d+:81"/);
      assert.match(out.toString(), /second does not run\./);
      const seed = await lab.exec(
        1,
        'sh',
        '-c',
        'grep -a -o "parent=.*round_robin" /var/lib/libvirt/images/second*.iso',
      );
      assert.match(seed, /10\.44\.1\.\d+:80;10\.44\.1\.\d+:81/);
    } finally {
      await cli.remove();
    }
  });

  test('it keeps the owner and the mode of its files, and leaves nothing beside them', async () => {
    const said = await setting().inGuest(
      'cd /etc/trafficserver; stat -c "%a %U %n" remap.config parent.config; ls -A | grep virtlane || :',
    );
    assert.equal(said, '644 root remap.config\n644 root parent.config\n');
  });

  test('without an agent its page says so, and has the text', async () => {
    const { bench, name } = setting();
    await bench.core.client.domain.destroy(ref());
    const { noAgent, files, change } = await until(async () => {
      const view = await client().show(ref());
      assert.notEqual(view.noAgent, null);
      return view;
    }, 'it is off');
    assert.equal(noAgent, `${name} does not run.`);
    assert.match(files[1]?.wanted ?? '', /10\.44\.1\.\d+:8080;10\.44\.1\.\d+:80/);
    assert.equal(change, null);
  });
}
