import {
  virDomainJobOperation,
  virDomainJobType,
  virDomainSnapshotCreateFlags,
} from '../../libvirt/constants/index.ts';
import { readBackup, readOverlaySnapshot } from '../../libvirt/model/index.ts';
import { param } from '../../libvirt/typed-params.ts';
import { failure } from '../failures.ts';
import type { HostState } from '../host/host-state.ts';
import type { Machine } from '../host/machine.ts';
import type { Volume } from '../host/storage.ts';
import type { Handlers } from './table.ts';

const {
  VIR_DOMAIN_SNAPSHOT_CREATE_DISK_ONLY: DISK_ONLY,
  VIR_DOMAIN_SNAPSHOT_CREATE_NO_METADATA: NO_METADATA,
} = virDomainSnapshotCreateFlags;

/** Machines whose last job was a backup. */
const backedUp = new WeakSet<Machine>();

function volumeAt(host: HostState, path: string): Volume {
  return host.storage.volume(host.storage.volumeByPath(path, 'path'));
}

/** How the last job ended; null: the last one was no backup. */
export function endedBackup(machine: Machine) {
  if (!backedUp.has(machine)) return null;
  return {
    type: virDomainJobType.VIR_DOMAIN_JOB_COMPLETED,
    params: [param('operation', 'int', virDomainJobOperation.VIR_DOMAIN_JOB_OPERATION_BACKUP)],
  };
}

/** Copies of disks of machines that run: done in an instant. */
export const domainBackupHandlers: Handlers = {
  domainFsfreeze: ({ dom }, { host }) => {
    const machine = host.machine(dom);
    machine.requireAgent();
    return { filesystems: machine.spec.disks.filter(({ device }) => device === 'disk').length };
  },
  domainFsthaw: ({ dom }, { host }) => {
    const machine = host.machine(dom);
    machine.requireAgent();
    return { filesystems: machine.spec.disks.filter(({ device }) => device === 'disk').length };
  },
  domainBackupBegin: ({ dom, backupXml }, { host }) => {
    const machine = host.machine(dom);
    machine.requireActive();
    for (const { disk, path } of readBackup(backupXml)) {
      const file = machine.spec.disks.find(({ target }) => target === disk)?.path ?? null;
      if (file === null) throw failure('VIR_ERR_INVALID_ARG', `no target named '${disk}'`, 'VIR_FROM_DOMAIN');
      host.storage.copy(volumeAt(host, path), volumeAt(host, file));
    }
    backedUp.add(machine);
  },
  // Guests of the demo write nothing: what they would write beside their disks is nothing, and merged at once.
  domainSnapshotCreateXml: ({ dom, xmlDesc, flags }, { host }) => {
    const machine = host.machine(dom);
    machine.requireActive();
    if ((flags & DISK_ONLY) === 0 || (flags & NO_METADATA) === 0)
      throw failure('VIR_ERR_OPERATION_UNSUPPORTED', 'the demo keeps no snapshots');
    for (const { disk } of readOverlaySnapshot(xmlDesc))
      if (!machine.spec.disks.some(({ target }) => target === disk))
        throw failure('VIR_ERR_CONFIG_UNSUPPORTED', `no disk named '${disk}'`);
    return { snap: { name: '', dom: machine.ref } };
  },
  domainGetBlockJobInfo: ({ dom }, { host }) => {
    host.machine(dom).requireActive();
    return { found: 0, type: 0, bandwidth: 0n, cur: 0n, end: 0n };
  },
  domainBackupGetXmlDesc: ({ dom }, { host }) => {
    host.machine(dom).requireActive();
    throw failure('VIR_ERR_NO_DOMAIN_BACKUP', 'no domain backup job present');
  },
};
