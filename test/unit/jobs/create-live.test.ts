import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import type { CreateInput } from '../../../main/contract/create.ts';
import { liveDefaults } from '../../../main/jobs/create/live-defaults.ts';
import { FACTS, input, planned } from './create-input.ts';
import {
  type Asked,
  HOST,
  inputOf,
  known,
  seen,
  seenOf,
  SNAPSHOT,
  stepsOf,
  TARGET,
} from './create-live-input.ts';
import { DEBIAN, factsOf, ROCKY } from './p2v-source-samples.ts';

suite('a machine of one that runs', () => {
  test('has its firmware, memory, CPUs and MACs, and devices that its system has drivers for', () => {
    const { spec } = input({ kind: 'disk' });
    const { disks, spec: made } = liveDefaults(spec, {}, { seen: seen(), host: HOST });
    assert.deepEqual(disks, ['sda']);
    assert.deepEqual([made.firmware, made.memory.sizeMiB, made.cpu.vcpus], ['bios', 8192, 4]);
    assert.deepEqual(
      made.disks.map(({ bus, source }) => [bus, source.kind === 'new' && source.sizeBytes]),
      [['virtio', 41943040 * 512]],
    );
    assert.deepEqual(
      made.nics.map(({ mac, model }) => [mac, model]),
      [['3c:ec:ef:01:02:03', 'virtio']],
    );
    assert.throws(
      () => liveDefaults(spec, { disks: ['sdz'] }, { seen: seen(), host: HOST }),
      /root@files01 has no disk sdz; it has sda\./,
    );
  });

  test('nothing is changed on it that was not allowed', () => {
    assert.deepEqual(
      stepsOf({ format: 'raw' }).map((step) => step.split(' ')[0]),
      ['p2v.read', 'p2v.changes', 'create.define'],
    );
    const live = seen();
    const { warnings } = planned(inputOf(live), known(live));
    assert.match(
      warnings.join('\n'),
      /Without a snapshot of files01-vg\/root what is written to is read again/,
    );
  });

  suite('what its first boot needs is put on it', () => {
    const LINK = '/etc/systemd/network/10-virtlane-enp3s0.link';
    const BOOT = 'first-boot:/boot/efi/EFI/BOOT/BOOTX64.EFI';
    const names = (asked: Asked, live = seen()): string[] =>
      stepsOf({ ...asked, format: 'raw' }, live).map((step) => step.split(' ')[0] ?? '');

    test('until the snapshot has it', () => {
      const steps = stepsOf({ allow: [SNAPSHOT, `first-boot:${LINK}`, 'service:mariadb'], format: 'raw' });
      assert.deepEqual(
        steps.map((step) => step.split(' ')[0]),
        [
          'p2v.quiesce',
          'p2v.files',
          'p2v.snapshot',
          'p2v.release?',
          'p2v.release?',
          'p2v.read',
          'p2v.changes',
          'p2v.release?',
          'create.define',
        ],
      );
      assert.deepEqual(
        [steps[1], steps[4]],
        [
          `p2v.files Put ${LINK} on root@files01 for the first boot`,
          `p2v.release? Take back ${LINK} on root@files01`,
        ],
      );
    });

    test('until all is read, of what no snapshot holds', () => {
      const live = seen();
      const allow = [`first-boot:${LINK}`];
      assert.deepEqual(names({ allow }), [
        'p2v.files',
        'p2v.read',
        'p2v.changes',
        'p2v.release?',
        'create.define',
      ]);
      const { plan, machines } = planned(inputOf(live, { allow }), known(live));
      const params = (id: string) => plan.steps.find((step) => step.id === id)?.params;
      const tag = `virtlane-${(machines[0]?.uuid ?? '').slice(0, 8)}`;
      const source = { target: TARGET, keyFile: null };
      const text = '[Match]\nMACAddress=3c:ec:ef:01:02:03\nPath=*pci-*\n\n[Link]\nName=enp3s0\n';
      assert.deepEqual(params('source-files'), { source, tag, files: [{ kind: 'new', path: LINK, text }] });
      assert.deepEqual(params('source-files-back'), {
        source,
        services: null,
        snapshots: null,
        files: { step: 'source-files', only: null },
      });
      const changes = params('source-changes') as Record<string, unknown>;
      assert.deepEqual([changes['lease'], changes['withFiles'], changes['rests']], [tag, true, null]);
    });

    test('each of them as long as it takes; what is not allowed is told with what follows', () => {
      const rocky = factsOf(ROCKY);
      // Of one disk, so that a snapshot can be made of the root.
      const [group] = rocky.groups;
      assert.ok(group);
      const linear = {
        ...group,
        freeBytes: 2 ** 40,
        volumes: group.volumes.map((volume) => ({ ...volume, kind: 'linear' })),
      };
      const live = seenOf({ ...rocky, groups: [linear] });
      const allow = ['snapshot:rl/root', 'first-boot:/etc/fstab', BOOT];
      const { plan, warnings } = planned(inputOf(live, { allow }), known(live));
      const only = plan.steps.flatMap(({ id, params }) =>
        id.startsWith('source-files-') ? [[id, params]] : [],
      );
      const of = (paths: string[] | null) => ({
        source: { target: TARGET, keyFile: null },
        services: null,
        snapshots: null,
        files: { step: 'source-files', only: paths },
      });
      assert.deepEqual(only, [
        ['source-files-held', of(['/etc/fstab'])],
        ['source-files-back', of(null)],
      ]);
      assert.doesNotMatch(warnings.join('\n'), /Without \//);
      const less = planned(inputOf(live, { allow: [] }), known(live)).warnings.join('\n');
      assert.match(less, /Without \/etc\/fstab: \/dev\/sda1 may be other devices/);
      assert.match(less, /Without \/boot\/efi\/EFI\/BOOT\/BOOTX64\.EFI: It is what the firmware/);
    });

    test('but not for a card whose MAC the new machine has not', () => {
      const live = seen();
      const base = inputOf(live, { allow: [`first-boot:${LINK}`] });
      const input = {
        ...base,
        spec: { ...base.spec, nics: base.spec.nics.map((nic) => ({ ...nic, mac: null })) },
      };
      const { plan, problems, warnings } = planned(input, known(live));
      assert.deepEqual(problems, []);
      assert.equal(
        plan.steps.some(({ kind }) => kind === 'p2v.files'),
        false,
      );
      assert.match(warnings.join('\n'), /10-virtlane-enp3s0\.link is not written: it goes by the MAC 3c:ec/);
    });
  });

  test('its steps name what is the job’s own on it, and what the disk was when it was planned', () => {
    const live = seen();
    const { plan, machines } = planned(inputOf(live, { allow: [SNAPSHOT, 'service:mariadb'] }), known(live));
    const tag = `virtlane-${(machines[0]?.uuid ?? '').slice(0, 8)}`;
    const source = { target: TARGET, keyFile: null };
    const own = { group: 'files01-vg', origin: 'root', name: `${tag}-root`, sizeBytes: 512 * 4194304 };
    const params = (id: string) => plan.steps.find((step) => step.id === id)?.params;
    assert.deepEqual(params('source-services'), { source, tag, services: ['mariadb'] });
    assert.deepEqual(params('source-snapshots'), {
      source,
      tag,
      snapshots: [own],
      withFiles: false,
      rests: 'source-services',
      physical: ['/dev/sda5'],
    });
    assert.deepEqual(params('source-start'), { source, services: 'source-services', snapshots: null });
    assert.deepEqual(params('source-release'), {
      source,
      services: null,
      snapshots: { tag, snapshots: [own] },
    });
    const read = params('volume-1-1') as Record<string, unknown>;
    assert.deepEqual(
      [read['name'], read['lease'], read['packing'], read['snapshots']],
      [
        `files.qcow2.${tag.slice(9)}.import`,
        tag,
        'gzip',
        {
          step: 'source-snapshots',
          paths: [{ volume: '/dev/files01-vg/root', snapshot: `/dev/files01-vg/${tag}-root`, mapper: null }],
          later: false,
        },
      ],
    );
    assert.match(String(read['identity']), /^[0-9a-f]{64}$/);
  });

  test('what stands against it is said before anything is done', () => {
    const live = seen();
    const said = (of: CreateInput, facts = known(live)): string =>
      planned(of, facts)
        .problems.map(({ field, message }) => `${field}: ${message}`)
        .join('\n');
    const good = inputOf(live);
    assert.match(
      said(good, known('root@files01 could not be reached.')),
      /source\.target: root@files01 could/,
    );
    assert.match(said(good, known(null)), /source\.target: root@files01 was not looked at/);
    assert.match(said({ ...good, count: 2, name: 'files-#' }), /count: It is one machine/);
    assert.match(
      said(
        inputOf(live, {
          allow: [
            'service:docker',
            'service:nginx',
            'snapshot:files01-vg/swap_1',
            'fsck',
            'first-boot:/etc/shadow',
          ],
        }),
      ),
      /source\.allow: docker of root@files01 is not stopped[^]*The service nginx does not run on root@files01\.\n.*No snapshot of files01-vg\/swap_1 can be made[^]*fsck is no change that a copy asks for[^]*\/etc\/shadow of root@files01 is no file of these disks/,
    );
    const [disk] = good.spec.disks;
    assert.ok(disk?.source.kind === 'new');
    const withDisk = (change: object): CreateInput => ({
      ...good,
      spec: { ...good.spec, disks: [{ ...disk, source: { ...disk.source, ...change } }] },
    });
    assert.match(said(withDisk({ sizeBytes: 2 ** 40 })), /must be as large as \/dev\/sda/);
    assert.match(said(withDisk({ preallocation: 'full' })), /choose no preallocation/);
    assert.match(said({ ...good, spec: { ...good.spec, disks: [] } }), /sda are to be copied: each needs/);
    const container = seenOf({ ...factsOf(DEBIAN), virtualization: 'lxc' });
    assert.match(said(good, known(container)), /source\.target: It is a container \(lxc\)/);
  });

  test('a pool without the room, another firmware and the same MACs are told', () => {
    const live = seen();
    const base = inputOf(live, { allow: [SNAPSHOT] });
    const pools = FACTS.pools.map((pool) => ({ ...pool, availableBytes: 4 * 2 ** 30 }));
    const { warnings } = planned(
      { ...base, spec: { ...base.spec, firmware: 'efi' } },
      known(live, { pools }),
    );
    const text = warnings.join('\n');
    assert.match(text, /what is in root@files01 may take .* GiB, as it is there twice/);
    assert.match(text, /is set up for BIOS: by UEFI it most likely does not start/);
    assert.match(text, /It has the MACs of root@files01, and its addresses/);
  });
});
