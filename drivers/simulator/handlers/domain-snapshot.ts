import {
  virDomainBlockJobAbortFlags,
  virDomainBlockJobType,
  virDomainSnapshotCreateFlags,
} from '../../libvirt/constants/index.ts';
import { readOverlaySnapshot, volumeXml } from '../../libvirt/model/index.ts';
import { parseXml } from '../../xml/index.ts';
import { failure } from '../failures.ts';
import type { HostState } from '../host/host-state.ts';
import type { Machine } from '../host/machine.ts';
import type { Volume } from '../host/storage.ts';
import type { Handlers } from './table.ts';

/** Targets of the disks whose files are being merged. */
const merging = new WeakMap<Machine, Set<string>>();

/** Files over disks of machines that run, and back: guests of the demo write nothing, so that there is nothing to merge. */
export const domainSnapshotHandlers: Handlers = {
  domainSnapshotCreateXml: ({ dom, xmlDesc, flags }, { host }) => {
    const machine = host.machine(dom);
    machine.requireActive();
    const {
      VIR_DOMAIN_SNAPSHOT_CREATE_DISK_ONLY: diskOnly,
      VIR_DOMAIN_SNAPSHOT_CREATE_NO_METADATA: unlisted,
    } = virDomainSnapshotCreateFlags;
    if ((flags & diskOnly) === 0 || (flags & unlisted) === 0)
      throw failure('VIR_ERR_OPERATION_UNSUPPORTED', 'the demo keeps no snapshots');
    for (const { disk, path } of readOverlaySnapshot(xmlDesc)) {
      const base = volumeOf(host, machine, disk);
      const pool = host.storage.pools.find((one) => path.startsWith(`${one.path}/`));
      if (pool === undefined) throw failure('VIR_ERR_CONFIG_UNSUPPORTED', `no pool of the demo has ${path}`);
      const { capacityBytes, path: backingPath, format } = base;
      const name = path.slice(pool.path.length + 1);
      const backing = { path: backingPath, format };
      const xml = volumeXml({ name, capacityBytes, allocationBytes: 0, format: 'qcow2', backing });
      plug(machine, disk, host.storage.createVolume(pool, xml));
    }
    return { snap: { name: '', dom: machine.ref } };
  },
  domainBlockCommit: ({ dom, disk }, { host }) => {
    const machine = host.machine(dom);
    machine.requireActive();
    if (volumeOf(host, machine, disk).backing === undefined)
      throw failure('VIR_ERR_INVALID_ARG', `top has no backing file`);
    merging.set(machine, new Set([...(merging.get(machine) ?? []), disk]));
  },
  domainGetBlockJobInfo: ({ dom, path }, { host }) => {
    const machine = host.machine(dom);
    machine.requireActive();
    const none = { found: 0, type: 0, bandwidth: 0n, cur: 0n, end: 0n };
    if (merging.get(machine)?.has(path) !== true) return none;
    const type = virDomainBlockJobType.VIR_DOMAIN_BLOCK_JOB_TYPE_ACTIVE_COMMIT;
    return { ...none, found: 1, type, cur: 1n, end: 1n };
  },
  domainBlockJobAbort: ({ dom, path, flags }, { host }) => {
    const machine = host.machine(dom);
    machine.requireActive();
    const { backing } = volumeOf(host, machine, path);
    if (merging.get(machine)?.delete(path) !== true || backing === undefined)
      throw failure('VIR_ERR_INVALID_ARG', `disk ${path} does not have an active block job`);
    if ((flags & virDomainBlockJobAbortFlags.VIR_DOMAIN_BLOCK_JOB_ABORT_PIVOT) === 0) return;
    plug(machine, path, host.storage.volume(host.storage.volumeByPath(backing.path, 'path')));
  },
};

/** @throws {LibvirtError} when it has no such disk, or no file in it */
function volumeOf({ storage }: HostState, machine: Machine, disk: string): Volume {
  const path = machine.spec.disks.find(({ target }) => target === disk)?.path ?? null;
  if (path === null) throw failure('VIR_ERR_INVALID_ARG', `no disk '${disk}' with a file in it`);
  return storage.volume(storage.volumeByPath(path, 'path'));
}

/** From now on the machine has the file as its disk, and at its next start too. */
function plug(machine: Machine, disk: string, { path, format }: Volume): void {
  const known = machine.spec.disks.find(({ target }) => target === disk);
  if (known !== undefined) known.path = path;
  machine.describe((definition) => {
    const document = parseXml(definition);
    const element = document.root
      .findAll('devices/disk')
      .find((one) => one.attributeAt('target', 'dev') === disk);
    const [source, driver] = [element?.find('source') ?? null, element?.find('driver') ?? null];
    if (source !== null) document.setAttribute(source, 'file', path);
    if (driver !== null) document.setAttribute(driver, 'type', format === 'iso' ? 'raw' : format);
    return document.toString();
  });
}
