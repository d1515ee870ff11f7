import { useEffect, useState } from 'react';
import type { Network } from '../../../../main/contract/network.ts';
import { api } from '../../../api/client.ts';
import { ipFormOf, newForm, specOfForm } from './form.ts';
import { firstFree, freeSubnets } from './free-subnet.ts';

/** A subnet that neither a network of the host nor the host itself has; null until it is known. Asked once, when the sheet opens. */
export function useFreeSubnet(host: string, networks: readonly Network[], enabled: boolean): string | null {
  const [found, setFound] = useState<string | null>(null);
  useEffect(() => {
    if (!enabled) return undefined;
    const asked = new AbortController();
    const { signal } = asked;
    const isFree = async (cidr: string): Promise<boolean> => {
      const form = { ...newForm('free-subnet'), kind: 'isolated' as const, ips: [ipFormOf(cidr)] };
      const { problems } = await api.network.preview({ host, spec: specOfForm(form, null) }, { signal });
      return problems.length === 0;
    };
    void firstFree(freeSubnets('ipv4', networks), isFree).then((cidr) => {
      if (!signal.aborted) setFound(cidr);
    });
    return () => asked.abort();
    // oxlint-disable-next-line react/exhaustive-deps -- a network that comes meanwhile does not change what was suggested
  }, [host, enabled]);
  return found;
}
