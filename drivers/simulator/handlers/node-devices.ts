import { virConnectListAllNodeDeviceFlags as list } from '../../libvirt/constants/index.ts';
import { failure } from '../failures.ts';
import { hostBridges, macOf } from '../host/devices.ts';
import type { Call, Handlers } from './table.ts';

interface NodeDevice {
  name: string;
  parent: string | null;
  capability: 'system' | 'pci' | 'net' | 'storage';
  flag: number;
  body: string[];
}

/** The few devices that a simulated host shows: itself, two network cards, bridges, a disk. */
function devices({ host }: Call): NodeDevice[] {
  const card = (index: number): NodeDevice[] => [
    {
      name: `pci_0000_3b_00_${index}`,
      parent: 'computer',
      capability: 'pci',
      flag: list.VIR_CONNECT_LIST_NODE_DEVICES_CAP_PCI_DEV,
      body: [
        `    <class>0x020000</class>`,
        `    <domain>0</domain>`,
        `    <bus>59</bus>`,
        `    <slot>0</slot>`,
        `    <function>${index}</function>`,
        `    <product id='0x1572'>Ethernet Controller X710 for 10GbE SFP+</product>`,
        `    <vendor id='0x8086'>Intel Corporation</vendor>`,
        ...(index === 1 ? virtualFunctions() : []),
        `    <iommuGroup number='${24 + index}'/>`,
      ],
    },
    {
      name: `net_eno${index + 1}`,
      parent: `pci_0000_3b_00_${index}`,
      capability: 'net',
      flag: list.VIR_CONNECT_LIST_NODE_DEVICES_CAP_NET,
      body: netBody(`eno${index + 1}`, 10_000),
    },
  ];
  return [
    {
      name: 'computer',
      parent: null,
      capability: 'system',
      flag: list.VIR_CONNECT_LIST_NODE_DEVICES_CAP_SYSTEM,
      body: [`    <product>Virtlane demo host ${host.name}</product>`],
    },
    ...card(0),
    ...card(1),
    ...virtualDevices({ host }),
    {
      name: 'block_nvme0n1',
      parent: 'computer',
      capability: 'storage',
      flag: list.VIR_CONNECT_LIST_NODE_DEVICES_CAP_STORAGE,
      body: [
        `    <block>/dev/nvme0n1</block>`,
        `    <drive_type>disk</drive_type>`,
        `    <size>8796093022208</size>`,
      ],
    },
  ];
}

/** Bridges: those of the host's own, and of the networks that run. */
function virtualDevices({ host }: Pick<Call, 'host'>): NodeDevice[] {
  return hostBridges(host).map((name) => ({
    name: `net_${name}`,
    parent: 'computer',
    capability: 'net',
    flag: list.VIR_CONNECT_LIST_NODE_DEVICES_CAP_NET,
    body: netBody(name, null),
  }));
}

function netBody(name: string, speedMbps: number | null): string[] {
  return [
    `    <interface>${name}</interface>`,
    `    <address>${macOf(name)}</address>`,
    `    <link ${speedMbps === null ? '' : `speed='${speedMbps}' `}state='up'/>`,
    `    <capability type='80203'/>`,
  ];
}

const FUNCTIONS = { there: 8, max: 64 };

function virtualFunctions(): string[] {
  const addresses = Array.from(
    { length: FUNCTIONS.there },
    (_, index) =>
      `      <address domain='0x0000' bus='0x3b' slot='0x${(10 + (index >> 3)).toString(16)}' function='0x${index & 7}'/>`,
  );
  return [
    `    <capability type='virt_functions' maxCount='${FUNCTIONS.max}'>`,
    ...addresses,
    `    </capability>`,
  ];
}

/** ACTIVE and INACTIVE; every device here is active. The other flags choose capabilities. */
const STATE_FLAGS = list.VIR_CONNECT_LIST_NODE_DEVICES_ACTIVE | list.VIR_CONNECT_LIST_NODE_DEVICES_INACTIVE;

function listed({ flag }: NodeDevice, flags: number): boolean {
  const states = flags & STATE_FLAGS;
  const capabilities = flags & ~STATE_FLAGS;
  const active = states === 0 || (states & list.VIR_CONNECT_LIST_NODE_DEVICES_ACTIVE) !== 0;
  return active && (capabilities === 0 || (capabilities & flag) !== 0);
}

function find(call: Call, name: string): NodeDevice {
  const device = devices(call).find((candidate) => candidate.name === name);
  if (device === undefined)
    throw failure(
      'VIR_ERR_NO_NODE_DEVICE',
      `no node device with matching name '${name}'`,
      'VIR_FROM_NODEDEV',
    );
  return device;
}

function xml(device: NodeDevice): string {
  return [
    `<device>`,
    `  <name>${device.name}</name>`,
    ...(device.parent === null ? [] : [`  <parent>${device.parent}</parent>`]),
    `  <capability type='${device.capability}'>`,
    ...device.body,
    `  </capability>`,
    `</device>`,
    ``,
  ].join('\n');
}

/** Devices of the host. */
export const nodeDeviceHandlers: Handlers = {
  connectListAllNodeDevices: ({ needResults, flags }, call) => {
    const found = devices(call).filter((device) => listed(device, flags));
    return { devices: needResults > 0 ? found.map(({ name }) => ({ name })) : [], ret: found.length };
  },
  nodeNumOfDevices: ({ cap }, call) => ({
    num: devices(call).filter(({ capability }) => cap === null || cap === capability).length,
  }),
  nodeListDevices: ({ cap, maxnames }, call) => ({
    names: devices(call)
      .filter(({ capability }) => cap === null || cap === capability)
      .slice(0, Math.max(0, maxnames))
      .map(({ name }) => name),
  }),
  nodeDeviceLookupByName: ({ name }, call) => ({ dev: { name: find(call, name).name } }),
  nodeDeviceGetXmlDesc: ({ name }, call) => ({ xml: xml(find(call, name)) }),
  nodeDeviceGetParent: ({ name }, call) => ({ parentName: find(call, name).parent }),
  nodeDeviceNumOfCaps: ({ name }, call) => {
    find(call, name);
    return { num: 1 };
  },
  nodeDeviceListCaps: ({ name }, call) => ({ names: [find(call, name).capability] }),
};
