import assert from 'node:assert/strict';
import { readDomain } from '../../../drivers/libvirt/model/index.ts';
import type { CloneFacts, SourceVolume } from '../../../main/jobs/clone/facts.ts';
import { cloneInput } from '../../support/clone-input.ts';
import { FACTS as CREATE, POOL } from './create-input.ts';

/** A machine that can be cloned, and its host. */

export const LVM = 'ee4c7d8e-3c0b-4b5d-9e35-1f9df5a5a002';

const disk = (target: string, more = '', device = 'disk'): string =>
  `<disk type='file' device='${device}'><driver name='qemu' type='qcow2'/><source file='/images/${target}.img'/><target dev='${target}' bus='virtio'/>${more}</disk>`;

export const XML = `<domain type='kvm'>
  <name>db</name><uuid>11111111-1111-4111-8111-111111111111</uuid>
  <memory unit='MiB'>1024</memory><vcpu>2</vcpu>
  <os firmware='efi'><type arch='x86_64' machine='pc-q35-7.2'>hvm</type></os>
  <devices>
    ${disk('vda')}${disk('vdb')}${disk('vdc', '<shareable/>')}${disk('vdd')}
    <disk type='file' device='cdrom'><source file='/iso/debian.iso'/><target dev='sda' bus='sata'/><readonly/></disk>
    <interface type='user'><mac address='52:54:00:00:00:07'/></interface>
    <hostdev mode='subsystem' type='pci'><source><address domain='0' bus='3' slot='0' function='0'/></source></hostdev>
  </devices>
</domain>`;

export const volume = (target: string, change: Partial<SourceVolume> = {}): [string, SourceVolume] => [
  target,
  {
    pool: POOL,
    name: `${target}.img`,
    path: `/images/${target}.img`,
    format: 'qcow2',
    capacityBytes: 2 ** 30,
    allocationBytes: 2 * 1024 ** 3,
    encrypted: false,
    backed: false,
    changed: null,
    ...change,
  },
];

const [dir] = CREATE.pools;
assert.ok(dir !== undefined);
export const DIR = dir;

export const POOLS: CloneFacts['pools'] = [
  DIR,
  { ...DIR, uuid: LVM, name: 'vg', type: 'logical', path: '/dev/vg' },
];

export const FACTS: CloneFacts = {
  source: CREATE.host,
  sourcePools: POOLS,
  host: CREATE.host,
  elsewhere: null,
  xml: XML,
  model: readDomain(XML),
  isTemplate: false,
  copiedTo: null,
  running: false,
  live: null,
  saved: false,
  snapshots: 0,
  volumes: new Map([
    volume('vda'),
    volume('vdb', { format: 'raw' }),
    volume('vdc'),
    volume('vdd', { encrypted: true }),
  ]),
  nvram: '/nvram/db_VARS.fd',
  names: new Set(['db', 'taken']),
  pools: POOLS,
  volumeNames: new Map([[POOL, new Set(['vda.img', 'used.qcow2'])]]),
  memory: null,
  cpus: 4,
  networks: new Set(['default']),
};

export const INPUT = cloneInput(
  { host: 'h', machine: FACTS.model.uuid, to: 'h', name: 'web' },
  { disks: [{ target: 'vdd', way: 'omit', pool: null, format: null }] },
);

/** It runs. */
export const LIVE: Partial<CloneFacts> = {
  running: true,
  live: {
    agent: 'connected',
    canBackup: true,
    disks: new Map([
      ['vda', 2 ** 31],
      ['vdb', 2 ** 30],
      ['vdc', 2 ** 30],
      ['sda', null],
    ]),
  },
};

/** Its machines have no backups. */
export const OLD_HOST: Partial<CloneFacts> = {
  running: true,
  live: { agent: 'none', canBackup: false, disks: LIVE.live?.disks ?? new Map() },
};

/** Another host, which has a pool of the same name. */
export const FAR: Partial<CloneFacts> = {
  host: { id: 'far', name: 'kvm-b', uri: 'qemu+ssh://kvm-b/system' },
  pools: [{ ...DIR, host: 'far', uuid: 'far-default' }],
  volumeNames: new Map(),
  names: new Set(),
  elsewhere: { cannotRun: null, missing: new Set(), paths: new Set(['/images/vdc.img']) },
};
