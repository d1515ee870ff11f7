import {
  virDomainCreateFlags as create,
  virDomainMemoryModFlags as memoryFlag,
  virDomainRebootFlagValues as reboot,
  virDomainSaveRestoreFlags as save,
  virDomainShutdownFlagValues as shutdown,
  virDomainUndefineFlagsValues as undefine,
} from '../../libvirt/constants/index.ts';
import { failure, noSuchFile } from '../failures.ts';
import type { HostState } from '../host/host-state.ts';
import type { Machine } from '../host/machine.ts';
import type { SavedAs } from '../host/run.ts';
import type { Handlers } from './table.ts';

const SAVE_PATH = '/var/lib/libvirt/qemu/save';
const NVRAM_FLAGS = undefine.VIR_DOMAIN_UNDEFINE_NVRAM | undefine.VIR_DOMAIN_UNDEFINE_KEEP_NVRAM;

const isPaused = (flags: number): boolean => (flags & create.VIR_DOMAIN_START_PAUSED) !== 0;

function start(machine: Machine, flags: number): Machine {
  const discardSave = (flags & create.VIR_DOMAIN_START_FORCE_BOOT) !== 0;
  machine.start({ paused: isPaused(flags), discardSave });
  return machine;
}

function remove(host: HostState, machine: Machine, flags: number): void {
  if (!machine.persistent) throw failure('VIR_ERR_OPERATION_INVALID', 'cannot undefine transient domain');
  if (machine.managedSave && (flags & undefine.VIR_DOMAIN_UNDEFINE_MANAGED_SAVE) === 0)
    throw failure('VIR_ERR_OPERATION_INVALID', 'Refusing to undefine while domain managed save image exists');
  if (machine.spec.firmware === 'efi' && (flags & NVRAM_FLAGS) === 0)
    throw failure('VIR_ERR_OPERATION_INVALID', 'cannot undefine domain with nvram');
  host.undefine(machine);
}

function setMemory(machine: Machine, memoryKiB: number, flags: number): void {
  const affects = flags & (memoryFlag.VIR_DOMAIN_MEM_LIVE | memoryFlag.VIR_DOMAIN_MEM_CONFIG);
  if ((affects & memoryFlag.VIR_DOMAIN_MEM_LIVE) !== 0) machine.requireActive();
  if ((affects & memoryFlag.VIR_DOMAIN_MEM_CONFIG) !== 0) requireDefinition(machine);
  machine.setBalloon(memoryKiB);
}

function requireDefinition(machine: Machine): void {
  if (!machine.persistent)
    throw failure(
      'VIR_ERR_OPERATION_INVALID',
      'transient domains do not have any persistent config',
      'VIR_FROM_DOMAIN',
    );
}

function savedAs(flags: number): SavedAs {
  if ((flags & save.VIR_DOMAIN_SAVE_PAUSED) !== 0) return 'paused';
  return (flags & save.VIR_DOMAIN_SAVE_RUNNING) !== 0 ? 'running' : null;
}

/** What changes the state of a machine, or whether there is one. */
export const domainLifecycleHandlers: Handlers = {
  domainCreate: ({ dom }, { host }) => void start(host.machine(dom), 0),
  domainCreateWithFlags: ({ dom, flags }, { host }) => ({ dom: start(host.machine(dom), flags).ref }),
  domainCreateXml: ({ xmlDesc, flags }, { host }) => ({
    dom: host.create(xmlDesc, { paused: isPaused(flags) }).ref,
  }),
  domainDefineXml: ({ xml }, { host }) => ({ dom: host.define(xml).ref }),
  domainDefineXmlFlags: ({ xml }, { host }) => ({ dom: host.define(xml).ref }),
  domainUndefine: ({ dom }, { host }) => remove(host, host.machine(dom), 0),
  domainUndefineFlags: ({ dom, flags }, { host }) => remove(host, host.machine(dom), flags),
  domainShutdown: ({ dom }, { host }) => host.machine(dom).shutdown(),
  domainShutdownFlags: ({ dom, flags }, { host }) => {
    const machine = host.machine(dom);
    if (machine.isRunning && (flags & shutdown.VIR_DOMAIN_SHUTDOWN_GUEST_AGENT) !== 0) machine.requireAgent();
    machine.shutdown();
  },
  domainReboot: ({ dom, flags }, { host }) => {
    const machine = host.machine(dom);
    if ((flags & reboot.VIR_DOMAIN_REBOOT_GUEST_AGENT) !== 0) machine.requireAgent();
    machine.reboot();
  },
  domainReset: ({ dom }, { host }) => host.machine(dom).reset(),
  domainDestroy: ({ dom }, { host }) => host.machine(dom).destroy(),
  domainDestroyFlags: ({ dom }, { host }) => host.machine(dom).destroy(),
  domainSuspend: ({ dom }, { host }) => host.machine(dom).suspend(),
  domainResume: ({ dom }, { host }) => host.machine(dom).resume(),
  domainManagedSave: ({ dom, flags }, { host }) => host.machine(dom).save(savedAs(flags)),
  domainHasManagedSaveImage: ({ dom }, { host }) => ({ result: host.machine(dom).managedSave ? 1 : 0 }),
  domainManagedSaveRemove: ({ dom }, { host }) => {
    const machine = host.machine(dom);
    if (!machine.managedSave)
      throw noSuchFile(`Failed to remove managed save file '${SAVE_PATH}/${machine.spec.name}.save'`);
    machine.managedSave = false;
  },
  domainGetAutostart: ({ dom }, { host }) => ({ autostart: host.machine(dom).autostart ? 1 : 0 }),
  domainSetAutostart: ({ dom, autostart }, { host }) => {
    const machine = host.machine(dom);
    if (!machine.persistent)
      throw failure('VIR_ERR_OPERATION_INVALID', 'cannot set autostart for transient domain');
    machine.autostart = autostart !== 0;
  },
  domainSetMemory: ({ dom, memory }, { host }) =>
    setMemory(host.machine(dom), Number(memory), memoryFlag.VIR_DOMAIN_MEM_LIVE),
  domainSetMemoryFlags: ({ dom, memory, flags }, { host }) =>
    setMemory(host.machine(dom), Number(memory), flags),
  domainSetMemoryStatsPeriod: ({ dom, period, flags }, { host }) => {
    const machine = host.machine(dom);
    if ((flags & memoryFlag.VIR_DOMAIN_MEM_LIVE) !== 0) machine.requireActive();
    machine.spec.balloonPeriodSec = Math.max(0, period);
  },
};
