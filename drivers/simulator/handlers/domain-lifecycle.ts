import {
  virDomainCreateFlags as create,
  virDomainRebootFlagValues as reboot,
  virDomainShutdownFlagValues as shutdown,
  virDomainUndefineFlagsValues as undefine,
} from '../../libvirt/constants/index.ts';
import { failure } from '../failures.ts';
import type { HostState } from '../host/host-state.ts';
import type { Machine } from '../host/machine.ts';
import type { Handlers } from './table.ts';

const NVRAM_FLAGS = undefine.VIR_DOMAIN_UNDEFINE_NVRAM | undefine.VIR_DOMAIN_UNDEFINE_KEEP_NVRAM;

function start(machine: Machine, flags: number): Machine {
  const paused = (flags & create.VIR_DOMAIN_START_PAUSED) !== 0;
  const discardSave = (flags & create.VIR_DOMAIN_START_FORCE_BOOT) !== 0;
  machine.start({ paused, discardSave });
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

function shutDown(machine: Machine, flags: number, agentFlag: number): void {
  machine.requireActive();
  if ((flags & agentFlag) !== 0) machine.requireAgent();
}

/** What changes the state of a machine, or whether there is one. */
export const domainLifecycleHandlers: Handlers = {
  domainCreate: ({ dom }, { host }) => void start(host.machine(dom), 0),
  domainCreateWithFlags: ({ dom, flags }, { host }) => ({ dom: start(host.machine(dom), flags).ref }),
  domainCreateXml: ({ xmlDesc, flags }, { host }) => ({
    dom: start(host.define(xmlDesc, { persistent: false }), flags).ref,
  }),
  domainDefineXml: ({ xml }, { host }) => ({ dom: host.define(xml, { persistent: true }).ref }),
  domainDefineXmlFlags: ({ xml }, { host }) => ({ dom: host.define(xml, { persistent: true }).ref }),
  domainUndefine: ({ dom }, { host }) => remove(host, host.machine(dom), 0),
  domainUndefineFlags: ({ dom, flags }, { host }) => remove(host, host.machine(dom), flags),
  domainShutdown: ({ dom }, { host }) => host.machine(dom).shutdown(),
  domainShutdownFlags: ({ dom, flags }, { host }) => {
    const machine = host.machine(dom);
    shutDown(machine, flags, shutdown.VIR_DOMAIN_SHUTDOWN_GUEST_AGENT);
    machine.shutdown();
  },
  domainReboot: ({ dom, flags }, { host }) => {
    const machine = host.machine(dom);
    shutDown(machine, flags, reboot.VIR_DOMAIN_REBOOT_GUEST_AGENT);
    machine.reboot();
  },
  domainReset: ({ dom }, { host }) => host.machine(dom).reset(),
  domainDestroy: ({ dom }, { host }) => host.machine(dom).destroy(),
  domainDestroyFlags: ({ dom }, { host }) => host.machine(dom).destroy(),
  domainSuspend: ({ dom }, { host }) => host.machine(dom).suspend(),
  domainResume: ({ dom }, { host }) => host.machine(dom).resume(),
  domainManagedSave: ({ dom }, { host }) => host.machine(dom).save(),
  domainHasManagedSaveImage: ({ dom }, { host }) => ({ result: host.machine(dom).managedSave ? 1 : 0 }),
  domainManagedSaveRemove: ({ dom }, { host }) => {
    host.machine(dom).managedSave = false;
  },
  domainGetAutostart: ({ dom }, { host }) => ({ autostart: host.machine(dom).autostart ? 1 : 0 }),
  domainSetAutostart: ({ dom, autostart }, { host }) => {
    const machine = host.machine(dom);
    if (!machine.persistent)
      throw failure('VIR_ERR_OPERATION_INVALID', 'cannot set autostart for transient domain');
    machine.autostart = autostart !== 0;
  },
  domainSetMemory: ({ dom, memory }, { host }) => host.machine(dom).setBalloon(Number(memory)),
  domainSetMemoryFlags: ({ dom, memory }, { host }) => host.machine(dom).setBalloon(Number(memory)),
  domainSetMemoryStatsPeriod: ({ dom, period }, { host }) => {
    host.machine(dom).spec.balloonPeriodSec = Math.max(0, period);
  },
};
