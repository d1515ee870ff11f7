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
import { without } from '../storage/read.ts';
import { START_LIMIT_MS } from './change.ts';
import { OWN_BRIDGE } from './link-problems.ts';

/** A card of a running machine that is plugged into the network. */
export interface PluggedCard {
  readonly dom: WireDomain;
  readonly mac: string;
}

/** The host of a network, over links that may be lost. */
export interface RestartHost {
  /** Of the present link. @throws FailureError HOST_UNREACHABLE while there is none */
  client(): LibvirtClient;
  /** Does it again, as often as the link is lost, when it is back. @throws what else it throws; the link's error when it stays away */
  overLostLinks<T>(work: () => Promise<T>): Promise<T>;
}

const LIMIT = { timeoutMs: START_LIMIT_MS };

/**
 * Stops and starts a network, and plugs the cards of running machines into its new bridge: libvirt leaves them hanging on the one that went.
 * Their links go down and up, so that guests ask for their addresses anew. Bridges of the host, and devices, stay where they are. From when
 * it is asked to stop on, what is begun is brought to its end also where the link is lost meanwhile.
 * @throws LibvirtError where it cannot be stopped, FailureError where it is stopped and does not start, LinkError
 */
export async function restartNetwork(
  host: RestartHost,
  net: WireNetwork,
  cards: readonly PluggedCard[],
): Promise<NetworkRestarted> {
  const { remote } = host.client();
  if ((await remote.networkIsPersistent({ net })).persistent !== 1)
    throw new FailureError({
      code: 'CONFLICT',
      message: `${net.name} has no definition: once stopped it could not be started again.`,
    });
  const active = await isActive(host, net);
  // As they are now: from the other bridge a card would be brought back to the other bridge.
  const moves = active ? await readMoves(host.client(), cards) : [];
  if (active) await stop(host, net);
  try {
    await host.overLostLinks(() => start(host, net));
  } catch (error) {
    if (!(error instanceof LibvirtError) || !active) throw error;
    const message = `${net.name} was stopped, and does not start again: ${error.message}`;
    throw new FailureError({ code: 'LIBVIRT', message });
  }
  const isOwn = await host.overLostLinks(async () => {
    const { xml } = await host.client().remote.networkGetXmlDesc({ net, flags: 0 });
    return OWN_BRIDGE.has(readNetwork(xml).mode);
  });
  return { unplugged: moves.length === 0 || !isOwn ? [] : await plugAgain(host, moves) };
}

async function isActive(host: RestartHost, net: WireNetwork): Promise<boolean> {
  return (await host.client().remote.networkIsActive({ net })).active === 1;
}

/** Where the answer was lost, whether it is stopped tells whether it was asked. */
async function stop(host: RestartHost, net: WireNetwork): Promise<void> {
  let isAsked = false;
  await host.overLostLinks(async () => {
    if (isAsked && !(await isActive(host, net))) return;
    const { remote } = host.client();
    isAsked = true;
    await remote.networkDestroy({ net }, LIMIT);
  });
}

async function start(host: RestartHost, net: WireNetwork): Promise<void> {
  if (!(await isActive(host, net))) await host.client().remote.networkCreate({ net }, LIMIT);
}

type Unplugged = NetworkRestarted['unplugged'];

interface Move extends PluggedCard {
  /** The card as it is; null: with what it says of it. */
  readonly card: string | null;
  readonly problem: string;
}

async function readMoves({ remote }: LibvirtClient, cards: readonly PluggedCard[]): Promise<Move[]> {
  const moves: Move[] = [];
  for (const { dom, mac } of cards) {
    try {
      const card = cardXml((await remote.domainGetXmlDesc({ dom, flags: 0 })).xml, mac);
      moves.push({ dom, mac, card, problem: '' });
    } catch (error) {
      moves.push({ dom, mac, card: null, problem: wordsOf(error) });
    }
  }
  return moves;
}

/**
 * libvirt moves a card from one bridge to another, but sees no move from a bridge to its namesake. So each card goes to a bridge of our own
 * and back.
 */
async function plugAgain(host: RestartHost, moves: readonly Move[]): Promise<Unplugged> {
  const name = `virtlane-${randomBytes(4).toString('hex')}`;
  const unplugged: Unplugged = [];
  const told = ({ dom, mac }: PluggedCard, message: string): void =>
    void unplugged.push({ name: dom.name, mac, message });
  try {
    await host.overLostLinks(() => openParking(host, name));
  } catch (error) {
    for (const move of moves) told(move, wordsOf(error));
    return unplugged;
  }
  for (const move of moves) {
    const { card } = move;
    if (card === null) told(move, move.problem);
    else
      await host
        .overLostLinks(() => plug(host.client(), move.dom, { card, parking: name }))
        .catch((error: unknown) => told(move, wordsOf(error)));
  }
  await host.overLostLinks(() => closeParking(host, name));
  return unplugged;
}

async function plug(
  { remote }: LibvirtClient,
  dom: WireDomain,
  { card, parking }: { card: string; parking: string },
): Promise<void> {
  const flags = virDomainModificationImpact.VIR_DOMAIN_AFFECT_LIVE;
  for (const xml of [movedCard(card, parking), movedCard(card, null)])
    await remote.domainUpdateDeviceFlags({ dom, xml, flags });
}

async function parkingOf(host: RestartHost, name: string): Promise<WireNetwork | null> {
  const found = await host
    .client()
    .remote.networkLookupByName({ name })
    .catch(without(['VIR_ERR_NO_NETWORK']));
  return found?.net ?? null;
}

async function openParking(host: RestartHost, name: string): Promise<void> {
  if ((await parkingOf(host, name)) !== null) return;
  const xml = `<network><name>${name}</name><dns enable='no'/></network>`;
  await host.client().remote.networkCreateXml({ xml }, LIMIT);
}

async function closeParking(host: RestartHost, name: string): Promise<void> {
  const net = await parkingOf(host, name);
  if (net !== null) await host.client().remote.networkDestroy({ net }, LIMIT);
}

/** @throws what is no answer about the card: nobody knows then where it is */
function wordsOf(error: unknown): string {
  if (error instanceof LibvirtError || error instanceof XmlError) return error.message;
  throw error;
}
