import assert from 'node:assert/strict';
import { copyFile, mkdir } from 'node:fs/promises';
import path from 'node:path';
import { after, before, suite, test } from 'node:test';
import { readDomain, type DomainModel } from '../../drivers/libvirt/model/index.ts';
import type { CloneDisk, CloneInput } from '../../main/contract/clone.ts';
import { Lab } from '../lab/lab.ts';
import { cloneInput } from '../support/clone-input.ts';
import { TestCore } from '../support/core.ts';
import { identitiesOf } from '../support/identities.ts';
import { until } from '../support/wait.ts';
import { CliProcesses } from './cli-process.ts';
import { tryCommands, tryDoors, tryToMakeOne } from './clone-base-doors.ts';
import { NAMED } from './clone-identities.ts';
import { tpmTest } from './clone-tpm.ts';
import { CreateBench } from './create-lab.ts';

const IMAGES = '/var/lib/libvirt/images';
const NVRAM = '/var/lib/libvirt/qemu/nvram';

/** A machine with everything that must not be twice. */
const BASE = `<domain type='qemu'>
  <name>base</name>
  <uuid>11111111-1111-4111-8111-111111111111</uuid>
  <genid>22222222-2222-4222-8222-222222222222</genid>
  <memory unit='MiB'>128</memory>
  <vcpu>1</vcpu>
  <sysinfo type='smbios'><system><entry name='uuid'>11111111-1111-4111-8111-111111111111</entry></system></sysinfo>
  <os firmware='efi'>
    <firmware><feature enabled='no' name='secure-boot'/></firmware>
    <type arch='x86_64' machine='q35'>hvm</type><smbios mode='sysinfo'/>
  </os>
  <features><acpi/></features>
  <devices>
    <disk type='file' device='disk'><driver name='qemu' type='qcow2'/><source file='${IMAGES}/base.qcow2'/><target dev='vda' bus='virtio'/></disk>
    <disk type='file' device='disk'><driver name='qemu' type='raw'/><source file='${IMAGES}/base-data.img'/><target dev='vdb' bus='virtio'/></disk>
    <disk type='file' device='disk'><driver name='qemu' type='raw'/><source file='${IMAGES}/base-rules.img'/><target dev='vdc' bus='virtio'/><readonly/></disk>
    <disk type='file' device='cdrom'><driver name='qemu' type='raw'/><source file='${IMAGES}/base-seed.iso'/><target dev='sda' bus='sata'/><readonly/></disk>
    <interface type='user'><mac address='52:54:00:11:11:11'/></interface>
    <interface type='user'><mac address='52:54:00:11:11:12'/></interface>
    <serial type='pty'><log file='/var/log/libvirt/qemu/base-serial.log'/><target port='0'/></serial>
    <channel type='unix'><target type='virtio' name='org.qemu.guest_agent.0'/></channel>
    <graphics type='vnc' port='-1' autoport='yes' passwd='ofbase'/>
  </devices>
</domain>`;

suite('clones of a machine', { timeout: 600_000 }, () => {
  let lab: Lab;
  let core: TestCore;
  let bench: CreateBench;
  let other: string;
  let cli: CliProcesses;
  let line: string[];
  const uuid = '11111111-1111-4111-8111-111111111111';
  const sh = (script: string): Promise<string> => lab.exec(1, 'sh', '-c', script);
  before(async () => {
    lab = await Lab.up(2);
    await Promise.all([lab.clean(1), lab.clean(2)]);
    core = await TestCore.open({ lab });
    bench = await CreateBench.open(lab, core);
    other = await core.connect(`root@${lab.address(2)}`);
    await bench.addImage('base.qcow2');
    await sh(
      `cd ${IMAGES}; truncate -s 8M base-data.img; printf marker | dd of=base-data.img seek=4096 bs=1 conv=notrunc status=none; truncate -s 1M base-rules.img; printf CD >base-seed.iso; virsh -q pool-refresh default`,
    );
    await lab.execWith(
      BASE,
      1,
      'sh',
      '-c',
      'cat >/tmp/base.xml; virsh -q define /tmp/base.xml; rm /tmp/base.xml',
    );
    // Its first start makes the file of its firmware.
    await sh(`virsh -q start base && virsh -q destroy base`);
    await sh(`printf mine | dd of=${NVRAM}/base_VARS.fd seek=500000 bs=1 conv=notrunc status=none`);
    await core.machine(bench.host, uuid, ({ state }) => state === 'shutoff');
    cli = await CliProcesses.create();
    await mkdir(path.join(cli.home, '.ssh'), { mode: 0o700 });
    await copyFile(lab.keyFile, path.join(cli.home, '.ssh', 'id_ed25519'));
    line = ['--accept-new', '-c', `qemu+ssh://root@${lab.address(1)}/system`];
  });
  after(async () => {
    await cli.remove();
    await core.close();
    await Promise.all([lab.clean(1), lab.clean(2)]);
    await lab.release();
  });

  const ref = () => ({ host: bench.host, uuid });
  const disk = (target: string, way: CloneDisk['way'], more: Partial<CloneDisk> = {}): CloneDisk => ({
    target,
    way,
    pool: null,
    format: null,
    ...more,
  });
  const input = (name: string, change: Partial<CloneInput> = {}): CloneInput =>
    cloneInput({ host: bench.host, machine: uuid, to: bench.host, name }, change);
  const xmlOf = (name: string): Promise<string> => sh(`virsh dumpxml --inactive --security-info ${name}`);
  const forget = (pattern: string): Promise<string> =>
    sh(
      `for m in $(virsh list --all --name | grep -E '^${pattern}$'); do virsh -q destroy $m 2>/dev/null; virsh -q undefine --nvram $m; rm -f ${IMAGES}/$m*; done; virsh -q pool-refresh default`,
    );

  test('what it has, and what can become of that', async () => {
    const has = await core.client.clone.options(ref());
    assert.deepEqual(
      has.disks.map(({ target, way, ways }) => [target, way, ways.join()]),
      [
        ['vda', 'copy', 'copy,link,empty,omit'],
        ['vdb', 'copy', 'copy,link,empty,omit'],
        ['vdc', 'share', 'copy,share,empty,omit'],
        ['sda', 'share', 'share,empty,omit'],
      ],
    );
    assert.deepEqual([has.running, has.template, has.cloudInit, has.firmware], [false, false, true, true]);
  });

  test('ten at once differ in each identity, have its bytes and the settings of its firmware', async () => {
    const asked = input('ten-##', {
      count: 10,
      disks: [disk('vda', 'copy'), disk('vdb', 'copy', { format: 'qcow2' }), disk('vdc', 'share')],
    });
    const plan = await core.client.clone.plan(asked);
    assert.deepEqual(plan.problems, []);
    const { job, machines } = await core.client.clone.run(asked);
    await bench.done(job);
    const xmls = [await xmlOf('base'), ...(await Promise.all(machines.map(({ name }) => xmlOf(name))))];
    const models = xmls.map(readDomain);
    const differ = (what: string, of: (model: DomainModel, xml: string) => string | undefined): void => {
      const values = models.map((model, at) => of(model, xmls[at] ?? ''));
      assert.equal(new Set(values).size, 11, `${what}: ${values.join()}`);
      assert.ok(!values.includes(undefined), what);
    };
    differ('uuid', (model) => model.uuid);
    differ('first MAC', ({ nics }) => nics[0]?.mac);
    differ('second MAC', ({ nics }) => nics[1]?.mac);
    differ('generation id', (_, xml) => /<genid>(.+)<\/genid>/.exec(xml)?.[1]);
    differ('sysinfo', (_, xml) => /<entry name='uuid'>(.+)<\/entry>/.exec(xml)?.[1]);
    differ('log', (_, xml) => /<log file='(.+?)'/.exec(xml)?.[1]);
    differ('password', (_, xml) => /passwd='(.+?)'/.exec(xml)?.[1]);
    differ('vda', ({ disks }) => disks.find(({ target }) => target === 'vda')?.source?.path ?? undefined);
    for (const { disks, agent } of models.slice(1)) {
      assert.deepEqual(
        disks.map(({ target, format, source }) => [target, format, source === null]),
        [
          ['vda', 'qcow2', false],
          ['vdb', 'qcow2', false],
          ['vdc', 'raw', false],
          ['sda', 'raw', true],
        ],
      );
      assert.equal(disks[2]?.source?.path, `${IMAGES}/base-rules.img`);
      assert.equal(agent, 'disconnected');
    }
    await sh(`cd ${IMAGES}; for n in 01 10; do
      qemu-img compare -q base.qcow2 ten-$n.qcow2 && qemu-img compare -q -f raw -F qcow2 base-data.img ten-$n-2.qcow2 &&
      cmp ${NVRAM}/base_VARS.fd ${NVRAM}/ten-\${n}_VARS.fd || exit 1; done`);
    assert.doesNotMatch(await sh('virsh pool-list --all --name'), /virtlane/);
    // It starts with them.
    await sh('virsh -q start ten-01');
    assert.match(await sh('virsh dumpxml ten-01'), new RegExp(`>${NVRAM}/ten-01_VARS.fd</nvram>`));
    await forget('ten-.*');
  });

  test('no name, path, port or number that is one machine’s is in both definitions', async () => {
    await sh(`qemu-img create -q -f qcow2 ${NAMED.disk} 1M; virsh -q pool-refresh default`);
    await lab.execWith(NAMED.xml, 1, 'sh', '-c', 'cat >/tmp/n.xml; virsh -q define /tmp/n.xml');
    const asked = cloneInput({ host: bench.host, machine: NAMED.uuid, to: bench.host, name: 'twin' });
    await core.machine(bench.host, NAMED.uuid, () => true);
    const { job } = await core.client.clone.run(asked);
    await bench.done(job);
    const [own, twin] = [identitiesOf(await xmlOf('named')), identitiesOf(await xmlOf('twin'))];
    assert.ok(own.size >= 27, [...own.keys()].join('\n'));
    const values = new Set(twin.values());
    assert.deepEqual(
      [...own].filter(([, value]) => values.has(value)),
      [],
    );
    await forget('named|twin');
  });

  test('a disk that is one machine’s alone is not shared, and none lies on a machine that may start', async () => {
    const { problems } = await core.client.clone.plan(
      input('wrong', { disks: [disk('vda', 'link'), disk('vdb', 'share'), disk('vdz', 'omit')] }),
    );
    const said = problems.map(({ field, message }) => `${field}: ${message}`).join('\n');
    assert.match(said, /disks\.vda: A disk that lies on vda is damaged when base is started again/);
    assert.match(said, /disks\.vdb: The disk vdb is base’s alone/);
    assert.match(said, /disks\.vdz: base has no disk vdz/);
    await assert.rejects(core.client.clone.run(input('wrong', { disks: [disk('vda', 'link')] })));
  });

  test('what fails in the middle leaves nothing, and the machine is no template then', async () => {
    const before = await bench.everything();
    await sh(`touch ${IMAGES}/half-2.qcow2`);
    const disks = [disk('vda', 'link'), disk('vdb', 'empty')];
    const { job } = await core.client.clone.run(input('half-#', { count: 2, disks, keepAsTemplate: true }));
    assert.equal((await bench.ended(job)).state, 'failed');
    assert.deepEqual(await bench.everything(), [...before, 'half-2.qcow2'].toSorted());
    assert.doesNotMatch(await xmlOf('base'), /virtlane:template/);
    assert.doesNotMatch(await sh('virsh pool-list --all --name'), /virtlane/);
    await sh(`rm ${IMAGES}/half-2.qcow2`);
  });

  test('linked, the machine is kept as a template: neither it nor its disk is touched by mistake', async () => {
    const disks = [disk('vda', 'link'), disk('vdb', 'empty'), disk('vdc', 'omit')];
    const asked = input('linked', { disks, keepAsTemplate: true });
    const { job } = await core.client.clone.run(asked);
    await bench.done(job);
    assert.match(await sh(`qemu-img info ${IMAGES}/linked.qcow2`), /backing file: .+base\.qcow2/);
    assert.match(await sh(`qemu-img info ${IMAGES}/linked-2.img`), /virtual size: 8 MiB/);
    const before = await bench.everything();
    const base = { bench, uuid, other, cli, line };
    await tryDoors(base);
    await tryCommands(base);
    // Another Virtlane, with settings of its own: what protects the disk is on the host.
    const second = await TestCore.open({ lab });
    try {
      const there = await CreateBench.open(lab, second);
      await second.machine(there.host, uuid, ({ template }) => template === true);
      const far = await second.connect(`root@${lab.address(2)}`);
      await tryDoors({ ...base, bench: there, other: far });
    } finally {
      await second.close();
    }
    // Without its machine the disk is still one that another lies on.
    await sh('virsh dumpxml --inactive base >/tmp/base.xml && virsh -q undefine base --keep-nvram');
    const volume = { host: bench.host, uuid: bench.pool, name: 'base.qcow2' };
    await assert.rejects(core.client.volume.delete(volume), /linked/);
    await tryToMakeOne(bench);
    await sh('virsh -q define /tmp/base.xml; rm /tmp/base.xml');
    assert.deepEqual(await bench.everything(), before);
    assert.doesNotMatch(await sh('virsh list --name'), /base/);
    await forget('linked');
    await core.client.template.release(ref());
  });

  tpmTest(() => ({ bench, other }));

  const on = (host: number, script: string): Promise<string> => lab.exec(host, 'sh', '-c', script);
  /** SHA-256 of what a guest reads from a disk. */
  const bytesOf = (host: number, file: string): Promise<string> =>
    on(
      host,
      `qemu-img convert -O raw ${IMAGES}/${file} /tmp/bytes && sha256sum </tmp/bytes; rm -f /tmp/bytes`,
    );
  const elsewhere = (host: number): Promise<string> =>
    on(host, `virsh list --all --name; ls ${IMAGES} ${NVRAM} 2>/dev/null; virsh pool-list --all --name`);

  test('two on another host: byte for byte, what lies on others flattened, nothing left on the way', async () => {
    await sh(
      `cd ${IMAGES}; qemu-img create -q -f qcow2 -b base.qcow2 -F qcow2 top.qcow2; qemu-io -c 'write -P 7 1M 64k' top.qcow2 >/dev/null
       virsh -q pool-refresh default; virsh dumpxml --inactive base | sed 's/base.qcow2/top.qcow2/' >/tmp/top.xml; virsh -q define /tmp/top.xml`,
    );
    const has = await core.client.clone.options({ ...ref(), to: other });
    assert.deepEqual(
      has.disks.map(({ target, way, ways }) => `${target} ${way}: ${ways.join()}`),
      [
        'vda copy: copy,empty,omit',
        'vdb copy: copy,empty,omit',
        'vdc copy: copy,empty,omit',
        'sda empty: empty,omit',
      ],
    );
    const before = await elsewhere(1);
    const asked = input('far-#', { to: other, count: 2, disks: [disk('vdc', 'omit')] });
    const plan = await core.client.clone.plan(asked);
    assert.deepEqual(plan.problems, []);
    assert.ok(plan.warnings.some((text) => text.includes('takes room in the pool default of')));
    const { job } = await core.client.clone.run(asked);
    await bench.done(job);
    assert.equal(await elsewhere(1), before);
    const top = await bytesOf(1, 'top.qcow2');
    const data = await bytesOf(1, 'base-data.img');
    for (const name of ['far-1', 'far-2']) {
      assert.equal(await bytesOf(2, `${name}.qcow2`), top);
      assert.equal(await bytesOf(2, `${name}-2.img`), data);
      assert.doesNotMatch(await on(2, `qemu-img info ${IMAGES}/${name}.qcow2`), /backing/);
      assert.equal(
        await on(2, `sha256sum <${NVRAM}/${name}_VARS.fd`),
        await sh(`sha256sum <${NVRAM}/base_VARS.fd`),
      );
    }
    assert.match(await on(2, `stat -c '%s %b' ${IMAGES}/far-1-2.img`), /^8388608 \d{1,3}$/m);
    assert.doesNotMatch(await elsewhere(2), /virtlane|on-its-way/);
    await on(2, 'virsh -q start far-2 && virsh -q destroy far-2');
    await sh(
      `virsh dumpxml --inactive base | sed 's/top.qcow2/base.qcow2/' >/tmp/top.xml; virsh -q define /tmp/top.xml; rm /tmp/top.xml ${IMAGES}/top.qcow2; virsh -q pool-refresh default`,
    );
    await on(
      2,
      `for m in far-1 far-2; do virsh -q undefine --nvram $m; done; rm ${IMAGES}/far*; virsh -q pool-refresh default`,
    );
  });

  test('what another host has not is said before: no link, no network, no shared file', async () => {
    await sh(
      `virsh dumpxml --inactive base | sed "0,/<interface type='user'>/s//<interface type='network'><source network='only-here'\\/>/" >/tmp/net.xml; virsh -q define /tmp/net.xml`,
    );
    const disks = [disk('vda', 'link'), disk('vdc', 'share')];
    const { problems } = await core.client.clone.plan(
      input('far', { to: other, disks, keepAsTemplate: true }),
    );
    const said = problems.map(({ field, message }) => `${field}: ${message}`).join('\n');
    assert.match(said, /disks\.vda: No disk can lie on one of another host/);
    assert.match(said, /disks\.vdc: .+ has no pool with .+base-rules\.img/);
    assert.match(said, /networks: .+ has no network only-here/);
    const networks = [{ from: 'only-here', to: 'default' }];
    const mapped = await core.client.clone.plan(input('far', { to: other, networks }));
    assert.deepEqual(mapped.problems, []);
    assert.match(mapped.xml, /<source network='default'/);
    await lab.execWith(
      BASE,
      1,
      'sh',
      '-c',
      'cat >/tmp/net.xml; virsh -q define /tmp/net.xml; rm /tmp/net.xml',
    );
  });

  /** A clone on the other host with a disk that takes its time, once some of it has arrived. */
  async function underWay(name: string): Promise<string> {
    await sh(`head -c 150M /dev/urandom >${IMAGES}/base-data.img; virsh -q pool-refresh default`);
    const { job } = await core.client.clone.run(
      input(name, { to: other, firmware: 'new', disks: [disk('vdc', 'omit')] }),
    );
    await until(
      async () => Number(await on(2, `stat -c %b ${IMAGES}/${name}-2.img 2>/dev/null || echo 0`)) > 40_000,
      'bytes have arrived',
    );
    return job;
  }

  test('the links to both hosts are lost on the way: it goes on when they are back', async () => {
    const job = await underWay('far');
    await on(2, 'pkill -f "^sshd: root"');
    await core.inState(other, 'connected');
    await on(1, 'pkill -f "^sshd: root"');
    const { log } = await bench.done(job);
    assert.match(JSON.stringify(log), /was lost/);
    assert.equal(await bytesOf(2, 'far-2.img'), await bytesOf(1, 'base-data.img'));
    await on(2, `virsh -q undefine --nvram far; rm ${IMAGES}/far*; virsh -q pool-refresh default`);
  });

  test('somebody writes to the disk on the way, or the job is cancelled: nothing is left on either host', async () => {
    const [here, there] = [await elsewhere(1), await elsewhere(2)];
    const changed = await underWay('far');
    await sh(`printf other | dd of=${IMAGES}/base-data.img conv=notrunc status=none`);
    const failed = await bench.ended(changed);
    assert.match(JSON.stringify(failed.failure), /was changed while it was sent/);
    const cancelled = await underWay('far');
    // Until it is looked at.
    await lab.freeze(2);
    const copied = /base is being copied to far and .+ wait for the end of that job, or cancel it/;
    await assert.rejects(core.client.domain.start(ref()), copied);
    await assert.rejects(core.client.domain.restore(ref()), copied);
    const volume = { host: bench.host, uuid: bench.pool, name: 'base-data.img' };
    await assert.rejects(core.client.volume.resize({ ...volume, capacityBytes: 1024 ** 3 }), copied);
    await assert.rejects(core.client.volume.wipe(volume), copied);
    // Another job may read it, too.
    const second = input('second', { disks: [disk('vdb', 'omit'), disk('vdc', 'omit')], firmware: 'new' });
    await bench.done((await core.client.clone.run(second)).job);
    await core.client.activity.cancelJob({ job: cancelled });
    await lab.thaw(2);
    assert.equal((await bench.ended(cancelled)).state, 'cancelled');
    await core.client.domain.start(ref());
    await sh('virsh -q destroy base');
    await forget('second');
    assert.deepEqual([await elsewhere(1), await elsewhere(2)], [here, there]);
  });
});
