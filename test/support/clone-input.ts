import type { CloneInput } from '../../main/contract/clone.ts';

/** A clone of which only the machine, the hosts and the name are said: as it is, with what the machine has. */
export function cloneInput(
  ends: Pick<CloneInput, 'host' | 'machine' | 'to' | 'name'>,
  change: Partial<CloneInput> = {},
): CloneInput {
  return {
    ...ends,
    count: 1,
    title: null,
    description: null,
    disks: [],
    sizeBytes: null,
    memoryMiB: null,
    vcpus: null,
    firmware: 'copy',
    tpm: 'new',
    hostDevices: 'keep',
    networks: [],
    freeze: true,
    copyBy: null,
    direct: false,
    keepAsTemplate: false,
    cloudInit: null,
    start: false,
    autostart: false,
    ...change,
  };
}
