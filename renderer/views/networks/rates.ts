import type { Network } from '../../../main/contract/network.ts';

type Rates = Pick<Network, 'inbound' | 'outbound'>;

export function sameRates(a: Rates, b: Rates): boolean {
  const text = ({ inbound, outbound }: Rates): string => JSON.stringify([inbound, outbound]);
  return text(a) === text(b);
}

/** Do the fields show what the network has now? Not while a person has put something of their own into them that it has not. */
export function fillsAnew({ base, now, wanted }: { base: Rates; now: Rates; wanted: Rates }): boolean {
  return !sameRates(base, now) && (sameRates(wanted, base) || sameRates(wanted, now));
}
