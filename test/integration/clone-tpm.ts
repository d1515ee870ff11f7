import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { CloneInput } from '../../main/contract/clone.ts';
import { cloneInput } from '../support/clone-input.ts';
import type { CreateBench } from './create-lab.ts';

interface Setting {
  readonly bench: CreateBench;
  /** Another host. */
  readonly other: string;
}

/** The state of an emulated TPM, with swtpm on both hosts. */
export function tpmTest(setting: () => Setting): void {
  test('what a TPM holds is the clone’s too where that is asked for, here and on the other host; else it is its own', async () => {
    const { bench, other } = setting();
    const { lab, core } = bench;
    const sh = (script: string): Promise<string> => lab.exec(1, 'sh', '-c', script);
    const sealed = '44444444-4444-4444-8444-444444444444';
    await lab.execWith(
      `<domain type='qemu'><name>sealed</name><uuid>${sealed}</uuid><memory unit='MiB'>64</memory><vcpu>1</vcpu>
     <os><type arch='x86_64' machine='q35'>hvm</type></os>
     <devices><tpm model='tpm-crb'><backend type='emulator' version='2.0'/></tpm></devices></domain>`,
      1,
      'sh',
      '-c',
      'cat >/tmp/s.xml; virsh -q define /tmp/s.xml; rm /tmp/s.xml',
    );
    const state = (host: number, id: string): Promise<string> =>
      lab.exec(host, 'sh', '-c', `sha256sum </var/lib/libvirt/swtpm/${id}/tpm2/tpm2-00.permall 2>&1 || :`);
    const clone = async (name: string, change: Partial<CloneInput> = {}): Promise<string> => {
      const { job, machines } = await core.client.clone.run(
        cloneInput({ host: bench.host, machine: sealed, to: bench.host, name }, { tpm: 'keep', ...change }),
      );
      await bench.done(job);
      return machines[0]?.uuid ?? '';
    };
    await core.machine(bench.host, sealed, () => true);
    // Never started, it holds nothing.
    await clone('sealed-never');
    await sh('virsh -q start sealed');
    await core.machine(bench.host, sealed, (machine) => machine.state === 'running');
    const asked = { host: bench.host, machine: sealed, to: bench.host, name: 'sealed-no' };
    const { problems } = await core.client.clone.plan(cloneInput(asked, { tpm: 'keep' }));
    assert.match(problems.map(({ message }) => message).join(), /sealed runs and writes to its TPM/);
    await sh('virsh -q destroy sealed');
    await core.machine(bench.host, sealed, (machine) => machine.state === 'shutoff');
    const [own, pools] = [await state(1, sealed), await sh('virsh pool-list --all --name')];
    assert.match(own, /^[0-9a-f]{64}/);
    const kept = await clone('sealed-kept');
    assert.equal(await state(1, kept), own);
    const far = await clone('sealed-far', { to: other });
    assert.equal(await state(2, far), own);
    const fresh = await clone('sealed-new', { tpm: 'new' });
    for (const [host, name] of [
      [1, 'sealed-kept'],
      [1, 'sealed-new'],
      [2, 'sealed-far'],
    ] as const)
      await lab.exec(host, 'virsh', '-q', 'start', name);
    assert.notEqual(await state(1, fresh), own);
    assert.equal(await state(1, sealed), own);
    assert.equal(await sh('virsh pool-list --all --name'), pools);
    assert.doesNotMatch(await lab.exec(2, 'virsh', 'pool-list', '--all', '--name'), /virtlane/);
    // It is taken back with what a job made that fails at its end.
    const there = await sh('ls /var/lib/libvirt/swtpm; virsh list --all --name');
    await sh('virsh -q attach-interface sealed bridge no-bridge --config');
    const { job } = await core.client.clone.run(
      cloneInput(
        { host: bench.host, machine: sealed, to: bench.host, name: 'sealed-half' },
        { tpm: 'keep', start: true },
      ),
    );
    const { state: ended, mayBeLeft } = await bench.ended(job);
    assert.deepEqual([ended, mayBeLeft], ['failed', []]);
    assert.equal(await sh('ls /var/lib/libvirt/swtpm; virsh list --all --name'), there);
    assert.equal(await sh('virsh pool-list --all --name'), pools);
    const gone = (host: number): Promise<string> =>
      lab.exec(
        host,
        'sh',
        '-c',
        'for m in $(virsh list --all --name | grep ^sealed); do virsh -q destroy $m 2>/dev/null; virsh -q undefine --tpm $m; done; ls /var/lib/libvirt/swtpm',
      );
    assert.deepEqual([await gone(1), await gone(2)], ['', '']);
  });
}
