import type { Program } from '../../rpc/table.ts';
import { authProcedures } from './auth.ts';
import { connectProcedures } from './connect.ts';
import { domainCheckpointProcedures } from './domain-checkpoint.ts';
import { domainMigrateProcedures } from './domain-migrate.ts';
import { domainSnapshotProcedures } from './domain-snapshot.ts';
import { domainProcedures } from './domain.ts';
import { eventsProcedures } from './events.ts';
import { interfaceProcedures } from './interface.ts';
import { networkProcedures } from './network.ts';
import { nodeDeviceProcedures } from './node-device.ts';
import { nodeProcedures } from './node.ts';
import { nwfilterProcedures } from './nwfilter.ts';
import { qemuProcedures } from './qemu.ts';
import { secretProcedures } from './secret.ts';
import { storagePoolProcedures } from './storage-pool.ts';
import { storageVolProcedures } from './storage-vol.ts';

const remoteProcedures = {
  ...authProcedures,
  ...connectProcedures,
  ...domainProcedures,
  ...domainCheckpointProcedures,
  ...domainMigrateProcedures,
  ...domainSnapshotProcedures,
  ...eventsProcedures,
  ...interfaceProcedures,
  ...networkProcedures,
  ...nodeProcedures,
  ...nodeDeviceProcedures,
  ...nwfilterProcedures,
  ...secretProcedures,
  ...storagePoolProcedures,
  ...storageVolProcedures,
};
/** Every procedure and event of the remote program, by name. */
export type RemoteProcedures = typeof remoteProcedures;
export type QemuProcedures = typeof qemuProcedures;

/** REMOTE_PROGRAM */
export const remoteProgram: Program<RemoteProcedures> = {
  name: 'remote',
  number: 0x20008086,
  version: 1,
  procedures: remoteProcedures,
};

/** QEMU_PROGRAM */
export const qemuProgram: Program<QemuProcedures> = {
  name: 'qemu',
  number: 0x20008087,
  version: 1,
  procedures: qemuProcedures,
};
