import assert from 'node:assert/strict';
import { copyFile, mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { after, before, suite, test } from 'node:test';
import { readDomain } from '../../drivers/libvirt/model/index.ts';
import type { DiskSpec } from '../../main/contract/machine-spec.ts';
import type { CreateInput, CreatePlan, CreateSource } from '../../main/contract/create.ts';
import { OPERATING_SYSTEMS } from '../../main/os/index.ts';
import { Lab } from '../lab/lab.ts';
import { TestCore } from '../support/core.ts';
import { CreateBench, NO_CLOUD_INIT } from './create-lab.ts';

/** Of each family, and what is unlike the others in it; known to libosinfo of 2022. */
const JUDGED = ['debian11', 'win11', 'win10', 'winxp', 'freebsd14.4', 'linux2016', null] as const;

suite('every system of the catalogue on a real host', { timeout: 300_000 }, () => {
  let lab: Lab;
  let core: TestCore;
  let bench: CreateBench;
  let ownDisk: DiskSpec;
  before(async () => {
    lab = await Lab.up(1);
    await lab.clean(1);
    core = await TestCore.open({ lab });
    bench = await CreateBench.open(lab, core);
    await bench.addImage('base.qcow2');
    await copyFile(path.join(images(), 'base.qcow2'), path.join(images(), 'disk.qcow2'));
    await writeFile(path.join(images(), 'installer.iso'), Buffer.alloc(1 << 20));
    await lab.exec(1, 'virsh', '-q', 'pool-refresh', 'default');
    const [disk] = (await bench.input('own', { kind: 'network' })).spec.disks;
    assert.ok(disk !== undefined);
    ownDisk = { ...disk, source: { kind: 'volume', pool: bench.pool, name: 'disk.qcow2' } };
  });
  after(async () => {
    await core.close();
    await lab.clean(1);
    await lab.release();
  });
  const images = (): string => path.join(lab.state, '1', 'images');
  const sources = (): CreateSource[] => [
    { kind: 'iso', medium: { kind: 'volume', pool: bench.pool, name: 'installer.iso' } },
    {
      kind: 'cloudImage',
      image: { kind: 'volume', pool: bench.pool, name: 'base.qcow2' },
      copy: false,
      cloudInit: { ...NO_CLOUD_INIT, packages: ['nginx'] },
    },
    { kind: 'disk' },
    { kind: 'network' },
  ];

  /** The plan of a system's machine as the sheet would have it, without a change; of an existing disk with that disk. */
  async function planOf(
    os: string | null,
    source: CreateSource,
  ): Promise<{ input: CreateInput; plan: CreatePlan }> {
    const { spec } = await core.client.create.defaults({ host: bench.host, os, source: source.kind });
    const input: CreateInput = {
      host: bench.host,
      name: `${os ?? 'unknown'}-${source.kind}`,
      count: 1,
      title: null,
      description: null,
      os,
      source,
      spec: {
        ...spec,
        disks: source.kind === 'disk' ? [ownDisk, ...spec.disks] : spec.disks,
        nics: spec.nics.map((nic) => ({ ...nic, source: { kind: 'user' } })),
      },
      start: true,
      autostart: false,
      xml: null,
    };
    const plan = await core.client.create.plan(input);
    assert.deepEqual(plan.problems, [], input.name);
    return { input, plan };
  }

  test('from each source: libvirt’s schema and its driver take the machine', async () => {
    const folder = path.join(images(), 'xml');
    await mkdir(folder);
    const commands: string[] = [];
    for (const os of [...OPERATING_SYSTEMS.map(({ shortId }) => shortId), null])
      for (const { input, plan } of await Promise.all(sources().map((source) => planOf(os, source)))) {
        await writeFile(path.join(folder, `${input.name}.xml`), plan.xml);
        commands.push(
          `define --validate /var/lib/libvirt/images/xml/${input.name}.xml`,
          `undefine ${input.name}`,
        );
      }
    const said = await lab.execWith(`${commands.join('\n')}\n`, 1, 'sh', '-c', 'virsh 2>&1');
    assert.doesNotMatch(said, /error/i, said);
    const defined = said.match(/defined from/g) ?? [];
    assert.equal(defined.length, commands.length / 2);
  });

  test('Windows is given what virt-install gives it on a host with firmware and swtpm', async () => {
    const given: Record<string, string> = {};
    const theirs: Record<string, string> = {};
    for (const os of ['win11', 'win10', 'win2k22', 'win7', 'winxp']) {
      const [iso] = sources();
      assert.ok(iso !== undefined);
      given[os] = hardware((await planOf(os, iso)).plan.xml);
      theirs[os] = hardware(
        await lab.exec(
          1,
          'sh',
          '-c',
          `virt-install --connect qemu:///system --dry-run --print-xml 1 --name w --osinfo ${os} \
            --cdrom /var/lib/libvirt/images/installer.iso --disk size=1 --graphics vnc --network user`,
        ),
      );
    }
    // XP has no driver for the card that QEMU calls e1000.
    theirs['winxp'] = theirs['winxp']?.replace('e1000', 'rtl8139') ?? '';
    assert.deepEqual(given, theirs);
    assert.equal(given['win11'], 'q35 efi sata,sata e1000e bochs tpm-crb localtime');
  });

  for (const os of JUDGED)
    for (const kind of ['iso', 'cloudImage', 'disk', 'network'] as const) {
      // The sources differ in the system's medium alone.
      if (kind !== 'iso' && os !== 'debian11') continue;
      test(`virt-install makes the same of our line: ${os ?? 'unknown'} from ${kind}`, async () => {
        const source = sources().find((one) => one.kind === kind);
        assert.ok(source !== undefined);
        const { input, plan } = await planOf(os, source);
        const line = plan.virtInstall.replace(
          /^virt-install /m,
          'virt-install --connect qemu:///system --dry-run --print-xml 1 ',
        );
        const userData = `${input.name}-user-data`;
        const theirs = await lab.exec(1, 'sh', '-ec', `cd /tmp; echo '#cloud-config' > ${userData}; ${line}`);
        // Its own drive of cloud-init's data it does not show.
        const shown = (xml: string) => facts(xml, kind === 'cloudImage' ? /seed\.iso|cloudinit/ : null);
        assert.deepEqual(shown(theirs), shown(plan.xml));
      });
    }
});

/** What the line says of a machine; the rest is virt-install's own choice for the system (docs/defaults.md). */
function facts(xml: string, without: RegExp | null) {
  const { virtType, name, memoryKiB, vcpus, cpu, os, disks, nics, graphics, video, tpm, rngs } =
    readDomain(xml);
  return {
    virtType,
    name,
    memoryKiB,
    vcpus,
    cpu: { mode: cpu.mode, cores: cpu.topology?.cores ?? null },
    machine: os.machine,
    firmware: os.firmware,
    secureBoot: os.secureBoot,
    disks: disks
      .map(({ device, bus, source, format }) => `${device} ${bus} ${format} ${source?.path ?? 'empty'}`)
      .filter((disk) => without?.test(disk) !== true)
      .toSorted(),
    nics: nics.map(({ type, model }) => `${type} ${model}`),
    graphics: graphics.map(({ type, listen }) => `${type} ${listen}`),
    video: video.map(({ model }) => model),
    tpm: tpm === null ? null : `${tpm.model} ${tpm.version}`,
    rngs: rngs.length,
  };
}

/** What a system's machine is made of, as docs/defaults.md tells it. */
function hardware(xml: string): string {
  const { os, disks, nics, video, tpm, clockOffset } = readDomain(xml);
  return [
    os.machine?.replace(/^pc-i440fx.*/, 'pc'),
    os.firmware,
    disks.map(({ bus }) => bus).join(','),
    nics.map(({ model }) => model).join(','),
    video.map(({ model }) => model).join(','),
    tpm?.model ?? '-',
    clockOffset,
  ].join(' ');
}
