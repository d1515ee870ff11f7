import assert from 'node:assert/strict';
import { copyFile } from 'node:fs/promises';
import path from 'node:path';
import type { Job } from '../../main/contract/activity.ts';
import type { CloudInit } from '../../main/contract/cloud-init.ts';
import type { CreateInput, CreateSource } from '../../main/contract/create.ts';
import type { Lab } from '../lab/lab.ts';
import type { TestCore } from '../support/core.ts';
import { Transcript } from '../support/transcript.ts';
import { until } from '../support/wait.ts';
import { jobOver, jobsNow } from '../support/job-watch.ts';

export const GUEST = path.join(process.env['VIRTLANE_GUEST_DIR'] ?? '/var/tmp/virtlane-guest', 'tiny.qcow2');

export const NO_CLOUD_INIT: CloudInit = {
  hostname: null,
  users: [],
  sshPasswords: false,
  packageUpdate: false,
  packages: [],
  files: [],
  runCommands: [],
  timezone: null,
  locale: null,
  network: null,
  puppet: null,
  yaml: null,
};

/** A host of the lab on which machines are made. */
export class CreateBench {
  readonly lab: Lab;
  readonly core: TestCore;
  readonly host: string;
  readonly pool: string;

  private constructor(lab: Lab, core: TestCore, at: { host: string; pool: string }) {
    this.lab = lab;
    this.core = core;
    this.host = at.host;
    this.pool = at.pool;
  }

  static async open(lab: Lab, core: TestCore): Promise<CreateBench> {
    const host = await core.connect(`root@${lab.address(1)}`);
    const pool = (await lab.exec(1, 'virsh', 'pool-uuid', 'default')).trim();
    return new CreateBench(lab, core, { host, pool });
  }

  /** The same host with another core, which has it in its list. */
  with(core: TestCore): CreateBench {
    return new CreateBench(this.lab, core, this);
  }

  /** Another connection to the same host. */
  on(host: string): CreateBench {
    return new CreateBench(this.lab, this.core, { host, pool: this.pool });
  }

  /** The lab's tiny guest as a volume of the pool. */
  async addImage(name: string): Promise<void> {
    await copyFile(GUEST, path.join(this.lab.state, '1', 'images', name));
    await this.lab.exec(1, 'virsh', '-q', 'pool-refresh', 'default');
  }

  /** A small emulated machine, with a user network, changed by `change`. */
  async input(name: string, source: CreateSource, change: Partial<CreateInput> = {}): Promise<CreateInput> {
    const { client } = this.core;
    const kind = source.kind;
    const os = change.os ?? 'debian12';
    const { spec } = await client.create.defaults({ host: this.host, os, source: kind });
    return {
      host: this.host,
      name,
      count: 1,
      title: null,
      description: null,
      os,
      source,
      spec: {
        ...spec,
        memory: { ...spec.memory, sizeMiB: 128 },
        cpu: { ...spec.cpu, vcpus: 1, topology: null },
        disks: spec.disks.map((disk) =>
          disk.source.kind === 'new'
            ? { ...disk, source: { ...disk.source, sizeBytes: 256 * 1024 ** 2 } }
            : disk,
        ),
        nics: spec.nics.map((nic) => ({ ...nic, source: { kind: 'user' as const } })),
      },
      start: true,
      autostart: false,
      xml: null,
      ...change,
    };
  }

  /** The serial console of a machine, once it runs. */
  async serial(uuid: string): Promise<Transcript> {
    const ref = { host: this.host, uuid };
    await this.core.machine(this.host, uuid, ({ state }) => state === 'running');
    const open = () => this.core.client.console.open({ ...ref, kind: 'serial', takeOver: true });
    const { token } = await until(open, 'the serial console opens');
    const { stream } = await this.core.connection.openPipe(token);
    return new Transcript(stream);
  }

  /** Waits until the tiny guest has a shell that answers. */
  async shell(uuid: string): Promise<Transcript> {
    const console = await this.serial(uuid);
    await until(
      async () => {
        console.type('\necho shell-$((40+2))\n');
        return console.shows(/shell-42/, 2000).then(
          () => true,
          () => false,
        );
      },
      'the guest’s shell answers',
      120_000,
    );
    return console;
  }

  /** How a job ended: an installation may be slow. */
  ended(id: string): Promise<Job> {
    return jobOver(this.core, id, 900_000);
  }

  /** A job as it is now. */
  async now(id: string): Promise<Job | null> {
    return (await jobsNow(this.core)).find((job) => job.id === id) ?? null;
  }

  async done(id: string): Promise<Job> {
    const job = await this.ended(id);
    assert.equal(job.state, 'done', JSON.stringify(job, null, 1));
    return job;
  }

  /** Names of all machines and all volumes, also of files that no pool has seen. */
  async everything(): Promise<string[]> {
    const script =
      'virsh list --all --name; ls /var/lib/libvirt/images; ls /var/lib/libvirt/qemu/nvram 2>/dev/null; true';
    const text = await this.lab.exec(1, 'sh', '-c', script);
    return text
      .split('\n')
      .filter((line) => line !== '')
      .toSorted();
  }
}
