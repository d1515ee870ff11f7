import {
  virNetworkUpdateCommand as COMMAND,
  virNetworkUpdateSection as SECTION,
} from '../constants/network.ts';
import type { NewElement } from '../../xml/index.ts';
import { changedFields, same } from './network-difference.ts';
import {
  deviceElements,
  dhcpHostElement,
  dnsHostElement,
  portGroupElement,
  rangeElement,
} from './network-elements.ts';
import type { NetworkField, NetworkIpModel, NetworkModel } from './network-types.ts';
import { fragmentXml } from './network-xml.ts';

/** One call of virNetworkUpdate. */
export interface NetworkUpdate {
  /** virNetworkUpdateCommand */
  command: number;
  /** virNetworkUpdateSection */
  section: number;
  /** Which `<ip>` it belongs to; -1 where the section has no parent. */
  parentIndex: number;
  xml: string;
  /** What it changes, as a person would call it. */
  field: LiveField;
}

export type LiveField = 'ranges' | 'hosts' | 'dnsHosts' | 'devices' | 'portGroups';

export interface NetworkChanges {
  /** In an order that libvirt accepts: what goes before what comes. */
  updates: NetworkUpdate[];
  /** What no call can change while the network runs. */
  rest: NetworkField[];
}

/** Modes whose devices can be changed while the network runs (virNetworkDefUpdateForwardInterface). */
const DEVICES_LIVE: ReadonlySet<string> = new Set([
  'nat',
  'route',
  'bridge',
  'private',
  'vepa',
  'passthrough',
]);

/**
 * What leads from a running network to the wanted one: calls of virNetworkUpdate as far as libvirt has them
 * (virNetworkDefUpdateSection), and the fields that have to wait for the next start.
 */
export function networkChanges(running: NetworkModel, wanted: NetworkModel): NetworkChanges {
  const changed = changedFields(running, wanted);
  const updates: NetworkUpdate[] = [];
  const rest = new Set(changed);
  if (changed.has('ips')) {
    const ips = ipUpdates(running.ips, wanted.ips);
    updates.push(...ips.updates);
    if (ips.complete) rest.delete('ips');
  }
  if (changed.has('dnsHosts') && wanted.dnsEnabled !== false && !changed.has('dnsEnabled')) {
    updates.push(
      ...setUpdates(SECTION.VIR_NETWORK_SECTION_DNS_HOST, 'dnsHosts', {
        before: running.dnsHosts,
        after: wanted.dnsHosts,
        write: dnsHostElement,
      }),
    );
    rest.delete('dnsHosts');
  }
  if (changed.has('devices') && !changed.has('mode') && DEVICES_LIVE.has(wanted.mode)) {
    updates.push(...deviceUpdates(running, wanted));
    rest.delete('devices');
  }
  if (changed.has('portGroups')) {
    updates.push(...portGroupUpdates(running, wanted));
    rest.delete('portGroups');
  }
  return { updates: inOrder(updates), rest: [...rest] };
}

interface SetChange<T> {
  before: readonly T[];
  after: readonly T[];
  write: (item: T) => NewElement;
  parentIndex?: number;
}

function setUpdates<T>(section: number, field: LiveField, change: SetChange<T>): NetworkUpdate[] {
  const { before, after, write, parentIndex = -1 } = change;
  const of = (command: number) => (item: T) => ({
    command,
    section,
    parentIndex,
    field,
    xml: fragmentXml(write(item)),
  });
  const gone = before.filter((item) => !after.some((other) => same(item, other)));
  const added = after.filter((item) => !before.some((other) => same(item, other)));
  return [
    ...gone.map(of(COMMAND.VIR_NETWORK_UPDATE_COMMAND_DELETE)),
    ...added.map(of(COMMAND.VIR_NETWORK_UPDATE_COMMAND_ADD_LAST)),
  ];
}

/** Addresses themselves cannot be changed while it runs; what DHCP gives out on them can. */
function ipUpdates(
  running: readonly NetworkIpModel[],
  wanted: readonly NetworkIpModel[],
): { updates: NetworkUpdate[]; complete: boolean } {
  const updates = running.flatMap((now, parentIndex) => {
    const next = wanted.find(({ family, address }) => family === now.family && address === now.address);
    // Without the first range or host no DHCP server runs for it, and the last one ends it: libvirt does both.
    if (next === undefined || next.prefix !== now.prefix) return [];
    return [
      ...setUpdates(SECTION.VIR_NETWORK_SECTION_IP_DHCP_RANGE, 'ranges', {
        before: now.ranges,
        after: next.ranges,
        write: rangeElement,
        parentIndex,
      }),
      ...setUpdates(SECTION.VIR_NETWORK_SECTION_IP_DHCP_HOST, 'hosts', {
        before: now.hosts,
        after: next.hosts,
        write: dhcpHostElement,
        parentIndex,
      }),
    ];
  });
  const bare = (ips: readonly NetworkIpModel[]): unknown[] =>
    ips.map(({ family, address, prefix }) => `${family} ${address}/${prefix}`).toSorted();
  return { updates, complete: same(bare(running), bare(wanted)) };
}

function deviceUpdates(running: NetworkModel, wanted: NetworkModel): NetworkUpdate[] {
  const { mode } = wanted;
  return setUpdates(SECTION.VIR_NETWORK_SECTION_FORWARD_INTERFACE, 'devices', {
    before: running.devices,
    after: wanted.devices,
    write: (dev) => deviceElements({ mode, devices: [dev] })[0] ?? { name: 'interface' },
  });
}

/** A group that is there under its name is modified, or its cards would be without it for a moment. */
function portGroupUpdates(running: NetworkModel, wanted: NetworkModel): NetworkUpdate[] {
  const section = SECTION.VIR_NETWORK_SECTION_PORTGROUP;
  const names = new Set(running.portGroups.map(({ name }) => name));
  const kept = new Set(wanted.portGroups.map(({ name }) => name));
  const update = (command: number, group: NetworkModel['portGroups'][number]): NetworkUpdate => ({
    command,
    section,
    parentIndex: -1,
    field: 'portGroups',
    xml: fragmentXml(portGroupElement(group)),
  });
  const gone = running.portGroups.filter(({ name }) => !kept.has(name));
  const changed = wanted.portGroups.filter((group) =>
    running.portGroups.some((now) => now.name === group.name && !same(now, group)),
  );
  const added = wanted.portGroups.filter(({ name }) => !names.has(name));
  return [
    ...gone.map((group) => update(COMMAND.VIR_NETWORK_UPDATE_COMMAND_DELETE, group)),
    // There is one default at most, at any moment.
    ...changed
      .toSorted((a, b) => Number(a.isDefault) - Number(b.isDefault))
      .map((group) => update(COMMAND.VIR_NETWORK_UPDATE_COMMAND_MODIFY, group)),
    ...added.map((group) => update(COMMAND.VIR_NETWORK_UPDATE_COMMAND_ADD_LAST, group)),
  ];
}

/** An address that moves from one host to another must be free before it is given anew. */
function inOrder(updates: readonly NetworkUpdate[]): NetworkUpdate[] {
  const goes = ({ command }: NetworkUpdate): boolean => command === COMMAND.VIR_NETWORK_UPDATE_COMMAND_DELETE;
  return [...updates.filter(goes), ...updates.filter((update) => !goes(update))];
}
