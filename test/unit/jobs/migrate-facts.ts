import { planMigration } from '../../../main/jobs/migrate/plan.ts';
import { readDomain } from '../../../drivers/libvirt/model/index.ts';
import { parseXml } from '../../../drivers/xml/index.ts';
import { usualMigration, type MigrateInput } from '../../../main/contract/migrate.ts';
import type { Pool } from '../../../main/contract/storage.ts';
import type { MigrateFacts } from '../../../main/jobs/migrate/live.ts';
import type { SourceVolume } from '../../../main/jobs/clone/facts.ts';
import { encryptedDisks, placeOf, type SourceFacts } from '../../../main/jobs/migrate/source-facts.ts';
import type { TargetFacts } from '../../../main/jobs/migrate/target-facts.ts';

export const GIB = 1024 ** 3;
export const UUID = 'aaaaaaaa-0000-4000-8000-000000000001';

export const WEB = `<domain type='kvm' id='3'>
  <name>web-1</name><uuid>${UUID}</uuid>
  <memory unit='KiB'>1048576</memory><vcpu>2</vcpu>
  <os><type arch='x86_64' machine='pc-q35-7.2'>hvm</type></os>
  <devices>
    <disk type='file' device='disk'><driver name='qemu' type='qcow2'/>
      <source file='/images/web-1.qcow2'/><target dev='vda' bus='virtio'/></disk>
    <interface type='network'><source network='office'/></interface>
    <graphics type='vnc' passwd='tomato'/>
  </devices>
</domain>`;

export function pool(change: Partial<Pool> = {}): Pool {
  return {
    host: 'b',
    uuid: 'bbbbbbbb-0000-4000-8000-000000000001',
    name: 'images',
    type: 'dir',
    state: 'running',
    autostart: true,
    persistent: true,
    capacityBytes: 100 * GIB,
    allocationBytes: 0,
    availableBytes: 100 * GIB,
    path: '/images',
    source: null,
    ...change,
  };
}

/** A machine that runs on kvm-a, by its XML. */
export function sourceOf(xml = WEB, change: Partial<SourceFacts> = {}): SourceFacts {
  const model = readDomain(xml);
  const definition = parseXml(xml);
  return {
    host: { id: 'a', name: 'kvm-a', uri: 'qemu+ssh://kvm-a/system' },
    uuid: 'host-a',
    hypervisor: 'QEMU',
    libvirt: 9_000_000,
    emulator: 7_002_000,
    uuidOfMachine: UUID,
    state: 'running',
    reason: 'booted',
    persistent: true,
    autostart: false,
    saved: false,
    snapshots: 0,
    checkpoints: 0,
    blockJobs: [],
    model,
    cpuXml: null,
    ...placeOf(definition),
    clock: { aheadMs: 100, withinMs: 510 },
    hostCpu: { model: 'EPYC', identity: 'x86_64 EPYC AMD aes' },
    login: { host: '10.0.0.1', port: 22, user: 'root', jumped: false },
    disks: model.disks.map((disk) => ({
      model: disk,
      path: disk.source?.path ?? null,
      encrypted: encryptedDisks(definition).has(disk.target),
      capacityBytes: disk.device === 'disk' ? 10 * GIB : null,
    })),
    pools: [pool({ host: 'a' })],
    ...change,
  };
}

export function targetOf(change: Partial<TargetFacts> = {}): TargetFacts {
  const machines = [{ name: 'pc-q35-7.2', canonical: null, maxCpus: null }];
  return {
    host: { id: 'b', name: 'kvm-b', uri: 'qemu+ssh://kvm-b/system' },
    uuid: 'host-b',
    hypervisor: 'QEMU',
    libvirt: 9_000_000,
    emulator: 7_002_000,
    capabilities: {
      hostUuid: 'host-b',
      arch: 'x86_64',
      cpuModel: null,
      cpuVendor: null,
      cpuIdentity: null,
      topology: null,
      numaNodes: 1,
      hugePages: null,
      iommu: null,
      liveMigration: true,
      migrationTransports: ['tcp'],
      securityModels: [],
      guests: [{ osType: 'hvm', arch: 'x86_64', emulator: null, domainTypes: ['qemu', 'kvm'], machines }],
      kvm: true,
    },
    domainCapabilities: null,
    sameUuid: null,
    sameName: null,
    cpu: 'identical',
    cpuReason: null,
    sharedCpu: null,
    newCpu: null,
    networks: new Map([['office', true]]),
    devices: new Set(['br0']),
    memory: { totalKiB: 16 * 1024 ** 2, freeKiB: 8 * 1024 ** 2 },
    freeLargePages: null,
    clock: { aheadMs: -900, withinMs: 510 },
    hostCpu: { model: 'EPYC', identity: 'x86_64 EPYC AMD aes' },
    login: { host: '10.0.0.2', port: 22, user: 'root', jumped: false },
    pools: [pool()],
    volumeNames: new Map([[pool().uuid, new Set<string>()]]),
    files: new Map([['vda', 'none']]),
    bases: new Map(),
    ...change,
  };
}

export function volumeOf(change: Partial<SourceVolume> = {}): SourceVolume {
  return {
    pool: pool().uuid,
    name: 'web-1.qcow2',
    path: '/images/web-1.qcow2',
    format: 'qcow2',
    capacityBytes: 10 * GIB,
    allocationBytes: 2 * GIB,
    encrypted: false,
    backed: false,
    changed: '1700000000.5',
    ...change,
  };
}

export function factsOf(change: Partial<MigrateFacts> = {}): MigrateFacts {
  return {
    source: sourceOf(),
    target: targetOf(),
    copiedTo: null,
    canRelay: true,
    definition: null,
    volumes: new Map([['vda', volumeOf()]]),
    ownCopies: new Map(),
    folderUuid: 'ffffffff-0000-4000-8000-000000000001',
    ...change,
  };
}

export function input(change: Partial<MigrateInput> = {}): MigrateInput {
  return { ...usualMigration({ host: 'a', uuid: UUID, to: 'b' }), ...change };
}

/** What is not well, in the order of the checks: `stop disks`. */
export function levels(facts: MigrateFacts, asked = input()): string[] {
  return planMigration(asked, facts)
    .shown.items.filter(({ level }) => level !== 'ok')
    .map(({ id, level }) => `${level} ${id}`);
}
