import { virConnectListAllInterfacesFlags as list } from '../../libvirt/constants/index.ts';
import type { InterfaceRef } from '../../libvirt/protocol/structs.ts';
import { failure } from '../failures.ts';
import { HOST_DEVICES } from '../fleet/networks.ts';
import { hostBridges, macOf } from '../host/devices.ts';
import type { HostState } from '../host/host-state.ts';
import type { Handlers } from './table.ts';

function names(host: HostState): string[] {
  return [HOST_DEVICES.uplink, HOST_DEVICES.divided, ...hostBridges(host)];
}

const refOf = (name: string): InterfaceRef => ({ name, mac: macOf(name) });

function find(host: HostState, name: string): string {
  if (names(host).includes(name)) return name;
  throw failure('VIR_ERR_NO_INTERFACE', `couldn't find interface named '${name}'`, 'VIR_FROM_INTERFACE');
}

function xml(host: HostState, name: string): string {
  const bridge = hostBridges(host).includes(name) && name !== HOST_DEVICES.openVswitch;
  const lines = [
    `<interface type='${bridge ? 'bridge' : 'ethernet'}' name='${name}'>`,
    `  <mtu size='1500'/>`,
    `  <link state='up'/>`,
    `  <mac address='${macOf(name)}'/>`,
  ];
  if (name === HOST_DEVICES.bridge)
    lines.push(
      `  <protocol family='ipv4'>`,
      `    <ip address='10.20.0.2' prefix='16'/>`,
      `  </protocol>`,
      `  <bridge stp='off'>`,
      `    <interface type='ethernet' name='${HOST_DEVICES.uplink}'/>`,
      `  </bridge>`,
    );
  return [...lines, '</interface>', ''].join('\n');
}

/** The host's own network devices; all are up. */
export const interfaceHandlers: Handlers = {
  connectListAllInterfaces: ({ needResults, flags }, { host }) => {
    const states =
      flags & (list.VIR_CONNECT_LIST_INTERFACES_ACTIVE | list.VIR_CONNECT_LIST_INTERFACES_INACTIVE);
    const shown = states === 0 || (states & list.VIR_CONNECT_LIST_INTERFACES_ACTIVE) !== 0;
    const found = shown ? names(host) : [];
    return { ifaces: needResults > 0 ? found.map(refOf) : [], ret: found.length };
  },
  connectNumOfInterfaces: (_, { host }) => ({ num: names(host).length }),
  connectListInterfaces: ({ maxnames }, { host }) => ({ names: names(host).slice(0, Math.max(0, maxnames)) }),
  connectNumOfDefinedInterfaces: () => ({ num: 0 }),
  connectListDefinedInterfaces: () => ({ names: [] }),
  interfaceLookupByName: ({ name }, { host }) => ({ iface: refOf(find(host, name)) }),
  interfaceGetXmlDesc: ({ iface }, { host }) => ({ xml: xml(host, find(host, iface.name)) }),
  interfaceIsActive: ({ iface }, { host }) => {
    find(host, iface.name);
    return { active: 1 };
  },
};
