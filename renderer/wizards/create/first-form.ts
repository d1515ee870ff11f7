import { hasContainers, inventory } from '../../state/inventory.ts';
import { readDraft } from './draft.ts';
import { newForm, type CreateForm, type SourceKind } from './form.ts';

/** The form as it opens: the draft, on the host that is wanted, else where it was if that is still there; or a new one, there or on the first that is connected. */
export function firstForm(wanted: string | null): CreateForm {
  const draft = readDraft();
  const hosts = inventory.hosts.get().filter(({ state }) => state === 'connected');
  if (draft !== null && wanted !== null) return onHost(draft, wanted);
  if (draft !== null && hosts.some(({ id }) => id === draft.host)) return draft;
  const host = wanted ?? hosts[0]?.id ?? '';
  return newForm(host, usualSource(host));
}

/** The same machine on another host: what was chosen of what the first one has is asked for again. */
export function onHost(form: CreateForm, host: string): CreateForm {
  if (host === form.host) return form;
  const usual = usualSource(host);
  const fits = (form.source === 'container') === (usual === 'container');
  return {
    ...form,
    host,
    source: fits ? form.source : usual,
    archive: { ...form.archive, volume: null, pool: '' },
    container: { ...form.container, pool: '' },
    arch: null,
    virtType: null,
    network: null,
    disk: null,
    xml: null,
    drivers: null,
    iso: { ...form.iso, volume: null, pool: '' },
    image: { ...form.image, volume: null, pool: '' },
    edits: newForm(host).edits,
  };
}

/** What is made on a host, unless a person says another thing. */
export function usualSource(id: string): SourceKind {
  const host = inventory.hosts.get().find((one) => one.id === id);
  return hasContainers(host) ? 'container' : 'cloudImage';
}
