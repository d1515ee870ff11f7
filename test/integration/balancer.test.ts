import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { cp, copyFile } from 'node:fs/promises';
import path from 'node:path';
import { after, before, suite, test } from 'node:test';
import { promisify } from 'node:util';
import type { BalancerView } from '../../main/contract/balancer.ts';
import type { CreateOptions } from '../../main/contract/create.ts';
import { Lab } from '../lab/lab.ts';
import { TestCore } from '../support/core.ts';
import { ipv4, networkSpec } from '../support/networks.ts';
import { until } from '../support/wait.ts';
import { CreateBench, NO_CLOUD_INIT } from './create-lab.ts';

const run = promisify(execFile);
const GUEST_DIR = process.env['VIRTLANE_GUEST_DIR'] ?? '/var/tmp/virtlane-guest';
const LAB = path.join(import.meta.dirname, '../lab');
const NET = '10.44.3';
const GUEST = `${NET}.10`;
const PORTS = { source: 8080, one: 8001, two: 8002, three: 8003 };
/** A hang, not slowness: the guest boots and installs under TCG. */
const BOOT_LIMIT_MS = 900_000;
/** The host's folder of this test. */
const FOLDER = '/tmp/balancer';

// Minutes under TCG: it installs the packages of Debian.
const skip = process.env['VIRTLANE_SLOW'] !== '1' && 'slow: VIRTLANE_SLOW=1 runs it';

suite('the load balancer of the template', { timeout: 1_500_000, skip }, () => {
  let lab: Lab;
  let core: TestCore;
  let bench: CreateBench;
  let uuid: string;
  let way: CreateOptions['templates'][number]['ways'][number];

  before(async () => {
    lab = await Lab.up(1);
    await lab.clean(1);
    core = await TestCore.open({ lab });
    bench = await CreateBench.open(lab, core);
    await run('bash', [path.join(LAB, 'debian-image.sh'), GUEST_DIR]);
    await run('bash', [path.join(LAB, 'balancer-packages.sh'), GUEST_DIR]);
    const images = path.join(lab.state, '1', 'images');
    await copyFile(path.join(GUEST_DIR, 'debian.qcow2'), path.join(images, 'debian.qcow2'));
    await cp(path.join(GUEST_DIR, 'balancer-packages'), path.join(images, 'balancer'), { recursive: true });
    await core.client.network.create({
      host: bench.host,
      spec: networkSpec({ name: 'balancer', ips: [ipv4(NET)] }),
      start: true,
      autostart: false,
    });
    await lab.exec(1, 'virsh', '-q', 'pool-refresh', 'default');
    // The packages, and three that answer with their names.
    await lab.exec(
      1,
      'sh',
      '-c',
      `mkdir -p ${FOLDER}; cd ${FOLDER}; mv /var/lib/libvirt/images/balancer source
      for n in one two three; do mkdir $n; echo $n > $n/index.html; done
      serve() { setsid busybox httpd -f -p ${NET}.1:$2 -h ${FOLDER}/$1 </dev/null >/dev/null 2>&1 & echo $! >> pids; }
      ${Object.entries(PORTS)
        .map(([name, port]) => `serve ${name} ${port}`)
        .join('; ')}`,
    );
    const { templates } = await core.client.create.options({ host: bench.host });
    const found = templates.find(({ id }) => id === 'load-balancer');
    const [first] = found?.ways ?? [];
    assert.ok(first !== undefined);
    way = first;
  });
  after(async () => {
    await core.close();
    await lab.exec(
      1,
      'sh',
      '-c',
      `kill $(cat ${FOLDER}/pids); rm -rf ${FOLDER}; virsh -q net-destroy balancer; virsh -q net-undefine balancer`,
    );
    await lab.clean(1);
    await lab.release();
  });

  const ref = () => ({ host: bench.host, uuid });
  const backend = (port: number) => ({ machine: null, address: `${NET}.1`, port });
  /** Who answers so many requests at the load balancer. */
  const answers = async (requests: number): Promise<string[]> => {
    const script = `for i in $(seq ${requests}); do curl -sf -m 5 http://${GUEST}/ || echo nobody; done`;
    const said = await lab.exec(1, 'sh', '-c', script);
    return [...new Set(said.trim().split('\n'))].toSorted();
  };
  const read = (when: (view: BalancerView) => boolean, what: string, limitMs?: number) =>
    until(
      async () => {
        const view = await core.client.balancer.show(ref());
        assert.ok(when(view), JSON.stringify(view));
        return view;
      },
      what,
      limitMs,
    );

  test('a machine made from it answers by its back ends in turn', async () => {
    const image = { kind: 'volume' as const, pool: bench.pool, name: 'debian.qcow2' };
    const cloudInit = {
      ...NO_CLOUD_INIT,
      packages: way.packages,
      files: way.files,
      runCommands: way.runCommands,
      network: { addresses: [`${GUEST}/24`], gateway: `${NET}.1`, nameservers: [`${NET}.1`] },
      yaml: [
        'apt:',
        '  preserve_sources_list: true',
        '  sources:',
        `    ours.list: {source: "deb [trusted=yes] http://${NET}.1:${PORTS.source} ./"}`,
      ].join('\n'),
    };
    const balancer = [backend(PORTS.one), backend(PORTS.two)];
    const input = await bench.input('lb', { kind: 'cloudImage', image, copy: false, cloudInit, balancer });
    const { spec } = input;
    const { job, machines } = await core.client.create.run({
      ...input,
      spec: {
        ...spec,
        memory: { ...spec.memory, sizeMiB: 1024 },
        cpu: { ...spec.cpu, vcpus: 2 },
        disks: spec.disks.map((disk) =>
          disk.source.kind === 'new'
            ? { ...disk, source: { ...disk.source, sizeBytes: 3 * 1024 ** 3 } }
            : disk,
        ),
        nics: spec.nics.map((nic) => ({
          ...nic,
          source: { kind: 'network' as const, network: 'balancer', portGroup: null },
        })),
      },
    });
    await bench.done(job);
    uuid = machines[0]?.uuid ?? '';
    const started = Date.now();
    await until(
      async () => (await answers(4)).join() === 'one,two',
      'both back ends answer through it',
      BOOT_LIMIT_MS,
    );
    console.log(`first answer through it after ${Math.round((Date.now() - started) / 1000)} s`);
  });

  test('its page says that nothing is to be changed', async () => {
    const view = await read(({ noAgent }) => noAgent === null, 'its agent answers', BOOT_LIMIT_MS);
    assert.deepEqual(
      view.files.map(({ path: file, now, wanted }) => [file, now === wanted]),
      [
        ['/etc/trafficserver/remap.config', true],
        ['/etc/trafficserver/parent.config', true],
      ],
    );
    assert.equal(view.change, null);
    assert.equal((await core.client.domain.get(ref())).balancer, true);
  });

  test('other back ends are written by its agent, and Traffic Server goes to them', async () => {
    await core.client.balancer.set({ ...ref(), backends: [backend(PORTS.two), backend(PORTS.three)] });
    const { change, files } = await core.client.balancer.show(ref());
    assert.ok(change !== null);
    assert.deepEqual(
      files.flatMap(({ lines }) => lines.filter(({ kind }) => kind !== 'same').map(({ kind }) => kind)),
      ['removed', 'added', 'removed', 'added'],
    );
    const started = Date.now();
    const { written, reload } = await core.client.balancer.sync({ ...ref(), change });
    console.log(`written in ${Date.now() - started} ms; reload said: ${reload.said}`);
    assert.equal(written.length, 2);
    assert.equal(reload.done, true, reload.said);
    await until(async () => (await answers(4)).join() === 'three,two', 'the new back ends answer');
    assert.equal((await core.client.balancer.show(ref())).change, null);
    await assert.rejects(
      core.client.balancer.sync({ ...ref(), change }),
      (error: { data?: { code?: string } }) => error.data?.code === 'CONFLICT',
    );
  });

  test('it keeps the owner and the mode of its files, and leaves nothing beside them', async () => {
    const agent = async (command: unknown) =>
      JSON.parse(await lab.exec(1, 'virsh', 'qemu-agent-command', 'lb', JSON.stringify(command))) as {
        return: Record<string, unknown>;
      };
    const { return: started } = await agent({
      execute: 'guest-exec',
      arguments: {
        path: '/bin/sh',
        arg: [
          '-c',
          'cd /etc/trafficserver; stat -c "%a %U %n" remap.config parent.config; ls -A | grep virtlane',
        ],
        'capture-output': true,
      },
    });
    const ended = await until(async () => {
      const { return: status } = await agent({
        execute: 'guest-exec-status',
        arguments: { pid: started['pid'] },
      });
      assert.equal(status['exited'], true);
      return String(status['out-data']);
    }, 'the guest tells');
    assert.equal(Buffer.from(ended, 'base64').toString(), '644 root remap.config\n644 root parent.config\n');
  });

  test('without an agent the page says so, and has the text', async () => {
    await core.client.domain.destroy(ref());
    const { noAgent, files, change } = await read(({ noAgent: why }) => why !== null, 'it is off');
    assert.equal(noAgent, 'lb does not run.');
    assert.match(files[1]?.wanted ?? '', /10\.44\.3\.1:8002;10\.44\.3\.1:8003/);
    assert.equal(change, null);
  });
});
