import assert from 'node:assert/strict';
import { PassThrough } from 'node:stream';
import { suite, test } from 'node:test';
import type { DeletionPlan } from '../../../main/contract/domain.ts';
import { chooseVolumes } from '../../../main/cli/deletion.ts';
import { FakeFleet, runOn } from './fake-fleet.ts';
import { domainFixture, hostFixture, planFixture, volumeFixture } from './fixtures.ts';

const UUID = '00000000-0000-4000-8000-000000000001';
const OTHER = '00000000-0000-4000-8000-000000000002';
const DISK = volumeFixture('/images/web.qcow2');
const SHARED = volumeFixture('/images/data.qcow2', { keep: 'usedByOther', usedBy: ['mail'] });
const ISO = volumeFixture('/iso/debian.iso', { keep: 'readonly' });

function fleet(fields: Partial<DeletionPlan> = {}): FakeFleet {
  return new FakeFleet({
    hosts: [hostFixture('kvm-a')],
    domains: [domainFixture('kvm-a', 'web', { uuid: UUID }), domainFixture('kvm-a', 'mail', { uuid: OTHER })],
    plan: () => ({ ...planFixture(), volumes: [DISK, SHARED, ISO], ...fields }),
  });
}

/** A terminal at which `keys` are typed. */
function typing(keys: string): PassThrough {
  const keyboard = Object.assign(new PassThrough(), { isTTY: true, setRawMode: () => undefined });
  keyboard.write(keys);
  return keyboard;
}

suite('which files go with a machine', () => {
  const told = { unseen: false, yes: true };
  const plan = { ...planFixture(), volumes: [DISK, SHARED, ISO] };
  const paths = (choice: ReturnType<typeof chooseVolumes>): string[] => choice.go.map(({ path }) => path);

  test('none unless told', () => {
    const choice = chooseVolumes(plan, 'none', told);
    assert.deepEqual(paths(choice), []);
    assert.deepEqual(
      choice.stay.map(({ reason }) => reason),
      ['notChosen', 'usedByOther', 'readonly'],
    );
  });

  test('all: but those that something speaks for keeping', () =>
    assert.deepEqual(paths(chooseVolumes(plan, 'all', told)), [DISK.path]));

  test('all: not one that the plan would let go and another machine uses', () => {
    const used = volumeFixture('/images/both.qcow2', { usedBy: ['mail'] });
    assert.deepEqual(paths(chooseVolumes({ ...plan, volumes: [used] }, 'all', told)), []);
  });

  test('named: one that is only advised to stay goes', () =>
    assert.deepEqual(paths(chooseVolumes(plan, [ISO.path], told)), [ISO.path]));

  for (const keep of ['usedByOther', 'backing', 'notInPool'] as const)
    test(`named: one that must stay is refused (${keep})`, () => {
      const volume = volumeFixture('/images/base.qcow2', { keep, usedBy: ['mail'] });
      const choice = chooseVolumes({ ...plan, volumes: [volume] }, [volume.path], told);
      assert.deepEqual(paths(choice), []);
      assert.match(choice.refused[0] ?? '', /^\/images\/base\.qcow2 cannot be deleted: /);
    });

  const sentence = 'These pools are stopped, and what their volumes lie on cannot be seen: nfs.';
  const blind = volumeFixture('/images/base.qcow2', { keep: 'unseen' });
  const unsure = { ...plan, volumes: [blind], unseen: [sentence] };

  test('one that something unseen may need: with the others only when it is said', () => {
    assert.deepEqual(paths(chooseVolumes(unsure, 'all', { unseen: false, yes: false })), []);
    assert.deepEqual(paths(chooseVolumes(unsure, 'all', { unseen: true, yes: true })), [blind.path]);
  });

  test('named: goes where a person is asked, else it must be said', () => {
    const named = (told: { unseen: boolean; yes: boolean }) => chooseVolumes(unsure, [blind.path], told);
    assert.deepEqual(paths(named({ unseen: false, yes: false })), [blind.path]);
    assert.deepEqual(paths(named({ unseen: true, yes: true })), [blind.path]);
    const refused = named({ unseen: false, yes: true });
    assert.deepEqual(paths(refused), []);
    assert.deepEqual(refused.refused, [
      `${blind.path} may be needed by something else: ${sentence} --unseen deletes it.`,
    ]);
  });
});

suite('virtlane delete', () => {
  suite('of a template on whose disks others lie', () => {
    const template = (): FakeFleet =>
      new FakeFleet({
        hosts: [hostFixture('kvm-a')],
        domains: [domainFixture('kvm-a', 'web', { uuid: UUID, template: true })],
        plan: () => ({ ...planFixture(), volumes: [DISK, SHARED, ISO] }),
      });

    test('without a question it must be said, and they are named', async () => {
      const machines = template();
      const { code, out, err } = await runOn(machines, ['delete', 'web', '--yes']);
      assert.notEqual(code, 0);
      assert.equal(out, '');
      assert.match(err, /web is a template, and these lie on its disks: mail\. --template deletes/);
      assert.deepEqual(machines.calls, []);
    });

    test('said, it goes, and the disk stays', async () => {
      const machines = template();
      const { code, out } = await runOn(machines, ['delete', 'web', '--yes', '--all-disks', '--template']);
      assert.equal(code, 0);
      assert.match(out, /kept {5}\/images\/data\.qcow2/);
    });
  });

  test('without a terminal and without --yes: wrong use', async () => {
    const machines = fleet();
    const { code, out, err } = await runOn(machines, ['delete', 'web']);
    assert.equal(code, 2);
    assert.equal(out, '');
    assert.match(err, /--yes/);
    assert.deepEqual(machines.calls, []);
  });

  test('--yes: the definition goes, its disks stay and are named', async () => {
    const machines = fleet();
    const { code, out } = await runOn(machines, ['delete', 'web', '--yes']);
    assert.equal(code, 0);
    assert.deepEqual(machines.calls, [`delete ${UUID}`]);
    assert.deepEqual(out.trimEnd().split('\n'), [
      'web (kvm-a): deleted',
      '  kept     /images/web.qcow2',
      '  kept     /images/data.qcow2 (mail uses it too)',
      '  kept     /iso/debian.iso (it is read-only: probably an installer or a shared image)',
    ]);
  });

  test('--all-disks --json: what was deleted, what was kept and why', async () => {
    const machines = fleet();
    const { code, out } = await runOn(machines, ['delete', 'web', '--yes', '--all-disks', '--json']);
    assert.equal(code, 0);
    assert.deepEqual(machines.calls, [`delete ${UUID} ${DISK.key}`]);
    assert.deepEqual(JSON.parse(out), [
      {
        vm: 'web',
        host: 'kvm-a',
        name: 'web',
        uuid: UUID,
        done: true,
        error: null,
        deleted: [DISK.path],
        kept: [
          { path: SHARED.path, reason: 'usedByOther' },
          { path: ISO.path, reason: 'readonly' },
        ],
      },
    ]);
  });

  test('at a terminal what is lost is named before it is asked', async () => {
    const machines = fleet({ managedSave: true, snapshots: 2, nvram: '/nvram' });
    const args = ['delete', 'web', '--disk', DISK.path];
    const { code, err } = await runOn(machines, args, typing('yes\r'));
    assert.equal(code, 0);
    assert.deepEqual(machines.calls, [`delete ${UUID} ${DISK.key}`]);
    const question = err.indexOf('Type yes to delete');
    for (const words of [
      'web (kvm-a) will be deleted with its definition. There is no undo.',
      'Its saved state is lost.',
      '2 snapshots are lost.',
      'NVRAM',
      'delete   /images/web.qcow2 (vda, 20 MiB, 1 MiB on disk)',
      'keep     /images/data.qcow2 (mail uses it too)',
    ]) {
      const at = err.indexOf(words);
      assert.ok(at !== -1 && at < question, words);
    }
  });

  test('at a terminal what cannot be seen is told before it is asked', async () => {
    const unseen = ['These pools are stopped, and what their volumes lie on cannot be seen: nfs.'];
    const machines = fleet({ volumes: [volumeFixture(DISK.path, { keep: 'unseen' })], unseen });
    const { code, err } = await runOn(machines, ['delete', 'web', '--disk', DISK.path], typing('yes\r'));
    assert.equal(code, 0);
    const at = err.indexOf(`unseen   ${unseen.join()}`);
    assert.ok(at !== -1 && at < err.indexOf('Type yes to delete'), err);
  });

  for (const keys of ['y\r', 'no\r', '\r', '\x03'])
    test(`typing ${JSON.stringify(keys)} deletes nothing`, async () => {
      const machines = fleet();
      const { code, err } = await runOn(machines, ['delete', 'web'], typing(keys));
      assert.equal(code, 1);
      assert.match(err, /Nothing is deleted/);
      assert.deepEqual(machines.calls, []);
    });

  test('a disk that another machine uses is refused before anything goes', async () => {
    const machines = fleet();
    const args = ['delete', 'web', 'mail', '--yes', '--disk', SHARED.path, '--disk', DISK.path];
    const { code, err } = await runOn(machines, args);
    assert.equal(code, 1);
    assert.match(err, /data\.qcow2 cannot be deleted: mail uses it too/);
    assert.deepEqual(machines.calls, []);
  });

  test('a path that is no disk of it is wrong use', async () => {
    const machines = fleet();
    const { code, err } = await runOn(machines, ['delete', 'web', '--yes', '--disk', '/etc/passwd']);
    assert.equal(code, 2);
    assert.match(err, /\/etc\/passwd is no disk of web/);
    assert.deepEqual(machines.calls, []);
  });

  test('a machine that runs needs --force', async () => {
    const machines = fleet({ running: true });
    const { code, err } = await runOn(machines, ['delete', 'web', '--yes']);
    assert.equal(code, 1);
    assert.match(err, /web runs on kvm-a.*--force/);
    assert.deepEqual(machines.calls, []);
    assert.equal((await runOn(machines, ['delete', 'web', '--yes', '--force'])).code, 0);
    assert.deepEqual(machines.calls, [`delete ${UUID} force`]);
  });

  test('one name that is wrong: nothing is deleted', async () => {
    const machines = fleet();
    assert.equal((await runOn(machines, ['delete', 'web', 'wbe', '--yes'])).code, 1);
    assert.deepEqual(machines.calls, []);
  });

  test('a machine that is named twice is deleted once', async () => {
    const machines = fleet();
    const { code, out } = await runOn(machines, ['delete', 'web', UUID, '--yes', '--json']);
    assert.equal(code, 0);
    assert.equal((JSON.parse(out) as unknown[]).length, 1);
  });

  test('--disk beside --all-disks is wrong use', async () => {
    const { code } = await runOn(fleet(), ['delete', 'web', '--yes', '--all-disks', '--disk', DISK.path]);
    assert.equal(code, 2);
  });
});
