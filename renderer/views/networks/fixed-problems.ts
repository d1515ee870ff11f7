import type { DhcpHost, Network } from '../../../main/contract/network.ts';
import { contains, parseIp, subnetOf } from './ip.ts';
import { isDnsName } from './sheet/problems.ts';

export type FixedProblem =
  'needed' | 'badIp' | 'outside' | 'own' | 'taken' | 'badMac' | 'badDuid' | 'cardTaken' | 'badName';

export interface FixedForm {
  readonly ip: string;
  /** MAC address, or DUID for IPv6. */
  readonly card: string;
  readonly name: string;
}

/** What hinders a fixed address, by field. `before`: the one that it takes the place of. */
export function fixedProblems(
  { ips }: Pick<Network, 'ips'>,
  form: FixedForm,
  before: DhcpHost | null,
): Partial<Record<keyof FixedForm, FixedProblem>> {
  const others = ips.flatMap(({ hosts }) => hosts).filter((host) => host !== before);
  const ip = ipProblem(ips, form.ip.trim(), others);
  const card = cardProblem(form, others);
  const name = form.name.trim() !== '' && !isDnsName(form.name.trim()) ? 'badName' : null;
  return {
    ...(ip === null ? {} : { ip }),
    ...(card === null ? {} : { card }),
    ...(name === null ? {} : { name }),
  };
}

function ipProblem(ips: Network['ips'], text: string, others: readonly DhcpHost[]): FixedProblem | null {
  if (text === '') return 'needed';
  const ip = parseIp(text);
  if (ip === null) return 'badIp';
  const place = ips.find(({ address, prefix }) => {
    const own = parseIp(address);
    const subnet = own === null ? null : subnetOf(own, prefix);
    return subnet !== null && contains(subnet, ip);
  });
  if (place === undefined) return 'outside';
  if (parseIp(place.address)?.value === ip.value) return 'own';
  return others.some((host) => parseIp(host.ip)?.value === ip.value) ? 'taken' : null;
}

function cardProblem({ ip, card, name }: FixedForm, others: readonly DhcpHost[]): FixedProblem | null {
  const text = card.trim().toLowerCase();
  // A server can also know a machine by the name that it gives itself.
  if (text === '') return name.trim() === '' ? 'needed' : null;
  if (ip.includes(':')) {
    if (!/^[0-9a-f]{1,2}(?::[0-9a-f]{1,2})+$/.test(text)) return 'badDuid';
    return others.some(({ id }) => id?.toLowerCase() === text) ? 'cardTaken' : null;
  }
  // The first byte is even: an odd one means a group of cards.
  if (!/^[0-9a-f][02468ace](?::[0-9a-f]{2}){5}$/.test(text)) return 'badMac';
  return others.some(({ mac }) => mac?.toLowerCase() === text) ? 'cardTaken' : null;
}
