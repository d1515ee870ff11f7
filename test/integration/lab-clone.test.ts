import assert from 'node:assert/strict';
import { after, before, suite, test } from 'node:test';
import { readDomain, type DomainModel } from '../../drivers/libvirt/model/index.ts';
import type { CloneDisk, CloneInput } from '../../main/contract/clone.ts';
import { Lab } from '../lab/lab.ts';
import { TestCore } from '../support/core.ts';
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
  const uuid = '11111111-1111-4111-8111-111111111111';
  const sh = (script: string): Promise<string> => lab.exec(1, 'sh', '-c', script);
  before(async () => {
    lab = await Lab.up(2);
    await lab.clean(1);
    core = await TestCore.open({ lab });
    bench = await CreateBench.open(lab, core);
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
  });
  after(async () => {
    await core.close();
    await lab.clean(1);
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
  const input = (name: string, change: Partial<CloneInput> = {}): CloneInput => ({
    host: bench.host,
    machine: uuid,
    name,
    count: 1,
    title: null,
    description: null,
    disks: [],
    sizeBytes: null,
    memoryMiB: null,
    vcpus: null,
    firmware: 'copy',
    hostDevices: 'keep',
    freeze: true,
    keepAsTemplate: false,
    cloudInit: null,
    start: false,
    autostart: false,
    ...change,
  });
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
      disks: [disk('vda', 'copy'), disk('vdb', 'copy', { format: 'qcow2' }), disk('vdc', 'omit')],
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
          ['sda', 'raw', true],
        ],
      );
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
    await assert.rejects(core.client.domain.start(ref()), /is a template and is not started/);
    const volume = { host: bench.host, uuid: bench.pool, name: 'base.qcow2' };
    await assert.rejects(core.client.volume.delete(volume), /linked/);
    await forget('linked');
    await core.client.template.release(ref());
  });
});
