import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import type { LibvirtClient } from '../../drivers/libvirt/client.ts';
import type { StorageVolRef } from '../../drivers/libvirt/protocol/structs.ts';
import type { Exec } from '../../drivers/transport/exec.ts';
import { KnownHosts } from '../../drivers/transport/known-hosts.ts';
import type { HostLink } from '../../main/hosts/link.ts';
import { openLibvirtClient } from '../../main/hosts/open-client.ts';
import { openSshLink } from '../../main/hosts/ssh-link.ts';
import { parseTarget } from '../../main/hosts/target.ts';
import type { ReadingHost } from '../../main/storage/host-bytes.ts';
import { Lab } from '../lab/lab.ts';

/** A host of the lab over SSH, with a pool of its own for volumes. */
export class VolumeHost {
  readonly lab: Lab;
  readonly link: HostLink;
  readonly client: LibvirtClient;
  readonly pool: string;
  readonly folder: string;

  private constructor(lab: Lab, link: HostLink, client: LibvirtClient, pool: string) {
    this.lab = lab;
    this.link = link;
    this.client = client;
    this.pool = pool;
    this.folder = folderOf(pool);
  }

  static async open(pool: string): Promise<VolumeHost> {
    const lab = await Lab.up(1);
    await lab.clean(1);
    await lab.exec(1, 'mkdir', '-p', folderOf(pool));
    await lab.exec(1, 'virsh', 'pool-create-as', pool, 'dir', '--target', folderOf(pool));
    const link = await openLink(lab);
    return new VolumeHost(lab, link, await openLibvirtClient(link, targetOf(lab)), pool);
  }

  async close(): Promise<void> {
    await this.client.close();
    await this.link.close();
    await this.lab.exec(1, 'sh', '-c', `virsh pool-destroy ${this.pool}; rm -rf ${this.folder}`);
    await this.lab.clean(1);
    await this.lab.release();
  }

  /** Runs a script in the folder, and has libvirt look what is there. */
  async sh(script: string): Promise<void> {
    await this.lab.exec(1, 'sh', '-ec', `cd ${this.folder}; ${script}; virsh pool-refresh ${this.pool}`);
  }

  openLink(): Promise<HostLink> {
    return openLink(this.lab);
  }

  openClient(link = this.link): Promise<LibvirtClient> {
    return openLibvirtClient(link, targetOf(this.lab));
  }

  async volume(name: string): Promise<StorageVolRef> {
    const { pool } = await this.client.remote.storagePoolLookupByName({ name: this.pool });
    return (await this.client.remote.storageVolLookupByName({ pool, name })).vol;
  }

  /** A file's place on this machine. */
  async file(name: string): Promise<string> {
    return path.join('/proc', String(await this.lab.initPid(1)), 'root', this.folder, name);
  }

  async bytes(name: string): Promise<Buffer> {
    return readFile(await this.file(name));
  }

  /** As one whose programs run as `change` says. */
  reading(change: (exec: Exec) => Exec = (exec) => exec): ReadingHost & { readonly client: LibvirtClient } {
    const { exec } = this.link.commands;
    assert.ok(exec);
    return {
      client: this.client,
      bulkClient: () => Promise.resolve(this.client),
      openStreamClient: () => this.openClient(),
      link: { ...this.link, commands: { exec: change(exec) } },
    };
  }
}

function folderOf(pool: string): string {
  return `/var/lib/libvirt/images/${pool}`;
}

function targetOf(lab: Lab) {
  return parseTarget(`root@${lab.address(1)}`);
}

function openLink(lab: Lab): Promise<HostLink> {
  const target = targetOf(lab);
  assert.equal(target.kind, 'ssh');
  const noAnswer = (): Promise<never> => Promise.reject(new Error('nothing is asked'));
  return openSshLink(
    target,
    {
      target,
      keyFile: lab.keyFile,
      asks: { hostKey: noAnswer, password: noAnswer, passphrase: noAnswer, keyboardInteractive: noAnswer },
      signal: new AbortController().signal,
    },
    {
      knownHosts: new KnownHosts({ ownFile: lab.knownHosts, home: lab.state }),
      resolve: { home: lab.state },
    },
  );
}
