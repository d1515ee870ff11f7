import type { Job } from '../../../main/contract/activity.ts';
import type { DeletableVolume, DeletionPlan, Domain } from '../../../main/contract/domain.ts';
import type { Host } from '../../../main/contract/host.ts';

const INFO: NonNullable<Host['info']> = {
  hostname: 'kvm.example',
  hypervisor: 'QEMU',
  libvirtVersion: '9.0.0',
  hypervisorVersion: '7.2.0',
  arch: 'x86_64',
  cpuModel: 'EPYC',
  cpus: 8,
  sockets: 1,
  cores: 4,
  threads: 2,
  mhz: 2000,
  memoryKiB: 16 << 20,
  kvm: true,
};

export function hostFixture(id: string, fields: Partial<Host> = {}): Host {
  return {
    id,
    name: id,
    uri: `qemu+ssh://root@${id}/system`,
    kind: 'ssh',
    state: 'connected',
    since: 0,
    lastSeen: null,
    nextAttempt: null,
    prompt: null,
    failure: null,
    info: INFO,
    ...fields,
  };
}

export function domainFixture(host: string, name: string, fields: Partial<Domain> = {}): Domain {
  return {
    host,
    uuid: '00000000-0000-4000-8000-000000000001',
    name,
    id: null,
    state: 'shutoff',
    reason: 'unknown',
    since: null,
    vcpus: 1,
    maxVcpus: 1,
    memoryKiB: 1024,
    maxMemoryKiB: 1024,
    autostart: false,
    persistent: true,
    managedSave: false,
    addresses: [],
    ...fields,
  };
}

export function jobFixture(id: string, fields: Partial<Job> = {}): Job {
  return {
    id,
    kind: 'save',
    host: 'kvm-a',
    uuid: null,
    name: '',
    state: 'running',
    steps: [],
    mayBeLeft: [],
    waitsFor: [],
    progress: null,
    bytesPerSecond: null,
    speeds: [],
    secondsLeft: null,
    startedAt: 0,
    finishedAt: null,
    cancellable: false,
    log: [],
    failure: null,
    ...fields,
  };
}

/** A machine that is off and has nothing but its definition. */
export function planFixture(): DeletionPlan {
  return {
    volumes: [],
    unseen: [],
    running: false,
    managedSave: false,
    snapshots: 0,
    checkpoints: 0,
    nvram: null,
    tpm: false,
  };
}

export function volumeFixture(path: string, fields: Partial<DeletableVolume> = {}): DeletableVolume {
  return {
    key: `key of ${path}`,
    path,
    target: 'vda',
    pool: 'default',
    capacityBytes: 20 << 20,
    allocationBytes: 1 << 20,
    keep: null,
    usedBy: [],
    ...fields,
  };
}
