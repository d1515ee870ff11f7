import { hasContainers, inventory } from '../../state/inventory.ts';
import { readDraft } from './draft.ts';
import { newForm, type CreateForm, type SourceKind } from './form.ts';

/** The form as it opens: the draft, where its host is still there; on the host that is wanted, else on the first that is connected. */
export function firstForm(wanted: string | null): CreateForm {
  const draft = readDraft();
  const hosts = inventory.hosts.get().filter(({ state }) => state === 'connected');
  if (
    draft !== null &&
    (wanted === null || wanted === draft.host) &&
    hosts.some(({ id }) => id === draft.host)
  )
    return draft;
  const host = wanted ?? hosts[0]?.id ?? '';
  return newForm(host, usualSource(host));
}

/** What is made on a host, unless a person says another thing. */
export function usualSource(id: string): SourceKind {
  const host = inventory.hosts.get().find((one) => one.id === id);
  return hasContainers(host) ? 'container' : 'cloudImage';
}
