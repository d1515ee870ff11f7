import assert from 'node:assert/strict';
import { after, before, suite, test } from 'node:test';
import type { TemplateInput } from '../../main/contract/template.ts';
import { Lab } from '../lab/lab.ts';
import { TestCore } from '../support/core.ts';
import { until } from '../support/wait.ts';
import { CreateBench, NO_CLOUD_INIT } from './create-lab.ts';

const IMAGES = '/var/lib/libvirt/images';

suite('a machine kept as a template, and machines made from it', { timeout: 600_000 }, () => {
  let lab: Lab;
  let core: TestCore;
  let bench: CreateBench;
  let base: string;
  before(async () => {
    lab = await Lab.up(1);
    await lab.clean(1);
    core = await TestCore.open({ lab });
    bench = await CreateBench.open(lab, core);
    await bench.addImage('base.qcow2');
    const made = await bench.input('base', { kind: 'disk' }, { start: false, autostart: true });
    const [disk] = (await bench.input('x', { kind: 'network' })).spec.disks;
    assert.ok(disk !== undefined);
    const source = { kind: 'volume' as const, pool: bench.pool, name: 'base.qcow2' };
    const spec = { ...made.spec, disks: [{ ...disk, source }] };
    const tags = ['web', 'team:a'];
    const { job, machines } = await core.client.create.run({ ...made, spec, tags });
    await bench.done(job);
    base = machines[0]?.uuid ?? '';
  });
  after(async () => {
    await core.close();
    await lab.clean(1);
    await lab.release();
  });

  const ref = () => ({ host: bench.host, uuid: base });
  const input = (name: string, change: Partial<TemplateInput> = {}): TemplateInput => ({
    host: bench.host,
    template: base,
    name,
    count: 1,
    title: null,
    description: null,
    disks: 'link',
    pool: null,
    sizeBytes: null,
    memoryMiB: null,
    vcpus: null,
    cloudInit: null,
    start: false,
    autostart: false,
    ...change,
  });
  const sh = (script: string): Promise<string> => lab.exec(1, 'sh', '-c', script);
  const hash = (): Promise<string> => sh(`sha256sum ${IMAGES}/base.qcow2; stat -c %Y ${IMAGES}/base.qcow2`);

  test('it has the tags it was made with; changed while it runs, they are another core’s too, and outlive its stop', async () => {
    await core.machine(bench.host, base, ({ tags }) => tags?.join() === 'web,team:a');
    await core.client.domain.start(ref());
    await core.machine(bench.host, base, ({ state }) => state === 'running');
    await core.client.domain.setTags({ ...ref(), tags: ['db', 'Größe:1'] });
    await core.machine(bench.host, base, ({ tags }) => tags?.join() === 'db,Größe:1');
    const other = await TestCore.open({ lab });
    try {
      const host = await other.connect(`root@${lab.address(1)}`);
      await other.machine(host, base, ({ tags }) => tags?.join() === 'db,Größe:1');
      await other.client.domain.setTags({ host, uuid: base, tags: [] });
    } finally {
      await other.close();
    }
    await core.machine(bench.host, base, ({ tags }) => tags?.length === 0);
    assert.doesNotMatch(await sh('virsh dumpxml base; virsh dumpxml --inactive base'), /virtlane:tags/);
    await core.client.domain.setTags({ ...ref(), tags: ['db'] });
    await core.client.domain.destroy(ref());
    await core.machine(bench.host, base, ({ state, tags }) => state === 'shutoff' && tags?.join() === 'db');
    assert.match(
      await sh('virsh dumpxml --inactive base'),
      /<virtlane:tags xmlns:virtlane="urn:virtlane:tags">db<\/virtlane:tags>/,
    );
    await assert.rejects(core.client.domain.setTags({ ...ref(), tags: ['two words'] }));
  });

  test('nothing is made from a machine that is no template, and one that runs is not kept as one', async () => {
    const { problems } = await core.client.template.plan(input('early'));
    assert.match(problems[0]?.message ?? '', /base is no template/);
    await core.client.domain.start(ref());
    await core.machine(bench.host, base, ({ state }) => state === 'running');
    await assert.rejects(core.client.template.keep(ref()), /shut it down first/);
    await core.client.domain.destroy(ref());
    await core.machine(bench.host, base, ({ state }) => state === 'shutoff');
  });

  test('kept, it is a template for everybody: in its own definition, in the list, and after an edit by hand', async () => {
    await core.client.template.keep(ref());
    await core.machine(bench.host, base, ({ template, autostart }) => template === true && !autostart);
    const xml = await sh('virsh dumpxml base');
    assert.match(xml, /<virtlane:template xmlns:virtlane="urn:virtlane:template"\/>/);
    await sh(
      'virsh dumpxml --inactive --security-info base > /tmp/base.xml; virsh -q define /tmp/base.xml; rm /tmp/base.xml',
    );
    const other = await TestCore.open({ lab });
    try {
      const host = await other.connect(`root@${lab.address(1)}`);
      await other.machine(host, base, ({ template }) => template === true);
    } finally {
      await other.close();
    }
  });

  test('it is started neither by itself nor with its host', async () => {
    await assert.rejects(core.client.domain.start(ref()), /base on .+ is a template and is not started/);
    await assert.rejects(core.client.domain.setAutostart({ ...ref(), autostart: true }), /is a template/);
  });

  test('three by a pattern lie on its disk, differ in what must not be twice, and boot', async () => {
    const before = await hash();
    const asked = input('web-#', { count: 3, start: true, memoryMiB: 96 });
    const plan = await core.client.template.plan(asked);
    assert.deepEqual(plan.problems, []);
    assert.deepEqual(
      plan.template.disks.map(({ way }) => way),
      ['link'],
    );
    assert.equal(plan.steps[0], 'Create the disk web-1.qcow2 on base.qcow2 in default');
    const { job, machines } = await core.client.template.run(asked);
    const ended = await bench.done(job);
    for (const { name, uuid } of machines) {
      const info = await sh(`qemu-img info -U ${IMAGES}/${name}.qcow2`);
      assert.match(info, /backing file: \/var\/lib\/libvirt\/images\/base\.qcow2/);
      await bench.shell(uuid);
    }
    const xmls = await Promise.all(machines.map(({ name }) => sh(`virsh dumpxml --security-info ${name}`)));
    const each = (pattern: RegExp): Set<string> => new Set(xmls.map((xml) => pattern.exec(xml)?.[1] ?? ''));
    for (const pattern of [/<uuid>(.+)<\/uuid>/, /<mac address='(.+)'/, /passwd='(.+?)'/]) {
      assert.equal(each(pattern).size, 3, String(pattern));
      assert.ok(!each(pattern).has(''), String(pattern));
    }
    const template = await sh('virsh dumpxml --security-info base');
    assert.ok(!each(/<mac address='(.+)'/).has(/<mac address='(.+)'/.exec(template)?.[1] ?? ''));
    assert.ok(
      xmls.every((xml) => /<memory unit='KiB'>98304</.test(xml) && !xml.includes('virtlane:template')),
    );
    for (const password of each(/passwd='(.+?)'/)) assert.ok(!JSON.stringify(ended).includes(password));
    assert.equal(await hash(), before, 'the template is as it was');
  });

  test('its disk is not deleted under them, and it is no machine again by mistake', async () => {
    const plan = await core.client.domain.deletionPlan(ref());
    const disk = plan.volumes.find(({ path }) => path === `${IMAGES}/base.qcow2`);
    assert.equal(disk?.keep, 'usedByOther');
    assert.deepEqual(disk.usedBy.toSorted(), ['web-1', 'web-2', 'web-3']);
    const volume = { host: bench.host, uuid: bench.pool, name: 'base.qcow2' };
    await assert.rejects(core.client.volume.delete(volume), /web-1/);
    await assert.rejects(core.client.template.release(ref()), /web-1, web-2, web-3 on .+ lie on the disks/);
    // Of a disk that no machine has any more.
    await sh('for m in web-1 web-2 web-3; do virsh -q destroy $m; virsh -q undefine --nvram $m; done');
    const left = await core.client.domain.deletionPlan(ref());
    assert.equal(left.volumes[0]?.keep, 'usedByOther');
    await assert.rejects(core.client.template.release(ref()), /web-1\.qcow2.+ lie on the disks of base/);
  });

  test('a copy does not need it, is larger, and reads a seed of its own', async () => {
    const cloudInit = {
      ...NO_CLOUD_INIT,
      users: [{ name: 'me', sshKeys: ['ssh-ed25519 AAAA me@laptop'], password: null, sudo: true }],
    };
    const sizeBytes = 512 * 1024 ** 2;
    const asked = input('copied', { disks: 'copy', sizeBytes, cloudInit, start: true });
    const { job, machines } = await core.client.template.run(asked);
    await bench.done(job);
    const uuid = machines[0]?.uuid ?? '';
    const shell = await bench.shell(uuid);
    shell.type(
      "\ntr '\\000' '\\n' </dev/sr0 | grep -E 'instance-id|local-hostname'; cat /sys/block/vda/size\n",
    );
    await shell.shows(new RegExp(`instance-id: "?${uuid}`));
    await shell.shows(/local-hostname: "?copied/);
    await shell.shows(/1048576/);
    assert.doesNotMatch(await sh(`qemu-img info -U ${IMAGES}/copied.qcow2`), /backing file/);
  });

  test('what fails in the middle leaves nothing', async () => {
    const before = await bench.everything();
    const asked = input('half-#', { count: 2 });
    await sh(`touch ${IMAGES}/half-2.qcow2`);
    const { job } = await core.client.template.run(asked);
    const ended = await bench.ended(job);
    assert.equal(ended.state, 'failed');
    assert.deepEqual(await bench.everything(), [...before, 'half-2.qcow2'].toSorted());
    await sh(`rm ${IMAGES}/half-2.qcow2`);
  });

  test('made a machine again all the same, it starts', async () => {
    await core.client.template.release({ ...ref(), force: true });
    await core.machine(bench.host, base, ({ template }) => template === false);
    await core.client.domain.start(ref());
    await until(
      async () => (await sh('virsh domstate base')).includes('running'),
      'the machine that was a template runs',
    );
  });
});
