import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { after, before, suite, test } from 'node:test';
import type { Job } from '../../main/contract/activity.ts';
import type { CreateInput } from '../../main/contract/create.ts';
import { Lab } from '../lab/lab.ts';
import { endOf, startChild } from '../support/child.ts';
import { TestCore } from '../support/core.ts';
import { FileSecrets } from '../support/file-secrets.ts';
import { until } from '../support/wait.ts';
import { CreateBench } from './create-lab.ts';
import { FileServer } from './file-server.ts';

const CHILD = path.join(import.meta.dirname, 'create-killed-core.ts');
const MIB = 1024 ** 2;
const IMAGES = '/var/lib/libvirt/images';

suite('a file of the web comes into a pool', { timeout: 600_000 }, () => {
  let lab: Lab;
  let core: TestCore;
  let bench: CreateBench;
  let server: FileServer;
  let empty: string[];
  const bytes = randomBytes(3 * MIB);
  const checksum = createHash('sha256').update(bytes).digest('hex');
  before(async () => {
    lab = await Lab.up(1);
    await lab.clean(1);
    core = await TestCore.open({ lab });
    bench = await CreateBench.open(lab, core);
    // Where this machine is for the hosts of the lab.
    server = await FileServer.open(lab.address(1).replace(/\d+$/, '1'), bytes);
    empty = await bench.everything();
  });
  after(async () => {
    await server.close();
    await core.close();
    await lab.clean(1);
    await lab.release();
  });

  /** The name of a file of the web, without what tells it from others of that name. */
  const plain = (volume: string): string => volume.replace(/-[0-9a-f]{12}(?=[.])/, '');

  /** A machine with an ISO of the web; it is not started. */
  async function input(name: string, url: string, sum: string | null = checksum): Promise<CreateInput> {
    const medium = { kind: 'url' as const, url, pool: bench.pool, checksum: sum };
    return bench.input(name, { kind: 'iso', medium }, { start: false });
  }
  async function run(name: string, url: string, sum: string | null = checksum): Promise<Job> {
    return bench.ended((await core.client.create.run(await input(name, url, sum))).job);
  }
  const logOf = (job: Job): string => job.log.map(({ text }) => text).join('\n');
  const plannedStep = async (url: string): Promise<string> =>
    (await core.client.create.plan(await input('planned', url))).steps[0] ?? '';

  /** The file is whole and as libvirt's own are; then everything of it goes. */
  async function whole(name: string, file: string, expected: Buffer = bytes): Promise<void> {
    const folder = path.join(lab.state, '1', 'images');
    const names = (await readdir(folder)).filter((one) => plain(one) === file);
    assert.equal(names.length, 1, `${names.length} volumes of ${file}`);
    const [volume = ''] = names;
    const there = await readFile(path.join(folder, volume));
    assert.ok(there.equals(expected), `${file} has ${there.length} bytes of ${expected.length}`);
    assert.equal((await lab.exec(1, 'stat', '-c', '%a %U', `${IMAGES}/${volume}`)).trim(), '600 root');
    assert.match(await lab.exec(1, 'virsh', 'vol-path', '--pool', 'default', volume), new RegExp(volume));
    const clear = `virsh -q undefine --nvram ${name}; rm -f ${IMAGES}/${volume} ${IMAGES}/${name}.qcow2; virsh -q pool-refresh default`;
    await lab.exec(1, 'sh', '-c', clear);
    await nothingLeft();
  }

  /** Neither files, also hidden ones, nor processes. */
  async function nothingLeft(): Promise<void> {
    assert.deepEqual(await bench.everything(), empty);
    assert.equal((await lab.exec(1, 'sh', '-c', `ls -A ${IMAGES} | grep virtlane || :`)).trim(), '');
    const running = 'ps -eo args | grep -E "[v]irtlane-fetch|[c]url -q|[w]get --no-config" || :';
    assert.equal((await lab.exec(1, 'sh', '-c', running)).trim(), '');
  }

  /** While it runs, the host has no such program, as a host where it was never installed. */
  async function without<T>(programs: readonly string[], work: () => Promise<T>): Promise<T> {
    const each = (command: string): Promise<string> =>
      lab.exec(
        1,
        'sh',
        '-c',
        programs.map((one) => command.replaceAll('X', `$(command -v ${one})`)).join('; '),
      );
    const places = await Promise.all(programs.map((one) => lab.exec(1, 'sh', '-c', `command -v ${one}`)));
    if (programs.length === 0) return work();
    await each('mount --bind /dev/null X');
    try {
      return await work();
    } finally {
      await lab.exec(1, 'umount', ...places.map((place) => place.trim()));
    }
  }

  test('fetched by the host itself, which is said before', async () => {
    const url = server.url('iso/by-host.iso');
    assert.match(await plannedStep(url), /lab1|fetches it itself/);
    const job = await run('by-host', url);
    assert.equal(job.state, 'done', JSON.stringify(job));
    assert.match(logOf(job), new RegExp(`SHA256 of by-host-[0-9a-f]{12}.iso: ${checksum}`));
    assert.deepEqual(server.agents('by-host.iso'), ['curl']);
    await whole('by-host', 'by-host.iso');
  });

  test('one that is there is used again when it is what was asked for, and refused when it is not', async () => {
    const url = server.url('again.iso');
    assert.equal((await run('again-1', url)).state, 'done');
    const again = await run('again-2', url);
    assert.equal(again.state, 'done', JSON.stringify(again));
    assert.deepEqual(
      again.steps.map(({ title }) => plain(title)).filter((title) => title.includes('again.iso')),
      ['See that again.iso in default is what was asked for'],
    );
    // Another URL with the same last part is another file.
    assert.match(await plannedStep(server.url('other/again.iso')), /^Fetch/);
    await lab.exec(1, 'sh', '-c', `printf x | dd of=$(echo ${IMAGES}/again-*.iso) conv=notrunc status=none`);
    const planted = await run('again-3', url);
    assert.equal(planted.state, 'failed');
    assert.match(planted.failure?.message ?? '', /not what was asked for/);
    const clear = `for n in 1 2; do virsh -q undefine --nvram again-$n; done; rm ${IMAGES}/again-*; virsh -q pool-refresh default`;
    await lab.exec(1, 'sh', '-c', clear);
    await nothingLeft();
  });

  test('by wget where there is no curl', async () => {
    await without(['curl'], async () => {
      const job = await run('by-wget', server.url('by-wget.iso'));
      assert.equal(job.state, 'done', JSON.stringify(job));
    });
    assert.deepEqual(server.agents('by-wget.iso'), ['Wget']);
    await whole('by-wget', 'by-wget.iso');
  });

  test('through this computer where the host has neither', async () => {
    await without(['curl', 'wget'], async () => {
      const url = server.url('by-app.iso');
      assert.match(await plannedStep(url), /through this computer: it has neither curl nor wget/);
      const job = await run('by-app', url);
      assert.equal(job.state, 'done', JSON.stringify(job));
    });
    assert.deepEqual(server.agents('by-app.iso'), ['node']);
    await whole('by-app', 'by-app.iso');
  });

  for (const [how, missing] of [
    ['curl', []],
    ['wget', ['curl']],
    ['node', ['curl', 'wget']],
  ] as const)
    test(`by ${how}: what is in the query of a URL is in no title, log or failure`, async () => {
      const name = `secret-${how}`;
      await without(missing, async () => {
        const good = await run(name, `${server.url(`${name}.iso`)}?key=TOPSECRET`);
        assert.equal(good.state, 'done', JSON.stringify(good));
        const bad = await run('bad', `${server.url('nothing/bad.iso')}?key=TOPSECRET`);
        assert.equal(bad.state, 'failed');
        assert.match(JSON.stringify(bad), /nothing\/bad\.iso\?…/);
        assert.doesNotMatch(JSON.stringify([good, bad]), /TOPSECRET/);
      });
      const agent = how === 'wget' ? 'Wget' : how;
      assert.deepEqual(server.agents(`${name}.iso?key=TOPSECRET`), [agent]);
      await whole(name, `${name}.iso`);
    });

  for (const [how, missing] of [
    ['host', []],
    ['app', ['xz']],
  ] as const)
    test(`packed by xz, it is unpacked by the ${how}; the checksum is of the file as it is published`, async () => {
      const content = Buffer.concat([Buffer.alloc(9 * MIB), bytes, Buffer.alloc(MIB, 'x')]);
      const packed = execFileSync('xz', ['-9', '--block-size=4MiB', '-c'], {
        input: content,
        maxBuffer: 64 * MIB,
      });
      server.add(`${how}.iso.xz`, packed);
      const sum = createHash('sha512').update(packed).digest('hex');
      await without(missing, async () => {
        const job = await run(`xz-${how}`, server.url(`${how}.iso.xz`), sum);
        assert.equal(job.state, 'done', JSON.stringify(job));
      });
      assert.deepEqual(server.agents(`${how}.iso.xz`), [how === 'host' ? 'curl' : 'node']);
      await whole(`xz-${how}`, `${how}.iso`, content);
    });

  test('from a server that only the host reaches', async () => {
    const address = '192.0.2.7';
    const file = 'mkdir -p /tmp/web; head -c 2000000 /dev/zero >/tmp/web/inside.iso';
    const serve = `python3 -m http.server --bind ${address} --directory /tmp/web 8080 >/dev/null 2>&1 & echo $! >/tmp/web.pid`;
    await lab.exec(1, 'sh', '-c', `ip addr add ${address}/32 dev lo; ${file}; ${serve}`);
    try {
      await until(
        async () =>
          lab.exec(1, 'curl', '-sf', `http://${address}:8080/`).then(
            () => true,
            () => false,
          ),
        'it serves',
      );
      const job = await run('inside', `http://${address}:8080/inside.iso`, null);
      assert.equal(job.state, 'done', JSON.stringify(job));
      await whole('inside', 'inside.iso', Buffer.alloc(2_000_000));
    } finally {
      await lab.exec(1, 'sh', '-c', `kill $(cat /tmp/web.pid); ip addr del ${address}/32 dev lo`);
    }
  });

  test('through this computer where the host does not reach the server, which the log tells', async () => {
    const rule = [
      'OUTPUT',
      '-p',
      'tcp',
      '--dport',
      String(server.port),
      '-j',
      'REJECT',
      '--reject-with',
      'tcp-reset',
    ];
    await lab.exec(1, 'iptables', '-I', ...rule);
    try {
      const job = await run('no-net', server.url('no-net.iso'));
      assert.equal(job.state, 'done', JSON.stringify(job));
      assert.match(logOf(job), /does not reach .* through this computer/);
    } finally {
      await lab.exec(1, 'iptables', '-D', ...rule);
    }
    assert.deepEqual(server.agents('no-net.iso'), ['node']);
    await whole('no-net', 'no-net.iso');
  });

  test('a wrong checksum leaves nothing', async () => {
    const job = await run('wrong', server.url('wrong.iso'), 'a'.repeat(64));
    assert.equal(job.state, 'failed');
    assert.match(job.failure?.message ?? '', /its checksum is another one/);
    assert.deepEqual(job.mayBeLeft, []);
    await nothingLeft();
  });

  for (const [how, missing] of [
    ['host', []],
    ['app', ['curl', 'wget']],
  ] as const)
    test(`an image that names a file of the host is refused and leaves nothing: fetched by the ${how}`, async () => {
      const command =
        'qemu-img create -q -f qcow2 -u -F raw -b /etc/shadow /tmp/e.qcow2 1M; base64 -w0 /tmp/e.qcow2; rm /tmp/e.qcow2';
      server.add('evil.qcow2', Buffer.from(await lab.exec(1, 'sh', '-c', command), 'base64'));
      const image = { kind: 'url' as const, url: server.url('evil.qcow2'), pool: bench.pool, checksum: null };
      const asked = await bench.input('evil', { kind: 'cloudImage', image, copy: false, cloudInit: null });
      await without(missing, async () => {
        const job = await bench.ended((await core.client.create.run(asked)).job);
        assert.equal(job.state, 'failed');
        assert.match(job.failure?.message ?? '', /needs \/etc\/shadow/);
        assert.deepEqual(job.mayBeLeft, []);
      });
      assert.ok(server.agents('evil.qcow2').includes(how === 'host' ? 'curl' : 'node'));
      await nothingLeft();
    });

  test('what the server does not have is said, and leaves nothing', async () => {
    const job = await run('missing', server.url('nothing/missing.iso'));
    assert.equal(job.state, 'failed');
    assert.equal(job.failure?.code, 'NOT_FOUND');
    assert.deepEqual(job.mayBeLeft, []);
    await nothingLeft();
  });

  test('a server that ends too early is asked for the rest', async () => {
    server.cutAt('cut.iso', MIB);
    const job = await run('cut', server.url('cut.iso'));
    assert.equal(job.state, 'done', JSON.stringify(job));
    assert.match(logOf(job), /asked for the rest/);
    assert.ok(server.ranges('cut.iso').some((range) => range !== null && range !== 'bytes=0-'));
    await whole('cut', 'cut.iso');
  });

  /** Kills the app while it fetches; what the next start says of the same file meanwhile, and how the job ends. */
  async function killed(file: string, choice: 'goOn' | 'undo'): Promise<{ problems: string; job: Job }> {
    const hold = server.holdAt(file, 2 * MIB);
    const name = path.parse(file).name;
    const asked = await input(name, server.url(file));
    const secrets = path.join(core.folder, 'secrets.json');
    await core.stop();
    const child = await startChild(CHILD, [core.folder, secrets, JSON.stringify(asked), 'never']);
    await hold.reached;
    child.kill('SIGKILL');
    await endOf(child);
    hold.release();
    core = await TestCore.open({ folder: core.folder, secrets: new FileSecrets(secrets) });
    bench = bench.with(core);
    await core.inState(bench.host, 'connected');
    const other = await core.client.create.plan(await input('other', server.url(file)));
    const [id = ''] = (await readdir(path.join(core.folder, 'data', 'jobs'))).map(
      (entry) => path.parse(entry).name,
    );
    await core.client.activity.resumeJob({ job: id, choice });
    return { problems: JSON.stringify(other.problems), job: await bench.ended(id) };
  }

  test('the app is killed in the middle: the next start takes all of it back', async () => {
    const { job } = await killed('killed.iso', 'undo');
    assert.deepEqual(job.mayBeLeft, []);
    await nothingLeft();
  });

  /** Kills the app when the file has its name on the host, and nothing tells that in the journal. */
  async function killedPlaced(
    name: string,
    choice: 'goOn' | 'undo',
    meanwhile: (volume: string) => Promise<unknown>,
  ): Promise<Job> {
    const secrets = path.join(core.folder, 'secrets.json');
    const asked = await input(name, server.url(`${name}.iso`));
    await core.stop();
    const when = 'before whole fetch-1';
    const child = await startChild(CHILD, [core.folder, secrets, JSON.stringify(asked), when]);
    assert.equal(await endOf(child), 'SIGKILL');
    const names = await readdir(path.join(lab.state, '1', 'images'));
    await meanwhile(names.find((one) => plain(one) === `${name}.iso`) ?? '');
    core = await TestCore.open({ folder: core.folder, secrets: new FileSecrets(secrets) });
    bench = bench.with(core);
    await core.inState(bench.host, 'connected');
    const [entry = ''] = await readdir(path.join(core.folder, 'data', 'jobs'));
    const id = path.parse(entry).name;
    await core.client.activity.resumeJob({ job: id, choice });
    return bench.ended(id);
  }

  test('killed when it has just got its name: it is the job’s own and whole, and is not fetched again', async () => {
    const job = await killedPlaced('placed', 'goOn', () => Promise.resolve());
    assert.equal(job.state, 'done', JSON.stringify(job));
    assert.equal(server.ranges('placed.iso').length, 1);
    await whole('placed', 'placed.iso');
  });

  test('killed then and taken back it goes; what another put in its place stays, and is said', async () => {
    const undone = await killedPlaced('unplaced', 'undo', () => Promise.resolve());
    assert.deepEqual(undone.mayBeLeft, []);
    await nothingLeft();
    const job = await killedPlaced('replaced', 'undo', (volume) =>
      lab.exec(1, 'sh', '-c', `cd ${IMAGES} && cp -p ${volume} x && mv x ${volume}`),
    );
    assert.equal(job.mayBeLeft.length, 1);
    assert.match(job.mayBeLeft[0] ?? '', /^volume replaced-\w+\.iso in pool default: nobody saw who made it/);
    await lab.exec(1, 'sh', '-c', `rm ${IMAGES}/replaced-*; virsh -q pool-refresh default`);
    await nothingLeft();
  });

  test('killed while it came through this computer: nobody takes the half for a whole, and it is fetched anew', async () => {
    await without(['curl', 'wget'], async () => {
      const { problems, job } = await killed('killed-app.iso', 'goOn');
      assert.match(problems, /fetching killed-app-\w+\.iso now/);
      assert.equal(job.state, 'done', JSON.stringify(job));
    });
    await whole('killed-app', 'killed-app.iso');
  });

  for (const how of ['cancelled', 'link', 'libvirtd'] as const)
    test(`in the middle: ${how}`, async () => {
      const file = `${how}.iso`;
      const hold = server.holdAt(file, 2 * MIB);
      const { job } = await core.client.create.run(await input(how, server.url(file)));
      await hold.reached;
      await until(async () => (await bench.now(job))?.progress !== null, 'bytes have come');
      if (how === 'cancelled') {
        const { problems } = await core.client.create.plan(await input('other', server.url(file)));
        assert.match(JSON.stringify(problems), /Another job is fetching cancelled-\w+\.iso now/);
        await core.client.activity.cancelJob({ job });
        const ended = await bench.ended(job);
        hold.release();
        assert.equal(ended.state, 'cancelled', JSON.stringify(ended));
        assert.deepEqual(ended.mayBeLeft, []);
        await nothingLeft();
        return;
      }
      if (how === 'link') await lab.exec(1, 'sh', '-c', 'pkill -f "^sshd: root" || :');
      else await lab.stopLibvirtd(1).then(() => lab.startLibvirtd(1));
      hold.release();
      const ended = await bench.ended(job);
      assert.equal(ended.state, 'done', JSON.stringify(ended));
      await core.inState(bench.host, 'connected');
      await whole(how, file);
    });
});
