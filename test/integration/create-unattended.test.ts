import assert from 'node:assert/strict';
import { copyFile, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, suite, test } from 'node:test';
import type { Unattended } from '../../main/contract/unattended.ts';
import { Lab } from '../lab/lab.ts';
import { TestCore } from '../support/core.ts';
import { CreateBench } from './create-lab.ts';
import { makeIso } from './create-media.ts';

const LINUX = {
  hostname: null,
  user: { name: 'ann', fullName: 'Ann', password: 'geheim', sshKeys: ['ssh-ed25519 AAAA ann'] },
  timezone: 'Europe/Paris',
  locale: 'fr_FR.UTF-8',
  keyboard: 'fr',
  packages: ['qemu-guest-agent'],
};

suite('a machine whose installer asks nothing', { timeout: 600_000 }, () => {
  let lab: Lab;
  let core: TestCore;
  let bench: CreateBench;
  let folder: string;
  before(async () => {
    lab = await Lab.up(1);
    await lab.clean(1);
    core = await TestCore.open({ lab });
    bench = await CreateBench.open(lab, core);
    folder = await mkdtemp(path.join(tmpdir(), 'virtlane-unattended-'));
    const iso = await makeIso(folder, { label: 'Fedora-S-dvd-x86_64-42' });
    await copyFile(iso, path.join(lab.state, '1', 'images', 'installer.iso'));
    await lab.exec(1, 'virsh', '-q', 'pool-refresh', 'default');
  });
  after(async () => {
    await core.close();
    await lab.clean(1);
    await lab.release();
    await rm(folder, { recursive: true });
  });

  test('the installer boots, and finds its answers on the CD of that label', async () => {
    const medium = { kind: 'volume' as const, pool: bench.pool, name: 'installer.iso' };
    const unattended: Unattended = { kind: 'kickstart', tree: null, ...LINUX };
    const input = await bench.input('kick', { kind: 'iso', medium, unattended }, { os: 'fedora42' });
    // The tiny guest has no driver for SATA.
    const disks = input.spec.disks.map((disk) =>
      disk.device === 'cdrom' ? { ...disk, bus: 'scsi' as const } : disk,
    );
    const { job, machines } = await core.client.create.run({ ...input, spec: { ...input.spec, disks } });
    const ended = await bench.done(job);
    assert.ok(ended.log.some(({ text }) => text.includes('kick-answers.iso')));
    assert.doesNotMatch(JSON.stringify(ended), /geheim|\$6\$/);
    const shell = await bench.shell(machines[0]?.uuid ?? '');
    shell.type(
      '\nfor d in /dev/sr0 /dev/sr1; do mkdir -p /m$d; mount -r -t iso9660 $d /m$d; done; ls /m/dev/sr0; cat /m/dev/sr1/ks.cfg\n',
    );
    await shell.shows(/isolinux/);
    await shell.shows(/--hostname=kick/);
    await shell.shows(/user --name=ann --groups=wheel --iscrypted --password="\$6\$/);
    await shell.shows(/%end/);
    const all = await core.client.create.options({ host: bench.host });
    assert.deepEqual(
      all.isos.map(({ name }) => name),
      ['installer.iso'],
    );
    assert.equal(all.systems.find(({ id }) => id === 'fedora42')?.unattended, 'kickstart');
  });
});
