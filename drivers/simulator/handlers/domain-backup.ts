import { virDomainJobOperation, virDomainJobType } from '../../libvirt/constants/index.ts';
import { readBackup } from '../../libvirt/model/index.ts';
import { param } from '../../libvirt/typed-params.ts';
import { failure } from '../failures.ts';
import type { HostState } from '../host/host-state.ts';
import type { Machine } from '../host/machine.ts';
import type { Volume } from '../host/storage.ts';
import type { Handlers } from './table.ts';

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
  domainBackupGetXmlDesc: ({ dom }, { host }) => {
    host.machine(dom).requireActive();
    throw failure('VIR_ERR_NO_DOMAIN_BACKUP', 'no domain backup job present');
  },
};
