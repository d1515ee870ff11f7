import type { Domain } from '../../../main/contract/domain.ts';

/** A machine that runs, as the window knows it. */
export function machine(name: string, change: Partial<Domain> = {}): Domain {
  return {
    host: 'h',
    uuid: `uuid-of-${name}`,
    name,
    id: 1,
    state: 'running',
    reason: 'booted',
    since: null,
    vcpus: 1,
    maxVcpus: 1,
    memoryKiB: 1,
    maxMemoryKiB: 1,
    autostart: false,
    persistent: true,
    managedSave: false,
    addresses: [],
    ...change,
  };
}
