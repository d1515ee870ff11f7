import type { Domain, DomainDetail } from '../../../main/contract/domain.ts';
import { api } from '../../api/client.ts';
import { useHost } from '../../state/inventory.ts';
import { useAnswer, type Answer } from './use-answer.ts';

/** What the machine's page shows: read when it is looked at, and again when the machine starts or stops or its host comes back. */
export function useDomainDetail(domain: Domain): Answer<DomainDetail> {
  const { host, uuid, id } = domain;
  const connected = useHost(host)?.state === 'connected';
  return useAnswer((signal) => api.domain.get({ host, uuid }, { signal }), {
    subject: `${host}/${uuid}`,
    version: `${id ?? 'off'} ${connected} ${domain.addresses.join()}`,
  });
}
