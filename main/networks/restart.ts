import type { LibvirtClient } from '../../drivers/libvirt/client.ts';
import { virDomainModificationImpact } from '../../drivers/libvirt/constants/index.ts';
import { cardXml, movedCard } from '../../drivers/libvirt/model/nic-move.ts';
import { readNetwork } from '../../drivers/libvirt/model/network.ts';
import type { NetworkRef as WireNetwork } from '../../drivers/libvirt/protocol/structs.ts';
import { uuidFromString } from '../../drivers/libvirt/uuid.ts';
import { LibvirtError } from '../../drivers/rpc/errors.ts';
import { XmlError } from '../../drivers/xml/index.ts';
import { without } from '../storage/read.ts';
import { START_LIMIT_MS } from './change.ts';
import { OWN_BRIDGE } from './link-problems.ts';

/** A card of a running machine that is plugged into the network. */
export interface PluggedCard {
  /** The machine's. */
  readonly uuid: string;
  readonly name: string;
  readonly mac: string;
}

/** The card as it is before the network is stopped; null: with what speaks against reading it. */
export interface CardMove extends PluggedCard {
  readonly card: string | null;
  readonly problem: string;
}

/** A card that hangs on no network now, and libvirt's words on why. */
export interface Unplugged {
  readonly name: string;
  readonly mac: string;
  readonly message: string;
}

/** The host of a network, over links that may be lost. */
export interface RestartHost {
  /** Of the present link. @throws FailureError HOST_UNREACHABLE while there is none */
  client(): LibvirtClient;
  /** Does it again, as often as the link is lost, when it is back. @throws what else it throws */
  overLostLinks<T>(work: () => Promise<T>): Promise<T>;
}

const LIMIT = { timeoutMs: START_LIMIT_MS };

export async function isActive({ remote }: LibvirtClient, net: WireNetwork): Promise<boolean> {
  return (await remote.networkIsActive({ net })).active === 1;
}

/** Where the answer was lost, whether it is stopped tells whether it was asked. */
export async function stopOnce(host: RestartHost, net: WireNetwork): Promise<void> {
  let isAsked = false;
  await host.overLostLinks(async () => {
    const client = host.client();
    if (isAsked && !(await isActive(client, net))) return;
    isAsked = true;
    await client.remote.networkDestroy({ net }, LIMIT);
  });
}

export async function startAgain(host: RestartHost, net: WireNetwork): Promise<void> {
  await host.overLostLinks(async () => {
    const client = host.client();
    if (!(await isActive(client, net))) await client.remote.networkCreate({ net }, LIMIT);
  });
}

export async function readMoves(
  { remote }: LibvirtClient,
  cards: readonly PluggedCard[],
): Promise<CardMove[]> {
  const moves: CardMove[] = [];
  for (const { uuid, name, mac } of cards)
    try {
      const { dom } = await remote.domainLookupByUuid({ uuid: uuidFromString(uuid) });
      const card = cardXml((await remote.domainGetXmlDesc({ dom, flags: 0 })).xml, mac);
      moves.push({ uuid, name, mac, card, problem: '' });
    } catch (error) {
      moves.push({ uuid, name, mac, card: null, problem: wordsOf(error) });
    }
  return moves;
}

/**
 * Plugs the cards of running machines into the new bridge of a network that was stopped and started: libvirt leaves them hanging on the one
 * that went. Their links go down and up, so that guests ask for their addresses anew. libvirt moves a card from one bridge to another, but
 * sees no move from a bridge to its namesake: so each goes to a bridge of our own and back. Bridges of the host, and devices, stay where they are.
 * @param parking the name of that bridge's network, which is there as long as this takes
 * @throws LinkError, where the host does not wait for its link
 */
export async function plugAgain(
  host: RestartHost,
  net: WireNetwork,
  { moves, parking }: { moves: readonly CardMove[]; parking: string },
): Promise<Unplugged[]> {
  const isOwn = await host.overLostLinks(async () => {
    const { xml } = await host.client().remote.networkGetXmlDesc({ net, flags: 0 });
    return OWN_BRIDGE.has(readNetwork(xml).mode);
  });
  if (moves.length === 0 || !isOwn) return [];
  const unplugged: Unplugged[] = [];
  const told = ({ name, mac }: PluggedCard, message: string): void =>
    void unplugged.push({ name, mac, message });
  try {
    await host.overLostLinks(() => openParking(host.client(), parking));
  } catch (error) {
    for (const move of moves) told(move, wordsOf(error));
    return unplugged;
  }
  for (const move of moves) {
    const { card, uuid } = move;
    if (card === null) told(move, move.problem);
    else
      await host
        .overLostLinks(() => plug(host.client(), uuid, { card, parking }))
        .catch((error: unknown) => told(move, wordsOf(error)));
  }
  await host.overLostLinks(() => closeParking(host.client(), parking));
  return unplugged;
}

async function plug(
  { remote }: LibvirtClient,
  uuid: string,
  { card, parking }: { card: string; parking: string },
): Promise<void> {
  const { dom } = await remote.domainLookupByUuid({ uuid: uuidFromString(uuid) });
  // It was shut down meanwhile: when it is started it is plugged in.
  if (dom.id === -1) return;
  const flags = virDomainModificationImpact.VIR_DOMAIN_AFFECT_LIVE;
  for (const xml of [movedCard(card, parking), movedCard(card, null)])
    await remote.domainUpdateDeviceFlags({ dom, xml, flags });
}

async function parkingOf({ remote }: LibvirtClient, name: string): Promise<WireNetwork | null> {
  const found = await remote.networkLookupByName({ name }).catch(without(['VIR_ERR_NO_NETWORK']));
  return found?.net ?? null;
}

async function openParking(client: LibvirtClient, name: string): Promise<void> {
  if ((await parkingOf(client, name)) !== null) return;
  const xml = `<network><name>${name}</name><dns enable='no'/></network>`;
  await client.remote.networkCreateXml({ xml }, LIMIT);
}

async function closeParking(client: LibvirtClient, name: string): Promise<void> {
  const net = await parkingOf(client, name);
  if (net !== null) await client.remote.networkDestroy({ net }, LIMIT);
}

/** @throws what is no answer about the card: nobody knows then where it is */
function wordsOf(error: unknown): string {
  if (error instanceof LibvirtError || error instanceof XmlError) return error.message;
  throw error;
}
