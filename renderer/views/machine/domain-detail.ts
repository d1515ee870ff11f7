import type { Domain, DomainDetail } from '../../../main/contract/domain.ts';
import { api } from '../../api/client.ts';
import { useHost } from '../../state/inventory.ts';
import { domainKey } from '../../state/store.ts';
import { useAnswer, type Answer } from '../../ui/use-answer.ts';

const KEPT = 100;
/** The last answers, so that a page that is opened again, or whose host went away, shows what was known. */
const lastDetails = new Map<string, DomainDetail>();

function keep(key: string, detail: DomainDetail): DomainDetail {
  lastDetails.delete(key);
  lastDetails.set(key, detail);
  const oldest = lastDetails.keys().next();
  if (lastDetails.size > KEPT && oldest.done !== true) lastDetails.delete(oldest.value);
  return detail;
}

/** What the machine's page shows: read when it is looked at, and again when the machine starts, stops or is changed or its host comes back. */
export function useDomainDetail(domain: Domain): Answer<DomainDetail> {
  const { host, uuid, id, changedAt = 0 } = domain;
  const connected = useHost(host)?.state === 'connected';
  const key = domainKey(host, uuid);
  return useAnswer(async (signal) => keep(key, await api.domain.get({ host, uuid }, { signal })), {
    subject: key,
    version: `${id ?? 'off'} ${changedAt} ${domain.addresses.join()}`,
    enabled: connected,
    known: lastDetails.get(key) ?? null,
  });
}
