import type { Domain } from '../../../main/contract/domain.ts';
import type { Host } from '../../../main/contract/host.ts';

export function aDomain(change: Partial<Domain> = {}): Domain {
  return {
    host: 'h',
    uuid: '00000000-0000-0000-0000-000000000001',
    name: 'web-01',
    id: null,
    state: 'shutoff',
    reason: 'unknown',
    since: null,
    vcpus: 2,
    maxVcpus: 2,
    memoryKiB: 1024,
    maxMemoryKiB: 1024,
    autostart: false,
    persistent: true,
    managedSave: false,
    addresses: [],
    ...change,
  };
}

export function aHost(change: Partial<Host> = {}): Host {
  return {
    id: 'h',
    name: 'kvm-a',
    uri: 'qemu+ssh://kvm-a/system',
    kind: 'ssh',
    state: 'connected',
    since: 0,
    lastSeen: null,
    nextAttempt: null,
    prompt: null,
    failure: null,
    info: null,
    ...change,
  };
}
