import { randomBytes } from 'node:crypto';
import type { LibvirtClient } from '../../drivers/libvirt/client.ts';
import { virDomainModificationImpact } from '../../drivers/libvirt/constants/index.ts';
import { cardXml, movedCard } from '../../drivers/libvirt/model/nic-move.ts';
import { readNetwork } from '../../drivers/libvirt/model/network.ts';
import type {
  DomainRef as WireDomain,
  NetworkRef as WireNetwork,
} from '../../drivers/libvirt/protocol/structs.ts';
import { LibvirtError } from '../../drivers/rpc/errors.ts';
import { XmlError } from '../../drivers/xml/index.ts';
import type { NetworkRestarted } from '../contract/network.ts';
import { FailureError } from '../hosts/failures.ts';
import { START_LIMIT_MS } from './change.ts';
import { OWN_BRIDGE } from './link-problems.ts';

/** A card of a running machine that is plugged into the network. */
export interface PluggedCard {
  readonly dom: WireDomain;
  readonly mac: string;
}

/**
 * Stops and starts a network, and plugs the cards of running machines into its new bridge: libvirt leaves them hanging on the one that went.
 * Their links go down and up, so that guests ask for their addresses anew. Bridges of the host, and devices, stay where they are.
 * @throws LibvirtError where it cannot be stopped, FailureError where it is stopped and does not start, LinkError
 */
export async function restartNetwork(
  client: LibvirtClient,
  net: WireNetwork,
  cards: readonly PluggedCard[],
): Promise<NetworkRestarted> {
  const { remote } = client;
  const limit = { timeoutMs: START_LIMIT_MS };
  if ((await remote.networkIsPersistent({ net })).persistent !== 1)
    throw new FailureError({
      code: 'CONFLICT',
      message: `${net.name} has no definition: once stopped it could not be started again.`,
    });
  const active = (await remote.networkIsActive({ net })).active === 1;
  if (active) await remote.networkDestroy({ net }, limit);
  try {
    await remote.networkCreate({ net }, limit);
  } catch (error) {
    if (!(error instanceof LibvirtError) || !active) throw error;
    const message = `${net.name} was stopped, and does not start again: ${error.message}`;
    throw new FailureError({ code: 'LIBVIRT', message });
  }
  const { mode } = readNetwork((await remote.networkGetXmlDesc({ net, flags: 0 })).xml);
  return !active || cards.length === 0 || !OWN_BRIDGE.has(mode)
    ? { unplugged: [] }
    : { unplugged: await plugAgain(client, cards) };
}

type Unplugged = NetworkRestarted['unplugged'];

/**
 * libvirt moves a card from one bridge to another, but sees no move from a bridge to its namesake. So each card goes to a bridge of our own
 * and back.
 */
async function plugAgain(client: LibvirtClient, cards: readonly PluggedCard[]): Promise<Unplugged> {
  const { remote } = client;
  const name = `virtlane-${randomBytes(4).toString('hex')}`;
  const unplugged: Unplugged = [];
  const told = ({ dom, mac }: PluggedCard, error: unknown): void => {
    if (!(error instanceof LibvirtError || error instanceof XmlError)) throw error;
    unplugged.push({ name: dom.name, mac, message: error.message });
  };
  let parking: WireNetwork;
  try {
    const xml = `<network><name>${name}</name><dns enable='no'/></network>`;
    parking = (await remote.networkCreateXml({ xml }, { timeoutMs: START_LIMIT_MS })).net;
  } catch (error) {
    for (const card of cards) told(card, error);
    return unplugged;
  }
  try {
    for (const card of cards) await plug(client, card, name).catch((error: unknown) => told(card, error));
  } finally {
    await remote.networkDestroy({ net: parking }, { timeoutMs: START_LIMIT_MS });
  }
  return unplugged;
}

async function plug({ remote }: LibvirtClient, { dom, mac }: PluggedCard, parking: string): Promise<void> {
  const flags = virDomainModificationImpact.VIR_DOMAIN_AFFECT_LIVE;
  const card = cardXml((await remote.domainGetXmlDesc({ dom, flags: 0 })).xml, mac);
  for (const xml of [movedCard(card, parking), movedCard(card, null)])
    await remote.domainUpdateDeviceFlags({ dom, xml, flags });
}
