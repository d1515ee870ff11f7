import { randomUUID } from 'node:crypto';
import type { LibvirtClient } from '../../drivers/libvirt/client.ts';
import { virNetworkUpdateFlags, virNetworkXMLFlags } from '../../drivers/libvirt/constants/network.ts';
import { changedFields } from '../../drivers/libvirt/model/network-difference.ts';
import { mergeNetwork } from '../../drivers/libvirt/model/network-merge.ts';
import { editNetworkXml } from '../../drivers/libvirt/model/network-edit.ts';
import {
  networkChanges,
  type LiveField,
  type NetworkUpdate,
} from '../../drivers/libvirt/model/network-update.ts';
import { buildNetworkXml } from '../../drivers/libvirt/model/network-xml.ts';
import { readNetwork } from '../../drivers/libvirt/model/network.ts';
import type { NetworkField, NetworkModel } from '../../drivers/libvirt/model/network-types.ts';
import type { NetworkRef as WireNetwork } from '../../drivers/libvirt/protocol/structs.ts';
import { LibvirtError } from '../../drivers/rpc/errors.ts';
import type { NetworkEdited, NetworkSpec } from '../contract/network.ts';
import { BadInput, FailureError } from '../hosts/failures.ts';
import { lockOuts } from './address-problems.ts';
import { changeProblems, networkProblems, type NetworkSurroundings } from './problems.ts';

/** A network is started by several programs of the host: bridge, firewall, DHCP server. */
export const START_LIMIT_MS = 120_000;
/**
 * VIR_DRV_FEATURE_NETWORK_UPDATE_HAS_CORRECT_ORDER (libvirt 7.2): without it, the server takes `command` for `section` and
 * the other way round.
 */
const FEATURE_UPDATE_ORDER = 16;

/**
 * Defines a network under a UUID of its own, starts it, sets autostart. What fails takes all of it back; nothing that was there before is
 * touched, because libvirt refuses a second network of the same name.
 * @throws FailureError CONFLICT for what stands against it; LibvirtError of what failed; LinkError when it is not known what became of it
 */
export async function createNetwork(
  client: LibvirtClient,
  request: NetworkChange & { start: boolean; autostart: boolean },
): Promise<WireNetwork> {
  const { remote } = client;
  const { spec, around } = request;
  refuse(problemsOf(request)(spec, around), `The network ${spec.name} is not created.`);
  const xml = buildNetworkXml(request.spec, randomUUID());
  const { net } = await remote.networkDefineXml({ xml });
  try {
    if (request.start) await remote.networkCreate({ net }, { timeoutMs: START_LIMIT_MS });
    if (request.autostart) await remote.networkSetAutostart({ net, autostart: 1 });
    return net;
  } catch (error) {
    if (!(error instanceof LibvirtError)) throw error;
    // What did not start cannot be stopped: libvirt's word on that is of no interest.
    await remote.networkDestroy({ net }).catch(ofLibvirt);
    await remote.networkUndefine({ net }).catch(ofLibvirt);
    throw error;
  }
}

function ofLibvirt(error: unknown): void {
  if (!(error instanceof LibvirtError)) throw error;
}

/** Stops it and deletes its definition. */
export async function deleteNetwork({ remote }: LibvirtClient, net: WireNetwork): Promise<void> {
  const { active } = await remote.networkIsActive({ net });
  const { persistent } = await remote.networkIsPersistent({ net });
  if (active === 1) await remote.networkDestroy({ net }, { timeoutMs: START_LIMIT_MS });
  // One without a definition has gone when it stopped.
  if (persistent === 1) await remote.networkUndefine({ net });
}

function refuse(problems: readonly string[], message: string): void {
  if (problems.length > 0) throw new FailureError({ code: 'CONFLICT', message, detail: problems.join('\n') });
}

export interface NetworkChange {
  readonly spec: NetworkSpec;
  readonly around: NetworkSurroundings;
  /** Somebody wants it in spite of what stands against it. */
  readonly despite: boolean;
}

export interface NetworkEdit extends NetworkChange {
  /** What was read when the change was made. */
  readonly base: NetworkSpec;
}

function problemsOf({ despite }: Pick<NetworkChange, 'despite'>): typeof networkProblems {
  return despite ? lockOuts : networkProblems;
}

/**
 * Changes the definition to what is wanted, and what runs as far as libvirt can (virNetworkUpdate). The definition comes first: libvirt
 * checks it as a whole, and what it refuses changes nothing. What others have changed since the base was read is kept.
 * @throws BadInput for another name, LibvirtError, LinkError; FailureError CONFLICT for what a network without a definition cannot, what
 *   others have changed to something else since, and what stands against the change
 */
export async function editNetwork(
  client: LibvirtClient,
  net: WireNetwork,
  { base, spec, around, despite }: NetworkEdit,
): Promise<NetworkEdited> {
  const { remote } = client;
  if (spec.name !== net.name)
    throw new BadInput(`${net.name} cannot be renamed: libvirt keeps a network under its name.`);
  const [{ active }, { persistent }] = await Promise.all([
    remote.networkIsActive({ net }),
    remote.networkIsPersistent({ net }),
  ]);
  const running = active === 1 ? readNetwork((await remote.networkGetXmlDesc({ net, flags: 0 })).xml) : null;
  const flags = persistent === 1 ? virNetworkXMLFlags.VIR_NETWORK_XML_INACTIVE : 0;
  const { xml } = await remote.networkGetXmlDesc({ net, flags });
  const present = readNetwork(xml);
  const { merged, conflicts, kept } = mergeNetwork(base, { wanted: spec, present });
  if (conflicts.length > 0)
    throw new FailureError({
      code: 'CONFLICT',
      message: `${net.name} is not changed: somebody else has changed ${listed(conflicts.map(word))} since you opened it. Open it again to see what it is now.`,
    });
  const problems = changeProblems(merged, { present, around }, problemsOf({ despite }));
  refuse(problems, `The network ${net.name} is not changed.`);
  const changes = running === null ? null : networkChanges(running, merged);
  if (persistent === 1) await redefine(client, xml, merged);
  else if (changes !== null && changes.rest.length > 0)
    throw new FailureError({
      code: 'CONFLICT',
      message: `${net.name} has no definition: ${listed(changes.rest.map(word))} cannot be changed while it runs.`,
    });
  const theirs = kept.map(word);
  if (changes === null) return { live: [], atNextStart: [], kept: theirs };
  const updated = await updateRunning(client, net, changes.updates);
  return {
    live: [...new Set(updated.done.map(word))],
    atNextStart: [
      ...changes.rest.map(word),
      ...updated.refused.map(({ field, why }) => `${word(field)} (libvirt: ${why})`),
    ],
    kept: theirs,
  };
}

async function redefine({ remote }: LibvirtClient, xml: string, wanted: NetworkModel): Promise<void> {
  if (changedFields(readNetwork(xml), wanted).size === 0) return;
  await remote.networkDefineXml({ xml: editNetworkXml(xml, wanted) });
}

interface Updated {
  done: LiveField[];
  refused: { field: LiveField; why: string }[];
}

/** One call after another, as each is checked against what the one before has left. */
async function updateRunning(
  { remote }: LibvirtClient,
  net: WireNetwork,
  updates: readonly NetworkUpdate[],
): Promise<Updated> {
  const updated: Updated = { done: [], refused: [] };
  if (updates.length === 0) return updated;
  const { supported } = await remote.connectSupportsFeature({ feature: FEATURE_UPDATE_ORDER });
  for (const { command, section, parentIndex, xml, field } of updates) {
    if (updated.refused.some((one) => one.field === field)) continue;
    const order = supported === 1 ? { command, section } : { command: section, section: command };
    const flags = virNetworkUpdateFlags.VIR_NETWORK_UPDATE_AFFECT_LIVE;
    try {
      await remote.networkUpdate({ net, ...order, parentIndex, xml, flags }, { timeoutMs: START_LIMIT_MS });
      updated.done.push(field);
    } catch (error) {
      if (!(error instanceof LibvirtError)) throw error;
      updated.refused.push({ field, why: error.message });
    }
  }
  return updated;
}

const WORDS: Readonly<Record<NetworkField | LiveField, string>> = {
  name: 'the name',
  mode: 'the mode',
  devices: 'the devices that it goes out by',
  natPorts: 'the ports of NAT',
  bridge: 'the bridge',
  stp: 'STP',
  mtu: 'the MTU',
  domain: 'the domain',
  ips: 'its addresses',
  ranges: 'DHCP ranges',
  hosts: 'fixed addresses',
  dnsEnabled: 'whether it answers DNS',
  dnsForwarders: 'DNS forwarders',
  dnsHosts: 'DNS names',
  routes: 'routes',
  virtualPort: 'the kind of ports',
  vlan: 'the VLAN',
  portGroups: 'port groups',
  inbound: 'the inbound rate',
  outbound: 'the outbound rate',
};

function word(field: NetworkField | LiveField): string {
  return WORDS[field];
}

function listed(words: readonly string[]): string {
  return words.length < 2 ? (words[0] ?? '') : `${words.slice(0, -1).join(', ')} and ${words.at(-1) ?? ''}`;
}
