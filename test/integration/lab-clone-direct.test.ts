import assert from 'node:assert/strict';
import { after, before, suite, test } from 'node:test';
import type { CloneInput } from '../../main/contract/clone.ts';
import type { Job } from '../../main/contract/activity.ts';
import { Lab } from '../lab/lab.ts';
import { cloneInput } from '../support/clone-input.ts';
import { TestCore } from '../support/core.ts';
import { jobOver } from '../support/job-watch.ts';

const IMAGES = '/var/lib/libvirt/images';
const KEYS = '/root/.ssh/authorized_keys';
const UUID = '66666666-6666-4666-8666-666666666666';
const SOURCE = 1;
const TARGET = 2;
const MIB = 1024 ** 2;
const SIZE_MIB = 512;
const DATA_MIB = 128;

const XML = `<domain type='qemu'><name>store</name><uuid>${UUID}</uuid><memory unit='MiB'>32</memory><vcpu>1</vcpu>
  <os><type arch='x86_64' machine='q35'>hvm</type></os>
  <devices>
    <disk type='file' device='disk'><driver name='qemu' type='raw'/><source file='${IMAGES}/store.img'/><target dev='vda' bus='virtio'/></disk>
    <disk type='file' device='disk'><driver name='qemu' type='qcow2'/><source file='${IMAGES}/store-2.qcow2'/><target dev='vdb' bus='virtio'/></disk>
    <video><model type='none'/></video>
  </devices></domain>`;

/** In place of the source's own ssh. */
const WRAPPER = '/usr/local/sbin/ssh';

suite('a clone on another host, straight from its host', { timeout: 600_000 }, () => {
  let lab: Lab;
  let core: TestCore;
  let ends: { host: string; other: string };
  let keysBefore: string;
  const sh = (at: number, script: string): Promise<string> => lab.exec(at, 'sh', '-ec', script);
  const keys = (): Promise<string> => sh(TARGET, `stat -c '%i %a %U %s' ${KEYS}; cat ${KEYS}`);
  /** SHA-256 of what a guest reads of a disk. */
  const bytes = (at: number, file: string): Promise<string> =>
    sh(at, `cd /tmp; qemu-img convert -U -O raw ${IMAGES}/${file} bytes; sha256sum <bytes; rm bytes`);

  before(async () => {
    lab = await Lab.up(2);
    await Promise.all([lab.clean(SOURCE), lab.clean(TARGET)]);
    core = await TestCore.open({ lab });
    const [host, other] = [
      await core.connect(`root@${lab.address(SOURCE)}`),
      await core.connect(`root@${lab.address(TARGET)}`),
    ];
    ends = { host, other };
    // Three stretches of data, one of them in small pieces, and holes.
    await sh(
      SOURCE,
      `cd ${IMAGES}; truncate -s ${SIZE_MIB}M store.img; head -c ${DATA_MIB - 32}M /dev/urandom | dd of=store.img bs=1M conv=notrunc status=none
       for i in $(seq 0 31); do head -c 1M /dev/urandom | dd of=store.img bs=1M seek=$((200 + i * 9)) conv=notrunc status=none; done
       printf end | dd of=store.img bs=1 seek=$((${SIZE_MIB} * 1024 * 1024 - 3)) conv=notrunc status=none
       qemu-img create -q -f qcow2 store-2.qcow2 64M; qemu-io -c 'write -P 7 1M 3M' store-2.qcow2 >/dev/null
       virsh -q pool-refresh default`,
    );
    await lab.execWith(XML, SOURCE, 'sh', '-ec', 'cat >/tmp/x; virsh -q define /tmp/x; rm /tmp/x');
    await core.machine(host, UUID, ({ state }) => state === 'shutoff');
    keysBefore = await keys();
  });
  after(async () => {
    await sh(SOURCE, `rm -f ${WRAPPER}`);
    await core.close();
    await Promise.all([lab.clean(SOURCE), lab.clean(TARGET)]);
    await lab.release();
  });

  const input = (name: string, change: Partial<CloneInput> = {}): CloneInput =>
    cloneInput({ host: ends.host, machine: UUID, to: ends.other, name }, { direct: true, ...change });
  async function cloned(name: string, change: Partial<CloneInput> = {}): Promise<Job> {
    const { job } = await core.client.clone.run(input(name, change));
    const over = await jobOver(core, job);
    assert.equal(over.state, 'done', JSON.stringify(over));
    return over;
  }
  const saidOf = ({ log }: Job): string => log.map(({ text }) => text).join('\n');
  /** Of the job there is nothing on either host, and the login's keys are the very file that they were. */
  async function assertNothingLeft(): Promise<void> {
    assert.equal(await keys(), keysBefore);
    assert.equal(await sh(TARGET, `ls /root/.ssh /run | grep -e virtlane || true`), '');
    assert.equal(await sh(SOURCE, `ls /run ${IMAGES} | grep -e virtlane -e on-its-way || true`), '');
  }
  async function assertSame(name: string): Promise<void> {
    assert.equal(await bytes(TARGET, `${name}.img`), await bytes(SOURCE, 'store.img'));
    assert.equal(await bytes(TARGET, `${name}-2.qcow2`), await bytes(SOURCE, 'store-2.qcow2'));
    const [size = 0, blocks = 0] = (await sh(TARGET, `stat -c '%s %b' ${IMAGES}/${name}.img`))
      .split(' ')
      .map(Number);
    assert.equal(size, SIZE_MIB * MIB);
    assert.ok(blocks * 512 <= (DATA_MIB + 8) * MIB, `${name} takes ${(blocks * 512) / MIB} MiB of the host`);
  }
  const forget = (name: string): Promise<string> =>
    sh(TARGET, `virsh -q undefine ${name}; rm ${IMAGES}/${name}*; virsh -q pool-refresh default`);
  /** @param script of sh, in place of the source's ssh */
  const wrapped = (script: string): Promise<string> =>
    lab.execWith(`#!/bin/sh\n${script}\n`, SOURCE, 'sh', '-c', `cat >${WRAPPER}; chmod 755 ${WRAPPER}`);

  test('what is put where is in the plan; all its bytes are there, with their holes, and nothing of the way is left', async () => {
    const { steps, problems } = await core.client.clone.plan(input('one'));
    assert.deepEqual(problems, []);
    assert.match(
      steps.join('\n'),
      /^Put a key for .+ made for this job alone$[^]*^Let .+ write to the new disks on .+ itself[^]*^Take that back on /m,
    );
    const said = saidOf(await cloned('one'));
    assert.match(said, /The bytes go from .+ straight to .+ \(/);
    assert.doesNotMatch(said, /through this computer/);
    assert.match(said, /SHA-256 of the data of one\.img \(\d+ KiB\), as the host has it/);
    await assertSame('one');
    await assertNothingLeft();
    await forget('one');
  });

  test('of a machine that runs, by a backup', async () => {
    await sh(SOURCE, 'virsh -q start store');
    try {
      await core.machine(ends.host, UUID, ({ state }) => state === 'running');
      const said = saidOf(await cloned('live', { copyBy: 'backup' }));
      assert.match(said, /straight to/);
      assert.equal(await bytes(TARGET, 'live.qcow2'), await bytes(SOURCE, 'store.img'));
      await assertNothingLeft();
      await forget('live');
    } finally {
      await sh(SOURCE, 'virsh -q destroy store');
      await core.machine(ends.host, UUID, ({ state }) => state === 'shutoff');
    }
  });

  test('where the source does not get through the job says why, and the bytes go through this computer', async () => {
    await wrapped('echo no route >&2; exit 255');
    assert.match(saidOf(await cloned('two')), /through this computer: .+ does not reach .+ \(no route\)/);
    await sh(SOURCE, `rm ${WRAPPER}`);
    await assertSame('two');
    await assertNothingLeft();
    await forget('two');
  });

  test('where it breaks off for good, what has arrived is kept, and the rest goes through this computer', async () => {
    await wrapped(
      'case "$(cat /run/cut 2>/dev/null)" in "") echo >/run/cut 1; exec /usr/bin/ssh "$@" ;; 1) echo 2 >/run/cut; head -c 40M | /usr/bin/ssh "$@"; exit 1 ;; *) exit 1 ;; esac',
    );
    const said = saidOf(await cloned('three'));
    await sh(SOURCE, `rm ${WRAPPER} /run/cut`);
    assert.match(said, /does not write to .+ any more, and its bytes go through this computer from here on/);
    await assertSame('three');
    await assertNothingLeft();
    await forget('three');
  });

  test('somebody writes to the disk on the way: that is said, and nothing is left', async () => {
    await wrapped(
      `[ -e /run/tried ] || { touch /run/tried; exec /usr/bin/ssh "$@"; }\nprintf other | dd of=${IMAGES}/store.img bs=1 seek=5 conv=notrunc status=none\nexec /usr/bin/ssh "$@"`,
    );
    const { job } = await core.client.clone.run(input('four'));
    const { state, failure, mayBeLeft } = await jobOver(core, job);
    await sh(SOURCE, `rm ${WRAPPER} /run/tried`);
    assert.deepEqual([state, mayBeLeft], ['failed', []]);
    assert.match(JSON.stringify(failure), /store\.img was changed while it was sent/);
    await assertNothingLeft();
    assert.equal(await sh(TARGET, `ls ${IMAGES} | grep four || true; virsh list --all --name`), '\n');
  });
});
