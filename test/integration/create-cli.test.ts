import assert from 'node:assert/strict';
import { chmod, copyFile, cp, mkdir, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { after, before, suite, test } from 'node:test';
import { Lab } from '../lab/lab.ts';
import { missing } from '../support/commands.ts';
import { TestCore } from '../support/core.ts';
import { TreeServer } from '../support/tree-server.ts';
import { CliProcesses, type CliResult } from './cli-process.ts';
import { bringsNothingAlong } from './disguised-disk.ts';
import { CreateBench, GUEST } from './create-lab.ts';
import { saveTinyGuest } from './p2v-disks.ts';
import { SavedMachine, TOOLS } from './p2v-image.ts';

suite('virtlane create', { timeout: 600_000 }, () => {
  let lab: Lab;
  let cli: CliProcesses;
  let common: string[];
  before(async () => {
    lab = await Lab.up(1);
    await lab.clean(1);
    cli = await CliProcesses.create();
    const ssh = path.join(cli.home, '.ssh');
    await mkdir(ssh, { mode: 0o700 });
    await copyFile(lab.keyFile, path.join(ssh, 'id_ed25519'));
    await chmod(path.join(ssh, 'id_ed25519'), 0o600);
    await writeFile(path.join(cli.home, 'key.pub'), 'ssh-ed25519 AAAA me@laptop\n');
    await writeFile(path.join(cli.home, 'password'), 'geheim\n');
    await copyFile(GUEST, path.join(cli.home, 'tiny.qcow2'));
    common = ['--accept-new', '-c', `qemu+ssh://root@${lab.address(1)}/system`];
  });
  after(async () => {
    await cli.remove();
    await lab.clean(1);
    await lab.release();
  });
  const image = (name: string, ...more: string[]): string[] => {
    const source = ['--cloud-image', path.join(cli.home, 'tiny.qcow2'), '--os', 'debian12'];
    const size = ['--memory', '128MiB', '--vcpus', '1', '--disk-size', '256MiB', '--network', 'user'];
    const key = ['--user', 'me', '--ssh-key', path.join(cli.home, 'key.pub')];
    const password = ['--password-file', path.join(cli.home, 'password')];
    return [...common, 'create', name, ...source, ...size, ...key, ...password, ...more];
  };
  const machines = (): Promise<string> => lab.exec(1, 'virsh', 'list', '--all', '--name');

  test('--dry-run says the steps, --show-xml the XML; nothing is made', async () => {
    const dry = await cli.run(...image('dry', '--dry-run'));
    assert.equal(dry.code, 0, dry.err);
    assert.match(dry.out.toString(), /^Machine: .+, disks on virtio\nCard: .+\nSteps:\n {2}Upload tiny/);
    assert.match(dry.out.toString(), /^ {2}Create the disk dry\.qcow2 on tiny\.qcow2/m);
    const shown = await cli.run(...image('dry', '--show-xml'));
    assert.match(shown.out.toString(), /^ {2}<name>dry<\/name>$/m);
    assert.equal((await machines()).trim(), '');
  });

  test('--show-fields prints what --set takes; XML of one’s own is followed, and what is said beside it written in', async () => {
    const fields = await cli.run(...image('dry', '--show-fields'));
    assert.match(fields.out.toString(), /^memory[.]hugepages=false$/m);
    const shown = await cli.run(...image('dry', '--show-xml'));
    const own = path.join(cli.home, 'own.xml');
    const tune = '<cputune><shares>512</shares></cputune>';
    await writeFile(
      own,
      shown.out
        .toString()
        .replace('<os', `${tune}<os`)
        .replace(/<title>.*<.title>/, ''),
    );
    const set = ['--xml', own, '--set', 'watchdog={"model":"itco","action":"pause"}', '--title', 'My own'];
    const changed = await cli.run(...image('dry', ...set, '--show-xml'));
    assert.equal(changed.code, 0, changed.err);
    for (const part of [tune, "<watchdog model='itco' action='pause'/>", '<title>My own</title>'])
      assert.ok(changed.out.toString().includes(part), `${part} in ${changed.out.toString()}`);
    const wrong = await cli.run(...image('dry', '--set', 'memory.hugepage=true', '--dry-run'));
    assert.equal(wrong.code, 2);
    assert.match(wrong.err, /there is no field hugepage; there are sizeMiB, hugepages, shared/);
  });

  test('a cloud image of this computer is uploaded, and the machine runs', async () => {
    const { code, out, err } = await cli.run(...image('made', '--json'));
    assert.equal(code, 0, err);
    const [machine] = JSON.parse(out.toString()) as { name: string; uuid: string }[];
    assert.equal(machine?.name, 'made');
    assert.equal((await lab.exec(1, 'virsh', 'domstate', machine?.uuid ?? '')).trim(), 'running');
    assert.ok(!`${out.toString()}${err}`.includes('geheim'));
    const seed = await lab.exec(1, 'sh', '-c', 'tr -d "\\000" </var/lib/libvirt/images/made-seed.iso');
    assert.match(seed, /ssh-ed25519 AAAA me@laptop/);
    assert.match(seed, /\$6\$/);
    assert.ok(!seed.includes('geheim'));
  });

  test('--tree: the kernel and initrd that it has, from its address or from that of --os', async () => {
    const server = await TreeServer.start(
      new Map([
        ['t/.treeinfo', '[images-x86_64]\nkernel = k\ninitrd = i\n'],
        ['t/k', 'kernel'],
        ['t/i', 'initrd'],
      ]),
    );
    try {
      const tree = [...common, 'create', 'tree', '--network', 'user', '--dry-run', '--tree'];
      const planned = await cli.run(...tree, server.url('t'), '--extra-args', 'quiet');
      assert.equal(planned.code, 0, planned.err);
      assert.match(planned.out.toString(), /Fetch http:\S+\/t\/k to default/);
      assert.match(planned.out.toString(), /Wait until tree is installed/);
      const none = await cli.run(...tree, server.url('nothing'));
      assert.equal(none.code, 2);
      assert.match(none.err, /--tree: There is no installer for x86_64 at http/);
      const auto = await cli.run(...tree, 'auto');
      assert.equal(auto.code, 2);
      assert.match(auto.err, /--tree auto needs --os/);
    } finally {
      await server.stop();
    }
  });

  test('--unattended: the answers of the user; without a password, or for a system that takes none, wrong use', async () => {
    await lab.exec(
      1,
      'sh',
      '-c',
      'truncate -s 1M /var/lib/libvirt/images/f.iso; virsh -q pool-refresh default',
    );
    const iso = [
      ...common,
      'create',
      'self',
      '--iso',
      'f.iso',
      '--unattended',
      '--network',
      'user',
      '--no-start',
    ];
    const password = ['--password-file', path.join(cli.home, 'password')];
    const made = await cli.run(
      ...iso,
      '--os',
      'fedora42',
      '--user',
      'me',
      '--timezone',
      'Asia/Tokyo',
      ...password,
    );
    assert.equal(made.code, 0, made.err);
    const answers = await lab.exec(1, 'sh', '-c', 'tr -d "\\000" </var/lib/libvirt/images/self-answers.iso');
    assert.match(answers, /timezone Asia\/Tokyo --utc/);
    assert.match(answers, /user --name=me /);
    assert.ok(!answers.includes('geheim'));
    assert.ok(!`${made.out.toString()}${made.err}`.includes('$6$'));
    const nobody = await cli.run(...iso, '--os', 'fedora42', '--user', 'me');
    assert.equal(nobody.code, 2);
    assert.match(nobody.err, /--password-file/);
    const other = await cli.run(...iso, '--os', 'freebsd14.0', ...password);
    assert.equal(other.code, 2);
  });

  test('template keep, list, create, release: what runs is not kept, and what others lie on is not released', async () => {
    const template = (...args: string[]) => cli.run(...common, 'template', ...args);
    const virsh = (...args: string[]): Promise<string> => lab.exec(1, 'virsh', '-q', ...args);
    const runs = await template('keep', 'made');
    assert.notEqual(runs.code, 0);
    assert.match(runs.err, /made .*is not off: shut it down first/);
    await virsh('destroy', 'made');
    const kept = await template('keep', 'made');
    assert.equal(kept.code, 0, kept.err);
    assert.match(kept.out.toString(), /^made \(.+\): kept as a template\n$/);
    assert.match((await template('list')).out.toString(), /^NAME +HOST *\nmade +\S+ *\n$/);
    const started = await cli.run(...common, 'start', 'made');
    assert.notEqual(started.code, 0);
    assert.match(started.err, /is a template and is not started/);

    const several = ['create', 'made', 'web-#', '--count', '2', '--memory', '96MiB', '--no-start'];
    const dry = await template(...several, '--dry-run');
    assert.match(
      dry.out.toString(),
      /^Steps:\n {2}Create the disk web-1[.]qcow2 on made[.]qcow2 in default\n/,
    );
    assert.ok(!(await machines()).includes('web-1'));
    const created = await template(...several);
    assert.equal(created.code, 0, created.err);
    assert.match(created.out.toString(), /^web-1 \(.+\): created\nweb-2 \(.+\): created\n$/);
    assert.match(await virsh('dumpxml', 'web-2'), /<memory unit='KiB'>98304</);
    for (const name of ['web-1', 'web-2'])
      assert.deepEqual((await virsh('domblklist', name)).match(/[^/]+-seed[.]iso/g), [`${name}-seed.iso`]);
    const all = await cli.run(...common, 'delete', 'web-2', '--all-disks', '--yes');
    assert.match(all.out.toString(), /deleted {2}.+web-2-seed[.]iso/, all.err);
    const left = await virsh('vol-list', 'default');
    assert.ok(
      !left.includes('web-2') && left.includes('web-1-seed.iso') && left.includes('made-seed.iso'),
      left,
    );
    const again = await template('create', 'made', 'web-1');
    assert.notEqual(again.code, 0);
    assert.match(again.err, /has a machine web-1 already/);

    const used = await template('release', 'made');
    assert.notEqual(used.code, 0);
    assert.match(used.err, /web-1 on .+ lies on the disks of made/);
    const released = await template('release', 'made', '--force', '--json');
    assert.equal(released.code, 0, released.err);
    assert.doesNotMatch(await virsh('dumpxml', 'made'), /virtlane:template/);
    assert.equal((await template('list')).out.toString(), '');
  });

  test('clone: a choice for each disk, said before, told by a CD of its own', async () => {
    const clone = (...args: string[]) => cli.run(...common, 'clone', 'made', ...args);
    const wrong = await clone('twin', '--disk', 'vda=steal');
    assert.equal(wrong.code, 2);
    assert.match(wrong.err, /TARGET=WAY.+copy, link, share, empty, omit/);
    const linked = await clone('twin', '--disk', 'vda=link', '--dry-run');
    assert.equal(linked.code, 2, linked.err);
    assert.match(linked.err, /--disk vda: .+keep made as a template/);
    const disks = ['--disk', 'vda=copy:default:raw'];
    const dry = await clone('twin', ...disks, '--dry-run', '--json');
    assert.match(dry.out.toString(), /Copy made[.]qcow2 to the disk twin[.]img in default/);
    assert.ok(!(await machines()).includes('twin'));
    const made = await clone('twin-#', '--count', '2', ...disks);
    assert.equal(made.code, 0, made.err);
    assert.match(made.out.toString(), /^twin-1 \(.+\): created\ntwin-2 \(.+\): created\n$/);
    const blocks = await lab.exec(1, 'virsh', '-q', 'domblklist', 'twin-2');
    assert.match(blocks, /twin-2[.]img\n[^]*twin-2-seed[.]iso/);
  });

  test('a name that is taken, and no source: 1 and 2, with a sentence', async () => {
    const taken = await cli.run(...common, 'create', 'made', '--disk', 'tiny.qcow2', '--network', 'user');
    assert.equal(taken.code, 2, taken.err);
    assert.match(taken.err, /has a machine made already/);
    const none = await cli.run(...common, 'create', 'x');
    assert.equal(none.code, 2);
    assert.match(none.err, /--iso, --tree, --cloud-image, --disk, --pxe or --container/);
  });

  suite('p2v import', { skip: missing('qemu-img', ...TOOLS) }, () => {
    const at = '/var/lib/libvirt/images';
    let saved: SavedMachine;
    before(async () => {
      saved = new SavedMachine(path.join(cli.home, 'saved'));
      await saveTinyGuest(saved, path.join(cli.home, 'tiny.qcow2'));
    });
    /** Its shell answers; then it is ended. */
    const boots = async (name: string): Promise<void> => {
      const core = await TestCore.open({ lab });
      try {
        const bench = await CreateBench.open(lab, core);
        await bench.shell((await lab.exec(1, 'virsh', 'domuuid', name)).trim());
      } finally {
        await core.close();
      }
    };
    const importOf = (from: string, ...args: string[]): Promise<CliResult> =>
      cli.run(...common, 'p2v', 'import', from, '--network', 'user', ...args);
    const imported = (...args: string[]): Promise<CliResult> => importOf(saved.image, ...args);

    test('the machine that was saved boots, with its memory, CPUs and MAC', async () => {
      const { code, out, err } = await imported('--name', 'iron', '--start');
      assert.equal(code, 0, err);
      assert.match(out.toString(), /^iron \(.*\): created and started$/m);
      assert.match(err, /It has the MACs of the machine that was saved/);
      await boots('iron');
      const xml = await lab.exec(1, 'virsh', 'dumpxml', 'iron');
      assert.match(xml, /<memory unit='KiB'>196608<[^]*<vcpu[^>]*>1<[^]*<mac address='52:54:00:12:34:56'\/>/);
      assert.match(await lab.exec(1, 'qemu-img', 'info', '-U', `${at}/iron.qcow2`), /file format: qcow2/);
      assert.doesNotMatch(await lab.exec(1, 'ls', at), /[.]import$/m, 'what was converted is gone');
      await lab.exec(1, 'virsh', '-q', 'destroy', 'iron');
    });

    test('as a raw volume its disk is byte for byte what was saved, and takes the room of what it holds', async () => {
      const { code, err } = await imported('--name', 'ore', '--format', 'raw', '--new-macs');
      assert.equal(code, 0, err);
      const [sum] = (await lab.exec(1, 'sha256sum', `${at}/ore.img`)).split(' ');
      assert.equal(sum, saved.sh('sha256sum sda').split(' ')[0]);
      const [allocated = ''] = (await lab.exec(1, 'du', '-k', `${at}/ore.img`)).split('\t');
      assert.ok(Number(allocated) < 40 * 1024, `${allocated} KiB`);
      const xml = await lab.exec(1, 'virsh', 'dumpxml', 'ore');
      assert.doesNotMatch(xml, /52:54:00:12:34:56/);
      assert.match(xml, /<source file='[^']*ore\.img'\/>\s*<target dev='sda' bus='sata'\/>/);
      assert.match(xml, /<model type='e1000e'\/>/);
    });

    test('a VHDX becomes a machine, which boots from virtio after the two steps to it', async () => {
      const file = path.join(cli.home, 'office.vhdx');
      saved.sh(`qemu-img convert -q -f raw -O vhdx sda ${file}`);
      const { code, err } = await importOf(file, '--name', 'office', '--memory', '192MiB');
      assert.equal(code, 0, err);
      const xml = await lab.exec(1, 'virsh', 'dumpxml', 'office');
      assert.match(xml, /<target dev='sda' bus='sata'\/>[^]*<model type='e1000e'\/>/);
      // In the two steps that Windows needs.
      const virtio = (...args: string[]): Promise<CliResult> =>
        cli.run(...common, 'p2v', 'virtio', 'office', ...args);
      const prepared = await virtio('--prepare');
      assert.equal(prepared.code, 0, prepared.err);
      const targets = async (): Promise<string> => lab.exec(1, 'virsh', '-q', 'domblklist', 'office');
      assert.match(await targets(), /sda .*office\.qcow2\s+vda .*office-virtio\.img/);
      assert.match((await virtio('--prepare')).err, /office is prepared already/);
      const finished = await virtio('--finish');
      assert.equal(finished.code, 0, finished.err);
      assert.match(await targets(), /^\s*vda .*office\.qcow2\s*$/);
      assert.match(await lab.exec(1, 'virsh', 'dumpxml', 'office'), /<model type='virtio'\/>/);
      assert.doesNotMatch(await lab.exec(1, 'ls', at), /office-virtio/);
      await lab.exec(1, 'virsh', '-q', 'start', 'office');
      await boots('office');
      await lab.exec(1, 'virsh', '-q', 'destroy', 'office');
      const two = await cli.run(...common, 'p2v', 'import', file, saved.image, '--name', 'x');
      assert.match(two.err, /image is no VHDX or VHD\. Name one image, or the files of one machine’s disks/);
      assert.equal(two.code, 2);
    });

    test('a disk that begins as a qcow2 disk brings no file of the host along', () =>
      bringsNothingAlong(lab, saved, (...args) => cli.run(...common, ...args)));

    test('what lies on a host is read there: shown, checked, restored, and made a machine of', async () => {
      const host = `root@${lab.address(1)}`;
      const share = path.join(lab.state, 'shared', "it's here");
      const there = '/srv/shared';
      try {
        await cp(saved.image, share, { recursive: true });
        const p2v = (...args: string[]): Promise<CliResult> => cli.run(...common, 'p2v', ...args);
        const image = `${host}:${there}/it's here`;
        const shown = await p2v('inspect', image, '--json');
        assert.equal(shown.code, 0, shown.err);
        assert.deepEqual(
          JSON.parse(shown.out.toString()),
          JSON.parse((await p2v('inspect', saved.image, '--json')).out.toString()),
        );
        const verified = await p2v('verify', image);
        assert.equal(verified.code, 0, verified.err);
        const raw = path.join(cli.home, 'there.raw');
        const restored = await p2v('restore', image, '--to-raw', raw);
        assert.equal(restored.code, 0, restored.err);
        saved.sh(`cmp sda ${raw}; rm ${raw}`);
        // A name of ~/.ssh/config is none of the hosts: it is logged in to, by the key that is named alone.
        const alias = `Host nas\nHostName ${lab.address(1)}\nUser root\nIdentityFile ~/none\nIdentitiesOnly yes\n`;
        await writeFile(path.join(cli.home, '.ssh', 'config'), alias, { mode: 0o600 });
        const nas = [`nas:${there}/it's here`, '--key-file', lab.keyFile] as const;
        for (const [name, from, ...more] of [['there', image] as const, ['elsewhere', ...nas] as const]) {
          const raws = ['--name', name, '--format', 'raw', '--new-macs'];
          const { code, err } = await importOf(from, ...more, ...raws);
          assert.equal(code, 0, err);
          const [sum] = (await lab.exec(1, 'sha256sum', `${at}/${name}.img`)).split(' ');
          assert.equal(sum, saved.sh('sha256sum sda').split(' ')[0]);
        }
        const alone = await cli.run('--accept-new', 'p2v', 'verify', ...nas);
        assert.equal(alone.code, 0, alone.err);
        const nothing = await p2v('inspect', `${host}:${there}/nothing`);
        assert.match(nothing.err, /nothing is not there\. Name the directory of an image/);
        assert.equal(nothing.code, 1);
      } finally {
        await rm(share, { recursive: true, force: true });
      }
    });

    test('sectors of 4 KiB are the new disk’s, too', async () => {
      const large = new SavedMachine(path.join(cli.home, 'large'));
      const [disk, partition] = [
        '9D3F6A0C-0B1E-4C55-8A0B-1D2C3B4A5968',
        '1C2D3E4F-5A6B-4789-90AB-CDEF01234567',
      ];
      large.write(
        'sda-pt.sf',
        `label: gpt\nlabel-id: ${disk}\ndevice: /dev/sda\nunit: sectors\nfirst-lba: 6\nlast-lba: 4090\nsector-size: 4096\n
/dev/sda1 : start=         256, size=        1024, type=0FC63DAF-8483-4772-8E79-3D69D8477DE4, uuid=${partition}\n`,
      );
      large.sh('echo sda >image/disk; echo sda1 >image/parts; head -c 4M /dev/urandom >image/sda1.dd-img');
      const raw = ['--format', 'raw', '--memory', '128MiB'];
      const { code, err } = await importOf(large.image, '--name', 'large', ...raw, '--start');
      assert.equal(code, 0, err);
      assert.match(err, /sectors of 4096 bytes, and so has its new disk, on virtio/);
      const xml = await lab.exec(1, 'virsh', 'dumpxml', 'large');
      assert.match(xml, /<blockio logical_block_size='4096' physical_block_size='4096'\/>/);
      await lab.exec(1, 'virsh', '-q', 'destroy', 'large');
    });

    test('--dry-run says the steps; an image that is damaged leaves nothing', async () => {
      const everything = (): Promise<string> => lab.exec(1, 'sh', '-c', `virsh list --all --name; ls ${at}`);
      const before = await everything();
      const dry = (await imported('--name', 'dry', '--dry-run', '--new-macs')).out.toString();
      assert.match(dry, /^Machine: .+, disks on SATA\nCard: e1000e, a MAC .+\nSteps:\n {2}Restore sda/);
      assert.match(dry, /dry\.qcow2 in default\n {2}Convert .+\n {2}Delete .+\n {2}Define dry\nRoom:\n/);
      const { err: taken } = await imported('--name', 'dry', '--dry-run');
      assert.match(taken, /has this MAC already\. --new-macs/);
      // The end of the content is wrong: nearly all of it is on the host by then.
      saved.sh(`f=image/sda1.vfat-ptcl-img.gz; gunzip -c $f >x; at=$(( $(stat -c %s x) - 2 ))
        printf zz | dd of=x bs=1 seek=$at conv=notrunc status=none; gzip -1 -c x >$f`);
      const { code, err } = await imported('--name', 'torn', '--new-macs');
      assert.match(err, /sda1\.vfat-ptcl-img\.gz, unpacked: .*checksum.*Copy the file again/i);
      assert.equal(code, 1);
      assert.equal(await everything(), before);
      const verified = await imported('--name', 'torn', '--new-macs', '--verify');
      assert.match(
        verified.err,
        /image is damaged, and nothing was made of it\. sda1\.vfat-ptcl-img\.gz, unpacked: /,
      );
      assert.equal(verified.code, 1);
      assert.equal(await everything(), before);
    });
  });
});
