import { virConnectListAllDomainsFlags as flag, virDomainState } from '../../libvirt/constants/index.ts';
import { domainRefs } from '../host/host-state.ts';
import type { Machine } from '../host/machine.ts';
import type { Handlers } from './table.ts';

/** Groups of flags; within a group any will do, and a group of which none is set does not filter. */
const GROUPS: readonly (readonly [flag: number, test: (machine: Machine) => boolean])[][] = [
  [
    [flag.VIR_CONNECT_LIST_DOMAINS_ACTIVE, (machine) => machine.isActive],
    [flag.VIR_CONNECT_LIST_DOMAINS_INACTIVE, (machine) => !machine.isActive],
  ],
  [
    [flag.VIR_CONNECT_LIST_DOMAINS_PERSISTENT, (machine) => machine.persistent],
    [flag.VIR_CONNECT_LIST_DOMAINS_TRANSIENT, (machine) => !machine.persistent],
  ],
  [
    [flag.VIR_CONNECT_LIST_DOMAINS_RUNNING, (machine) => machine.isRunning],
    [
      flag.VIR_CONNECT_LIST_DOMAINS_PAUSED,
      (machine) => machine.state.state === virDomainState.VIR_DOMAIN_PAUSED,
    ],
    [flag.VIR_CONNECT_LIST_DOMAINS_SHUTOFF, (machine) => !machine.isActive],
    [flag.VIR_CONNECT_LIST_DOMAINS_OTHER, () => false],
  ],
  [
    [flag.VIR_CONNECT_LIST_DOMAINS_MANAGEDSAVE, (machine) => machine.managedSave],
    [flag.VIR_CONNECT_LIST_DOMAINS_NO_MANAGEDSAVE, (machine) => !machine.managedSave],
  ],
  [
    [flag.VIR_CONNECT_LIST_DOMAINS_AUTOSTART, (machine) => machine.autostart],
    [flag.VIR_CONNECT_LIST_DOMAINS_NO_AUTOSTART, (machine) => !machine.autostart],
  ],
  [
    [flag.VIR_CONNECT_LIST_DOMAINS_HAS_SNAPSHOT, () => false],
    [flag.VIR_CONNECT_LIST_DOMAINS_NO_SNAPSHOT, () => true],
  ],
  [
    [flag.VIR_CONNECT_LIST_DOMAINS_HAS_CHECKPOINT, () => false],
    [flag.VIR_CONNECT_LIST_DOMAINS_NO_CHECKPOINT, () => true],
  ],
];

/** Whether a machine passes virConnectListAllDomains' flags; bits it does not know are ignored. */
export function matchesFlags(machine: Machine, flags: number): boolean {
  return GROUPS.every((group) => {
    const set = group.filter(([bit]) => (flags & bit) !== 0);
    return set.length === 0 || set.some(([, test]) => test(machine));
  });
}

/** Lists and look-ups of machines. */
export const domainListHandlers: Handlers = {
  connectListAllDomains: ({ needResults, flags }, { host }) => {
    const found = host.machines.filter((machine) => matchesFlags(machine, flags));
    return { domains: needResults > 0 ? domainRefs(found) : [], ret: found.length };
  },
  connectNumOfDomains: (_, { host }) => ({ num: host.machines.filter(({ isActive }) => isActive).length }),
  connectNumOfDefinedDomains: (_, { host }) => ({
    num: host.machines.filter(({ isActive }) => !isActive).length,
  }),
  connectListDomains: ({ maxids }, { host }) => ({
    ids: host.machines
      .filter(({ isActive }) => isActive)
      .slice(0, Math.max(0, maxids))
      .map(({ ref }) => ref.id),
  }),
  connectListDefinedDomains: ({ maxnames }, { host }) => ({
    names: host.machines
      .filter(({ isActive }) => !isActive)
      .slice(0, Math.max(0, maxnames))
      .map(({ spec }) => spec.name),
  }),
  domainLookupByName: ({ name }, { host }) => ({ dom: host.machineByName(name).ref }),
  domainLookupByUuid: ({ uuid }, { host }) => ({ dom: host.machine({ uuid }).ref }),
  domainLookupById: ({ id }, { host }) => ({ dom: host.machineById(id).ref }),
};
