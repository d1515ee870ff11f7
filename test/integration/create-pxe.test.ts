import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile, copyFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, suite, test } from 'node:test';
import { promisify } from 'node:util';
import { Lab } from '../lab/lab.ts';
import { TestCore } from '../support/core.ts';
import { CreateBench } from './create-lab.ts';

const run = promisify(execFile);
const GUEST = path.join(process.env['VIRTLANE_GUEST_DIR'] ?? '/var/tmp/virtlane-guest', 'tiny.qcow2');

/** An isolated network whose dnsmasq hands out an iPXE script, the tiny guest's kernel and its initrd. */
const NETWORK = `<network><name>pxe</name><bridge name='virbr-pxe'/>
  <ip address='192.168.150.1' netmask='255.255.255.0'>
    <tftp root='/var/lib/libvirt/images/tftp'/>
    <dhcp><range start='192.168.150.10' end='192.168.150.20'/><bootp file='boot.ipxe'/></dhcp>
  </ip></network>`;
const SCRIPT = `#!ipxe
kernel vmlinuz initrd=initrd.img console=tty0 console=ttyS0 quiet tsc=unstable no_timer_check mitigations=off frompxe
initrd initrd.img
boot
`;

suite('a machine from the network', { timeout: 300_000 }, () => {
  let lab: Lab;
  let core: TestCore;
  let bench: CreateBench;
  let folder: string;
  before(async () => {
    lab = await Lab.up(1);
    await lab.clean(1);
    core = await TestCore.open({ lab });
    bench = await CreateBench.open(lab, core);
    folder = await mkdtemp(path.join(tmpdir(), 'virtlane-pxe-'));
    const raw = path.join(folder, 'tiny.raw');
    const tftp = path.join(lab.state, '1', 'images', 'tftp');
    await mkdir(tftp, { mode: 0o755 });
    await run('qemu-img', ['convert', '-O', 'raw', GUEST, raw]);
    for (const name of ['vmlinuz', 'initrd.img']) {
      await run('mcopy', ['-i', `${raw}@@1M`, `::${name}`, path.join(folder, name)]);
      await copyFile(path.join(folder, name), path.join(tftp, name));
    }
    await writeFile(path.join(tftp, 'boot.ipxe'), SCRIPT);
    await lab.exec(1, 'chmod', '-R', 'a+rX', '/var/lib/libvirt/images/tftp');
    await lab.execWith(
      NETWORK,
      1,
      'sh',
      '-c',
      'cat >/tmp/pxe.xml; virsh -q net-define /tmp/pxe.xml; virsh -q net-start pxe',
    );
  });
  after(async () => {
    await core.close();
    await lab.exec(
      1,
      'sh',
      '-c',
      'virsh -q net-destroy pxe; virsh -q net-undefine pxe; rm -r /var/lib/libvirt/images/tftp',
    );
    await lab.clean(1);
    await lab.release();
    await rm(folder, { recursive: true });
  });

  test('its empty disk is passed over, and it boots what the network’s server gives it', async () => {
    const input = await bench.input('netboot', { kind: 'network' });
    const nics = input.spec.nics.map((nic) => ({
      ...nic,
      source: { kind: 'network' as const, network: 'pxe', portGroup: null },
    }));
    const memory = { ...input.spec.memory, sizeMiB: 256 };
    const { job, machines } = await core.client.create.run({
      ...input,
      spec: { ...input.spec, nics, memory },
    });
    await bench.done(job);
    const shell = await bench.shell(machines[0]?.uuid ?? '');
    shell.type('\ncat /proc/cmdline\n');
    await shell.shows(/frompxe/);
  });
});
