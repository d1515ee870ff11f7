import assert from 'node:assert/strict';
import { after, before, suite, test } from 'node:test';
import type { CreateInput } from '../../main/contract/create.ts';
import type { DiskSpec } from '../../main/contract/machine-spec.ts';
import { Lab } from '../lab/lab.ts';
import { TestCore } from '../support/core.ts';
import { offer, StorageWatch } from '../support/storage.ts';
import { CreateBench, NO_CLOUD_INIT } from './create-lab.ts';

suite('a machine from a disk or an image', { timeout: 600_000 }, () => {
  let lab: Lab;
  let core: TestCore;
  let bench: CreateBench;
  before(async () => {
    lab = await Lab.up(1);
    await lab.clean(1);
    core = await TestCore.open({ lab });
    bench = await CreateBench.open(lab, core);
    await bench.addImage('tiny.qcow2');
  });
  after(async () => {
    await core.close();
    await lab.clean(1);
    await lab.release();
  });

  test('what the host offers: its pool, the image in it, the keys of the laptop, and why there is no KVM', async () => {
    const options = await core.client.create.options({ host: bench.host });
    assert.deepEqual(
      options.pools.map(({ name, overlays }) => ({ name, overlays })),
      [{ name: 'default', overlays: true }],
    );
    assert.deepEqual(
      options.images.map(({ name, format }) => ({ name, format })),
      [{ name: 'tiny.qcow2', format: 'qcow2' }],
    );
    assert.ok(options.arches.some(({ arch, machines }) => arch === 'x86_64' && machines.includes('q35')));
    assert.ok(options.noKvm === null || options.noKvm.includes('KVM'));
    assert.ok(options.host.memoryKiB > 0);
  });

  test('an existing disk: the guest boots from it', async () => {
    await bench.addImage('own.qcow2');
    const input = await bench.input('own', { kind: 'disk' });
    const [disk] = (await bench.input('x', { kind: 'network' })).spec.disks;
    assert.ok(disk !== undefined);
    const own = { ...disk, source: { kind: 'volume' as const, pool: bench.pool, name: 'own.qcow2' } };
    const { job, machines } = await core.client.create.run({
      ...input,
      spec: { ...input.spec, disks: [own] },
    });
    await bench.done(job);
    await bench.shell(machines[0]?.uuid ?? '');
  });

  test('a cloud image with its first boot: the disk lies on the image and is larger, and the guest reads its seed', async () => {
    const input = await bench.input('cloud', {
      kind: 'cloudImage',
      image: { kind: 'volume', pool: bench.pool, name: 'tiny.qcow2' },
      copy: false,
      cloudInit: {
        ...NO_CLOUD_INIT,
        users: [{ name: 'me', sshKeys: ['ssh-ed25519 AAAA me@laptop'], password: 'geheim', sudo: true }],
        packages: ['nginx'],
      },
    });
    const { job, machines } = await core.client.create.run(input);
    const ended = await bench.done(job);
    assert.ok(!JSON.stringify(ended).includes('geheim'));
    const uuid = machines[0]?.uuid ?? '';
    const shell = await bench.shell(uuid);
    // The tiny guest's kernel mounts no CDs; the seed's files lie on it as they are.
    shell.type(
      "\ntr '\\000' '\\n' </dev/sr0 | grep -E 'ssh-|passwd|nginx|instance|hostname'; cat /sys/block/vda/size\n",
    );
    await shell.shows(/\$6\$/);
    await shell.shows(/ssh-ed25519 AAAA me@laptop/);
    await shell.shows(/nginx/);
    await shell.shows(new RegExp(`instance-id: "?${uuid}`));
    await shell.shows(/local-hostname: "?cloud/);
    await shell.shows(/524288/);
    const info = await lab.exec(1, 'qemu-img', 'info', '-U', '/var/lib/libvirt/images/cloud.qcow2');
    assert.match(info, /backing file: \/var\/lib\/libvirt\/images\/tiny\.qcow2/);
    // The screen has a password of its own, and it is nowhere but in the definition.
    const xml = await lab.exec(1, 'virsh', 'dumpxml', '--security-info', 'cloud');
    const [, password = ''] = /passwd='([^']+)'/.exec(xml) ?? [];
    assert.equal(password.length, 8);
    assert.ok(!JSON.stringify(ended).includes(password));
    const ref = { host: bench.host, uuid };
    const { seed } = await core.client.domain.get(ref);
    assert.ok(seed !== null);
    assert.equal(seed.path, '/var/lib/libvirt/images/cloud-seed.iso');
    // Another machine has the CD too: it is out of this one's drive, and kept for the other.
    const iso = '/var/lib/libvirt/images/cloud-seed.iso';
    const again =
      'virsh dumpxml --inactive cloud | sed -e /uuid/d -e /nvram/d -e "/mac address/d" -e "s/<name>cloud/<name>sharer/" >/tmp/s.xml; virsh -q define /tmp/s.xml; rm /tmp/s.xml';
    await lab.exec(1, 'sh', '-c', again);
    assert.deepEqual(await core.client.domain.removeSeed(ref), { usedBy: ['sharer'], deleted: false });
    for (const which of [[], ['--inactive']])
      assert.doesNotMatch(await lab.exec(1, 'virsh', 'domblklist', 'cloud', ...which), /seed/);
    await lab.exec(1, 'test', '-e', iso);
    await lab.exec(1, 'virsh', 'undefine', '--keep-nvram', 'sharer');
    const insert = ['change-media', 'cloud', seed.target, iso, '--insert', '--live', '--config'];
    await lab.exec(1, 'virsh', ...insert);
    assert.deepEqual(await core.client.domain.removeSeed(ref), { usedBy: [], deleted: true });
    const disks = ['domblklist', 'cloud'];
    for (const which of [disks, [...disks, '--inactive']])
      assert.doesNotMatch(await lab.exec(1, 'virsh', ...which), /seed/);
    assert.doesNotMatch(await lab.exec(1, 'ls', '/var/lib/libvirt/images'), /cloud-seed/);
    assert.equal((await core.client.domain.get(ref)).seed, null);
  });

  test('a copy of the image: the machine does not need it', async () => {
    const input = await bench.input(
      'copied',
      {
        kind: 'cloudImage',
        image: { kind: 'volume', pool: bench.pool, name: 'tiny.qcow2' },
        copy: true,
        cloudInit: null,
      },
      { start: false },
    );
    const { job } = await core.client.create.run(input);
    await bench.done(job);
    const info = await lab.exec(1, 'qemu-img', 'info', '/var/lib/libvirt/images/copied.qcow2');
    assert.doesNotMatch(info, /backing file/);
    assert.match(info, /virtual size: 256 MiB/);
  });

  test('an image of this computer that names a file of the host is refused, and nothing is left', async () => {
    const before = await bench.everything();
    const text = await lab.exec(
      1,
      'sh',
      '-c',
      'qemu-img create -q -f qcow2 -u -F raw -b /etc/shadow /tmp/e.qcow2 1M; base64 -w0 /tmp/e.qcow2; rm /tmp/e.qcow2',
    );
    const bytes = Buffer.from(text, 'base64');
    const offered = await offer(core, 'evil.qcow2', bytes.length, async function* (offset, length) {
      yield bytes.subarray(offset, offset + length);
    });
    const image = { kind: 'file' as const, file: offered.file, pool: bench.pool, name: 'evil.qcow2' };
    const input = await bench.input('evil', { kind: 'cloudImage', image, copy: true, cloudInit: null });
    const job = await bench.ended((await core.client.create.run(input)).job);
    assert.equal(job.state, 'failed');
    assert.match(job.failure?.message ?? '', /needs \/etc\/shadow/);
    assert.deepEqual(await bench.everything(), before);
    await offered.close();
  });

  test('a machine on an encrypted volume opens it with its secret; a disk that a guest made look like qcow2 is refused', async () => {
    const at = { host: bench.host, uuid: bench.pool };
    const luks = { format: 'raw' as const, capacityBytes: 8 * 1024 ** 2, passphrase: 'correct horse' };
    await core.jobDone((await core.client.volume.create({ ...at, name: 'l.img', ...luks })).job);
    // libvirt forgets whose secret it is.
    await lab.exec(1, 'virsh', '-q', 'pool-refresh', 'default');
    const input = await bench.input('locked', { kind: 'disk' });
    const [disk] = (await bench.input('x', { kind: 'network' })).spec.disks;
    assert.ok(disk !== undefined);
    const on = (source: DiskSpec['source']): CreateInput => ({
      ...input,
      spec: { ...input.spec, disks: [{ ...disk, source }] },
    });
    await bench.done(
      (await core.client.create.run(on({ kind: 'volume', pool: bench.pool, name: 'l.img' }))).job,
    );
    const xml = await lab.exec(1, 'virsh', 'dumpxml', 'locked');
    assert.match(xml, /<encryption format='luks'/);
    assert.match(await lab.exec(1, 'virsh', 'domstate', 'locked'), /running/);
    const header = `cd /var/lib/libvirt/images; truncate -s 8M g.img; qemu-img create -q -f qcow2 -u -F raw -b /etc/shadow /tmp/h 1M
      dd if=/tmp/h of=g.img conv=notrunc status=none; rm /tmp/h; virsh -q pool-refresh default
      virsh dumpxml --inactive locked | sed "s/l.img/g.img/; /<encryption/,/<.encryption/d; /<uuid>/d; /<mac /d; s/locked/tenant/" >/tmp/d.xml
      virsh -q define /tmp/d.xml; rm /tmp/d.xml`;
    await lab.exec(1, 'sh', '-c', header);
    const { problems } = await core.client.create.plan(
      on({ kind: 'volume', pool: bench.pool, name: 'g.img' }),
    );
    assert.match(problems.map(({ message }) => message).join(), /raw to tenant and qcow2 to its pool/);
    const path = '/var/lib/libvirt/images/g.img';
    const byPath = await core.client.create.plan(on({ kind: 'path', path, type: 'file', format: 'raw' }));
    assert.match(byPath.problems.map(({ message }) => message).join(), /qcow2 to its pool, not raw/);
    const clear = `virsh -q destroy locked; virsh -q undefine --nvram locked; virsh -q undefine --nvram tenant
      for s in $(virsh -q secret-list | awk '/images/{print $1}'); do virsh -q secret-undefine $s; done
      cd /var/lib/libvirt/images; rm l.img g.img; virsh -q pool-refresh default`;
    await lab.exec(1, 'sh', '-c', clear);
  });

  test('a disk by a link is the disk that it leads to: who has it is named, in a pool and outside of all, from either side', async () => {
    const images = '/var/lib/libvirt/images';
    const machine = (name: string, uuid: string, file: string) =>
      `echo '<domain type="qemu"><name>${name}</name><uuid>${uuid}</uuid><memory unit="MiB">64</memory><os><type arch="x86_64">hvm</type></os><devices><disk type="file" device="disk"><driver name="qemu" type="raw"/><source file="${file}"/><target dev="vda" bus="virtio"/></disk></devices></domain>' >/tmp/d.xml; virsh -q define /tmp/d.xml; rm /tmp/d.xml`;
    const uuids = ['1', '2', '3', '4'].map((digit) => `99999999-9999-4999-8999-99999999999${digit}`);
    const [inPool = '', byLink = '', outside = '', byOutsideLink = ''] = uuids;
    await lab.exec(
      1,
      'sh',
      '-ec',
      `mkdir -p /srv/real /srv/links; truncate -s 3M ${images}/true.img /srv/real/away.img
       ln -s ${images}/true.img /srv/links/one.raw; ln -s ../real/away.img /srv/links/two.raw; virsh -q pool-refresh default
       ${machine('in-pool', inPool, `${images}/true.img`)}; ${machine('by-link', byLink, '/srv/links/one.raw')}
       ${machine('outside', outside, '/srv/real/away.img')}; ${machine('by-outside-link', byOutsideLink, '/srv/links/two.raw')}`,
    );
    try {
      const { volumes } = await core.client.domain.deletionPlan({ host: bench.host, uuid: inPool });
      assert.deepEqual(
        volumes.map(({ path, usedBy }) => [path, usedBy]),
        [[`${images}/true.img`, ['by-link']]],
      );
      const place = { host: bench.host, uuid: bench.pool, name: 'true.img' };
      const refused = await core.client.volume.delete(place).then(
        () => 'deleted',
        (error: unknown) => String(error),
      );
      assert.match(refused, /in-pool/);
      assert.match(refused, /by-link/);
      const [disk] = (await bench.input('x', { kind: 'network' })).spec.disks;
      assert.ok(disk !== undefined);
      const input = await bench.input('third', { kind: 'disk' });
      for (const [path, owners] of [
        ['/srv/links/one.raw', 'in-pool|by-link'],
        [`${images}/true.img`, 'in-pool|by-link'],
        ['/srv/links/two.raw', 'outside|by-outside-link'],
        ['/srv/real/away.img', 'outside|by-outside-link'],
      ] as const) {
        const source = { kind: 'path' as const, path, type: 'file' as const, format: 'raw' as const };
        const plan = await core.client.create.plan({
          ...input,
          spec: { ...input.spec, disks: [{ ...disk, source }] },
        });
        assert.match(plan.warnings.join(), new RegExp(`${path} is the disk of (${owners}) too`));
      }
      // Only by a link: its machine has none of these paths.
      await lab.exec(1, 'sh', '-c', `virsh -q undefine ${outside}`);
      const source = {
        kind: 'path' as const,
        path: '/srv/real/away.img',
        type: 'file' as const,
        format: 'raw' as const,
      };
      const { warnings } = await core.client.create.plan({
        ...input,
        spec: { ...input.spec, disks: [{ ...disk, source }] },
      });
      assert.match(warnings.join(), /away\.img is the disk of by-outside-link too/);
    } finally {
      await lab.exec(
        1,
        'sh',
        '-c',
        `for u in ${uuids.join(' ')}; do virsh -q undefine $u; done; rm -rf /srv/real /srv/links ${images}/true.img; virsh -q pool-refresh default; :`,
      );
    }
  });

  test('a link that a pool lists as a volume is the file that it leads to, also while a machine writes to it by the link', async () => {
    const pool = (name: string) =>
      `mkdir /srv/${name}; virsh -q pool-create-as ${name} dir --target /srv/${name}`;
    const machine =
      '<domain type="qemu"><name>busy</name><memory unit="MiB">64</memory><os><type arch="x86_64">hvm</type></os><devices><disk type="file" device="disk"><driver name="qemu" type="raw"/><source file="/srv/alias/x.img"/><target dev="vda" bus="virtio"/></disk></devices></domain>';
    // No look at the file tells the times that another one told: only where the link leads tells that it is this file.
    await lab.exec(
      1,
      'sh',
      '-ec',
      `${pool('alias')}; ${pool('files')}; truncate -s 1M /srv/files/y.img; ln -s /srv/files/y.img /srv/alias/x.img
       virsh -q pool-refresh alias; virsh -q pool-refresh files; echo '${machine}' >/tmp/d.xml; virsh -q create /tmp/d.xml; rm /tmp/d.xml
       (while [ -e /srv/files/y.img ]; do printf x | dd of=/srv/files/y.img conv=notrunc status=none; done) >/dev/null 2>&1 &`,
    );
    try {
      const uuid = (await lab.exec(1, 'virsh', 'pool-uuid', 'files')).trim();
      const place = { host: bench.host, uuid, name: 'y.img' };
      await assert.rejects(core.client.volume.delete(place), /busy/);
      await assert.rejects(core.client.volume.wipe(place), /busy/);
      await lab.exec(1, 'test', '-e', '/srv/files/y.img');
      const watch = await StorageWatch.open(core, bench.host);
      try {
        const { usedBy } = await watch.volume(uuid, 'y.img', (volume) => volume.usedBy.length > 0);
        assert.deepEqual(
          usedBy.map(({ name, target, via }) => [name, target, via]),
          [['busy', 'vda', 'disk']],
        );
      } finally {
        await watch.close();
      }
    } finally {
      await lab.exec(
        1,
        'sh',
        '-c',
        'virsh -q destroy busy; virsh -q pool-destroy alias; virsh -q pool-destroy files; rm -rf /srv/alias /srv/files; :',
      );
    }
  });

  test('several by a pattern are one job', async () => {
    const image = { kind: 'volume' as const, pool: bench.pool, name: 'tiny.qcow2' };
    const input = await bench.input(
      'many-##',
      { kind: 'cloudImage', image, copy: false, cloudInit: null },
      { count: 3, start: false, autostart: true },
    );
    const { job, machines } = await core.client.create.run(input);
    await bench.done(job);
    assert.deepEqual(
      machines.map(({ name }) => name),
      ['many-01', 'many-02', 'many-03'],
    );
    const listed = await lab.exec(1, 'virsh', 'list', '--all', '--autostart', '--name');
    assert.deepEqual(
      listed
        .split('\n')
        .filter((name) => name !== '')
        .toSorted(),
      ['many-01', 'many-02', 'many-03'],
    );
  });

  test('a plan says what it would do and changes nothing', async () => {
    const before = await bench.everything();
    const image = { kind: 'volume' as const, pool: bench.pool, name: 'tiny.qcow2' };
    const input = await bench.input('planned', {
      kind: 'cloudImage',
      image,
      copy: false,
      cloudInit: NO_CLOUD_INIT,
    });
    const plan = await core.client.create.plan(input);
    assert.deepEqual(plan.problems, []);
    assert.deepEqual(plan.steps, [
      'Create the disk planned.qcow2 on tiny.qcow2 in default',
      'Create planned-seed.iso for the first boot',
      'Define planned',
      'Start planned',
    ]);
    assert.match(plan.xml, /<name>planned<\/name>/);
    assert.match(plan.virtInstall, /--name planned/);
    assert.equal(plan.afterwards.pools[0]?.promisedBytes, 256 * 1024 ** 2);
    assert.deepEqual(await bench.everything(), before);
  });

  test('what stands against it is said by field', async () => {
    const image = { kind: 'volume' as const, pool: bench.pool, name: 'nowhere.qcow2' };
    const input = await bench.input('own', { kind: 'cloudImage', image, copy: false, cloudInit: null });
    const { problems } = await core.client.create.plan({ ...input, count: 2 });
    assert.deepEqual(
      problems.map(({ field }) => field),
      // The disk of the one that has the name keeps its own: a new one is called otherwise.
      ['name', 'name', 'source.image'],
    );
    await assert.rejects(core.client.create.run(input), /own/);
  });
});
