import { useDebouncedValue } from '@mantine/hooks';
import { useEffect } from 'react';
import type { CreateOptions } from '../../../main/contract/create.ts';
import type { DefaultsOutput } from '../../../main/contract/create-defaults.ts';
import { api } from '../../api/client.ts';
import { useAnswer, type Answer } from '../../ui/use-answer.ts';
import { systemOfTree } from './trees.ts';
import { isSaved, isSourceChosen, mediumOf, type CreateForm } from './form.ts';
import { diskFilesOf, onOf } from './saved-input.ts';
import { plainMedium } from './source-input.ts';

/** Which system it is that the machine will run. */
export interface Detection {
  /** As it was said, or is recognised; null: unknown. */
  readonly os: string | null;
  /** As it is recognised; null: not at all, or not yet. */
  readonly recognised: string | null;
  readonly label: string | null;
  readonly loading: boolean;
}

/** Looks into the medium that is chosen. `file`: what the core knows this computer's file by; null: it does not yet. */
export function useDetection(
  form: CreateForm,
  options: CreateOptions | null,
  file: string | null,
): Detection {
  // An archive has no label.
  const medium = form.source === 'container' ? null : mediumOf(form);
  const [url] = useDebouncedValue(medium?.url ?? '', 500);
  const plain =
    medium === null || medium.from === 'catalogue' || !isSourceChosen(form)
      ? null
      : plainMedium(
          { ...medium, url, checksum: '' },
          { pool: options?.pools[0]?.uuid ?? '', file: file ?? '' },
        );
  const enabled = plain !== null && (plain.kind !== 'file' || file !== null) && isSourceChosen(form);
  const answer = useAnswer((signal) => detect(form.host, plain, signal), {
    subject: `${form.host} ${JSON.stringify(plain)}`,
    enabled,
  });
  const catalogue =
    form.source === 'cloudImage' && medium?.from === 'catalogue'
      ? (options?.cloudImages.find(({ id }) => id === medium.catalogue)?.os ?? null)
      : null;
  const tree = form.source === 'tree' ? systemOfTree(options?.systems ?? [], form.tree.url) : null;
  const recognised = catalogue ?? tree ?? answer.value?.systems[0] ?? null;
  return {
    os: form.os ?? recognised,
    recognised,
    label: answer.value?.label ?? null,
    loading: answer.loading,
  };
}

async function detect(
  host: string,
  medium: ReturnType<typeof plainMedium>,
  signal: AbortSignal,
): Promise<{ systems: string[]; label: string | null }> {
  if (medium === null) return { systems: [], label: null };
  return api.create.detect({ host, medium }, { signal });
}

/** A machine that suits the system; while another one is asked for, the last stays in view. Its network stays in the form. */
export function useDefaults(
  form: CreateForm,
  {
    os,
    isSavedRead,
    enabled,
    onForm,
  }: {
    readonly os: string | null;
    /** What is in the image of a saved machine is known. */
    readonly isSavedRead: boolean;
    readonly enabled: boolean;
    readonly onForm: ChangeForm;
  },
): Answer<DefaultsOutput> {
  const { host, image, saved, live, arch, virtType, network } = form;
  // Without one the form is that of some machine, until there is an image to ask for.
  const source = isSaved(form.source) && !isSavedRead ? 'disk' : form.source;
  const catalogue = source === 'cloudImage' && image.from === 'catalogue' ? image.catalogue : '';
  const asked = {
    host,
    source,
    // Of an image of the catalogue the core knows the system, unless a person says another.
    os: catalogue === '' ? os : form.os,
    ...(catalogue === '' ? {} : { image: catalogue }),
    ...(source === 'clonezilla'
      ? {
          clonezilla: {
            path: saved.path.trim(),
            ...onOf(form.saved),
            ...(saved.disks === null ? {} : { disks: [...saved.disks] }),
          },
        }
      : {}),
    ...(source === 'diskFile'
      ? { diskFile: { paths: diskFilesOf(form.diskFiles), ...onOf(form.saved) } }
      : {}),
    ...(source === 'live' && live.looked !== null
      ? { live: { ...live.looked, ...(live.disks === null ? {} : { disks: [...live.disks] }) } }
      : {}),
    ...(arch === null ? {} : { arch }),
    ...(virtType === null ? {} : { virtType }),
    ...(image.pool === '' || source !== 'cloudImage' ? {} : { pool: image.pool }),
  };
  // That the form holds by now what was proposed is nothing to ask anew for.
  const whole = network === null ? asked : { ...asked, network };
  const answer = useAnswer((signal) => api.create.defaults(whole, { signal }), {
    subject: host,
    version: JSON.stringify(asked),
    enabled,
  });
  const proposed = networkOf(answer.value);
  useEffect(() => {
    if (proposed !== null && proposed !== network)
      onForm((before) => (before.host === host ? { ...before, network: proposed } : before));
    // oxlint-disable-next-line react/exhaustive-deps -- `onForm` differs at each render
  }, [proposed, network, host]);
  return answer;
}

type ChangeForm = (change: (form: CreateForm) => CreateForm) => void;

/** The one of the first card, if it is on one. */
function networkOf(defaults: DefaultsOutput | null): string | null {
  const source = defaults?.spec.nics[0]?.source;
  return source?.kind === 'network' ? source.network : null;
}
