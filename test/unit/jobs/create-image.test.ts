import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { readImage } from '../../../drivers/formats/clonezilla/read-image.ts';
import type { CreateInput } from '../../../main/contract/create.ts';
import type { CreateFacts } from '../../../main/jobs/create/facts.ts';
import { imageDefaults } from '../../../main/jobs/create/image-defaults.ts';
import { virtInstall } from '../../../main/jobs/create/virt-install.ts';
import { imageMachine } from '../../../main/jobs/p2v/image-facts.ts';
import type { Facts } from '../../../main/jobs/p2v/plan-builder.ts';
import type { SavedMachine } from '../../../main/jobs/p2v/saved-machine.ts';
import { survey } from '../../../main/jobs/p2v/survey.ts';
import { memoryFiles } from '../../support/image-files.ts';
import { FACTS, input, planned, POOL } from './create-input.ts';

const MIB = 1 << 20;
const NIC = { kind: 'network', network: 'default', portGroup: null } as const;
const HOST = { name: 'kvm-a', cpus: 8, pool: POOL, nic: NIC, format: 'qcow2' } as const;
const PATH = '/backup/iron';

/** Two disks of 2 MiB with one partition each; the second one's content is missing. */
async function factsOf(
  more: Readonly<Record<string, string>> = {},
  contents: Facts | null = null,
): Promise<SavedMachine> {
  const dump = (disk: string): string =>
    `label: dos\nunit: sectors\n\n/dev/${disk}1 : start= 2048, size= 2048, type=83\n`;
  const mbr = Buffer.alloc(512);
  mbr[446 + 4] = 0x83;
  mbr.writeUInt32LE(2048, 446 + 8);
  mbr.writeUInt32LE(2048, 446 + 12);
  mbr.writeUInt16BE(0x55aa, 510);
  const files = memoryFiles({
    disk: 'sda sdb',
    parts: 'sda1 sdb1',
    'sda-mbr': mbr,
    'sdb-mbr': mbr,
    'sda-pt.sf': dump('sda'),
    'sdb-pt.sf': dump('sdb'),
    'sda1.dd-img': Buffer.alloc(MIB, 1),
    'Info-dmi.txt':
      'Handle 0x4, DMI type 4\nProcessor Information\n\tStatus: Populated, Enabled\n\tThread Count: 16\n\nHandle 0x11, DMI type 17\nMemory Device\n\tSize: 4 GB\n',
    'Info-lshw.txt': ['3c:ec:ef:00:00:01', '01:00:5e:00:00:01', '3c:ec:ef:00:00:02']
      .map((mac) => `  *-network\n       serial: ${mac}\n`)
      .join(''),
    ...more,
  });
  const image = await readImage(files);
  return imageMachine({ files, image, contents: contents ?? (await survey(files, image)) });
}

interface Asked {
  readonly facts: SavedMachine;
  readonly disks?: string[];
  readonly format?: 'raw' | 'qcow2';
}

function inputOf({ facts, disks = ['sda'], format = 'qcow2' }: Asked): CreateInput {
  const base = input({ kind: 'clonezilla', path: PATH, disks });
  const { spec } = imageDefaults(base.spec, { disks, format }, { saved: facts, host: HOST });
  return { ...base, name: 'iron', os: null, spec };
}

const known = (saved: CreateFacts['saved'], more: Partial<CreateFacts> = {}): CreateFacts => ({
  ...FACTS,
  ...more,
  saved,
});

suite('a machine of an image of Clonezilla', () => {
  test('has the memory and MACs of the machine that was saved, as many CPUs as the host has, SATA and e1000e', async () => {
    const facts = await factsOf();
    const { spec } = input({ kind: 'disk' });
    const asked = { format: 'qcow2' as const };
    const { disks, spec: made, warnings } = imageDefaults(spec, asked, { saved: facts, host: HOST });
    assert.deepEqual(disks, ['sda', 'sdb']);
    assert.deepEqual(
      [made.firmware, made.memory.sizeMiB, made.cpu.vcpus, made.video],
      ['bios', 4096, 8, 'vga'],
    );
    assert.match(warnings.join(), /The machine had 16 CPUs, and kvm-a has 8/);
    assert.deepEqual(
      made.nics.map(({ mac, model, source }) => [mac, model, source]),
      [
        ['3c:ec:ef:00:00:01', 'e1000e', NIC],
        ['3c:ec:ef:00:00:02', 'e1000e', NIC],
      ],
      'the address of a group is none of a card',
    );
    assert.deepEqual(
      made.disks.map(({ bus, source }) => [bus, source.kind === 'new' && source.sizeBytes]),
      [
        ['sata', 2 * MIB],
        ['sata', 2 * MIB],
      ],
    );
    const uefi = await factsOf({ 'efi-nvram.dat': 'BootCurrent: 0000' });
    assert.equal(imageDefaults(spec, asked, { saved: uefi, host: HOST }).spec.firmware, 'efi');
    const clock = async (list: string): Promise<string> =>
      imageDefaults(spec, asked, { saved: await factsOf({ 'dev-fs.list': list }), host: HOST }).spec.clock;
    assert.equal(await clock('/dev/sda1 ntfs 1G\n'), 'localtime');
    assert.equal(await clock('/dev/sda1 ntfs 1G\n/dev/sdb1 ext4 1G\n'), 'utc');
    const formats = (format: 'raw' | 'qcow2', among: object): unknown[] =>
      imageDefaults(spec, among, { saved: facts, host: { ...HOST, format } }).spec.disks.map(
        ({ source }) => source.kind === 'new' && source.format,
      );
    assert.deepEqual(formats('raw', {}), ['raw', 'raw'], 'as the pool can have it');
    assert.deepEqual(formats('qcow2', { format: 'raw', disks: ['sda'] }), ['raw'], 'as it is asked for');
    const wrong = { ...asked, disks: ['sdz'] };
    assert.throws(
      () => imageDefaults(spec, wrong, { saved: facts, host: HOST }),
      /The image has no disk sdz; it has sda, sdb\./,
    );
  });

  test('raw bytes go into a raw volume alone: the host makes qcow2 of it, and it is deleted', async () => {
    const facts = await factsOf();
    const { plan, problems, machines, warnings } = planned(inputOf({ facts }), known(facts));
    assert.deepEqual(problems, []);
    const uuid = machines[0]?.uuid ?? '';
    const raw = `iron.qcow2.${uuid.slice(0, 8)}.import`;
    assert.deepEqual(
      plan.steps.map(({ kind, title }) => [kind, title]),
      [
        ['p2v.fill', `Restore sda of ${PATH} to iron.qcow2 in default`],
        ['volume.copy', 'Convert it to qcow2'],
        ['volume.delete', `Delete ${raw}`],
        ['create.define', 'Define iron'],
        ['create.start', 'Start iron'],
      ],
    );
    const at = { host: 'h', pool: POOL, poolName: 'default' };
    assert.deepEqual(plan.steps[0]?.params, {
      ...at,
      name: raw,
      image: PATH,
      on: null,
      disk: 'sda',
      sizeBytes: 2 * MIB,
      isConverted: true,
    });
    // What was written is raw, whatever the host takes it for.
    const claim = { machine: 'this job', format: 'raw' };
    assert.deepEqual(plan.steps[1]?.params, {
      ...at,
      name: 'iron.qcow2',
      capacityBytes: 2 * MIB,
      format: 'qcow2',
      from: { pool: POOL, poolName: 'default', name: raw, claim },
    });
    assert.match(warnings.join('\n'), /MACs of the machine that was saved[^]*/);
    assert.match(warnings.join('\n'), /^sdb of the image is left out\.$/m);
    assert.match(warnings.join('\n'), /sda1 is unchecked/);
    const plain = planned(inputOf({ facts, format: 'raw' }), known(facts)).plan.steps;
    assert.deepEqual(
      plain.map(({ kind }) => kind),
      ['p2v.fill', 'create.define', 'create.start'],
    );
  });

  test('read first, it is read before anything is made', async () => {
    const facts = await factsOf();
    const of = inputOf({ facts });
    const source = { kind: 'clonezilla' as const, path: PATH, disks: ['sda'], verify: true };
    const [first, second] = planned({ ...of, source }, known(facts)).plan.steps;
    assert.deepEqual([first?.kind, first?.params], ['p2v.verify', { image: PATH, on: null }]);
    assert.equal(second?.kind, 'p2v.fill');
  });

  test('what stands against it is told by field', async () => {
    const facts = await factsOf();
    const told = (of: CreateInput, known_ = known(facts)): string[] =>
      planned(of, known_).problems.map(({ field, message }) => `${field}: ${message}`);
    const one = inputOf({ facts });
    assert.deepEqual(told(one, known('/backup/iron is not there.')), [
      'source.path: /backup/iron is not there.',
    ]);
    assert.match(
      told(inputOf({ facts, disks: ['sda', 'sdb'] })).join(),
      /^spec\.disks\.1\.source: sdb cannot be restored\. The content of sdb1 is missing/,
    );
    assert.match(
      told({ ...one, source: { kind: 'clonezilla', path: PATH, disks: ['sdz'] } }).join(),
      /^source\.disks: The image has no disk sdz; it has sda, sdb\./,
    );
    assert.match(
      told({ ...one, source: { kind: 'clonezilla', path: PATH, disks: ['sda', 'sda'] } }).join('\n'),
      /^source\.disks: A disk of the image is named twice\.\nspec\.disks: The image has 2 disks to be restored/,
    );
    const large = await factsOf({
      'sda-pt.sf': 'label: dos\nsector-size: 4096\n\n/dev/sda1 : start= 2048, size= 2048, type=83\n',
    });
    assert.match(
      told(one, known(large)).join(),
      /spec\.disks\.0\.bus: sda has sectors of 4096 bytes, which no disk on sata has/,
    );
    assert.match(told({ ...one, count: 2, name: 'iron-#' }).join(), /count: An image is of one machine/);
    const changed = (change: { sizeBytes?: number; preallocation?: 'full' }): CreateInput => ({
      ...one,
      spec: {
        ...one.spec,
        disks: one.spec.disks.map((disk) =>
          disk.source.kind === 'new' ? { ...disk, source: { ...disk.source, ...change } } : disk,
        ),
      },
    });
    assert.match(
      told(changed({ sizeBytes: MIB })).join(),
      /sda cannot be restored\. It does not fit on 1 MiB: its partitions need 2 MiB\./,
    );
    assert.match(told(changed({ preallocation: 'full' })).join(), /choose no preallocation/);
  });

  test('room that the pool may not have is said; converted, it is there twice for a while', async () => {
    const used = 3 * 2 ** 30;
    const contents = new Map([
      [
        'sda1',
        {
          format: 'partclone 2',
          fileSystem: 'EXTFS',
          deviceBytes: MIB,
          usedBytes: used,
          checked: 'crc32',
          compression: 'gzip',
        } as const,
      ],
    ]);
    const facts = await factsOf({}, contents);
    const pools = FACTS.pools.map((pool) =>
      pool.uuid === POOL ? { ...pool, availableBytes: 4 * 2 ** 30 } : pool,
    );
    const told = (format: 'raw' | 'qcow2'): string =>
      planned(inputOf({ facts, format }), known(facts, { pools }))
        .warnings.filter((warning) => warning.includes('what is in the image'))
        .join();
    assert.equal(told('raw'), '');
    assert.match(
      told('qcow2'),
      /has 4 GiB left, and what is in the image may take 6 GiB, as it is there twice/,
    );
  });

  test('as lines for virt-install the restore comes first', async () => {
    const facts = await factsOf();
    for (const format of ['raw', 'qcow2'] as const) {
      const of = inputOf({ facts, format });
      const [machine] = planned(of, known(facts)).machines;
      assert.ok(machine);
      const lines = virtInstall(of, machine, known(facts));
      assert.match(
        lines,
        format === 'raw'
          ? /^virtlane p2v restore \/backup\/iron --disk sda --to-raw \S+\/iron\.img\nvirt-install/
          : /--to-raw (\S+)\/iron\.qcow2\.raw\nqemu-img convert -f raw -O qcow2 \1\/iron\.qcow2\.raw \1\/iron\.qcow2\nvirt-install/,
      );
      assert.match(lines, /--import/);
      assert.doesNotMatch(lines, /size=/);
    }
  });
});
