import { containerWords } from './container-input.ts';
import { isSaved, mediumOf, type CreateForm } from './form.ts';
import { savedName } from './saved-input.ts';

/** The name of what the machine is made from, as a person knows it: of the image, or of the medium's file. */
function sourceName(form: CreateForm, had: string | null): string {
  const medium = mediumOf(form);
  if (form.source === 'clonezilla') return savedName(form.saved.path);
  if (form.source === 'live') return had ?? '';
  if (form.source === 'diskFile') return savedName(form.diskFiles[0] ?? '');
  if (form.source === 'container' && medium === null) return containerWords(form.container);
  if (medium === null) return form.source === 'disk' ? (form.disk?.name ?? '') : '';
  switch (medium.from) {
    case 'catalogue':
      return medium.catalogue;
    case 'volume':
      return medium.volume?.name ?? '';
    case 'file':
      return medium.fileName;
    case 'url':
      return URL.parse(medium.url.trim())?.pathname.split('/').at(-1) ?? '';
  }
}

/** A free name made from the system: `debian-13`, `debian-13-2`. `had`: the name of a machine that runs. */
export function suggestedName(
  form: CreateForm,
  { os, had }: { readonly os: string | null; readonly had: string | null },
  taken: ReadonlySet<string>,
): string {
  // A machine that was saved has a name already.
  const from =
    (isSaved(form.source) ? null : os) ??
    sourceName(form, had).replace(/[.](iso|img|qcow2|raw|tar([.]\w+)?|t[gx]z)$/i, '');
  const plain = from
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .replaceAll(/^-+|-+$/g, '')
    .slice(0, 40);
  const base = plain === '' ? 'machine' : plain;
  if (!taken.has(base)) return base;
  for (let number = 2; ; number += 1) if (!taken.has(`${base}-${number}`)) return `${base}-${number}`;
}
