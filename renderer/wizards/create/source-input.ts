import { BALANCER_TEMPLATE } from '../../../main/contract/balancer-template.ts';
import type { CloudInit } from '../../../main/contract/cloud-init.ts';
import type { CreateSource } from '../../../main/contract/create.ts';
import type { Unattended } from '../../../main/contract/unattended.ts';
import { containerOf } from './container-input.ts';
import { isSourceChosen, STABLE_DRIVERS, type CreateForm, type MediumForm } from './form.ts';
import { liveOf } from './live-input.ts';
import { onOf, savedOf } from './saved-input.ts';

/** The source as the contract has it; null: it is not chosen yet. `file`: what the core knows this computer's file by. */
export function sourceOf(
  form: CreateForm,
  around: {
    readonly pool: string;
    readonly file: string;
    readonly cloudInit: CloudInit | null;
    readonly unattended: Unattended | null;
    /** Of the saved machine; left out: they are not known. */
    readonly savedDisks?: readonly string[] | undefined;
  },
): CreateSource | null {
  if (!isSourceChosen(form)) return null;
  switch (form.source) {
    case 'disk':
      return { kind: 'disk' };
    case 'network':
      return { kind: 'network' };
    case 'clonezilla':
      return preparing(form, savedOf(form.saved, around.savedDisks));
    case 'diskFile':
      return around.savedDisks === undefined
        ? null
        : preparing(form, { kind: 'diskFile', paths: [...around.savedDisks], ...onOf(form.saved) });
    case 'live':
      return preparing(form, liveOf(form.live, around.savedDisks));
    case 'container':
      return containerOf(form.container, plainMedium(form.archive, around), around.pool);
    case 'iso': {
      const medium = plainMedium(form.iso, around);
      return medium === null
        ? null
        : { kind: 'iso', medium, drivers: driversOf(form, around.pool), unattended: around.unattended };
    }
    case 'tree': {
      const { url, arguments: words, pool } = form.tree;
      return {
        kind: 'tree',
        url: url.trim(),
        pool: pool === '' ? around.pool : pool,
        arguments: words.trim(),
        unattended: around.unattended,
      };
    }
    case 'cloudImage': {
      const { image } = form;
      const pool = image.pool === '' ? around.pool : image.pool;
      const { template, backends } = form.firstBoot;
      const isBalancer = around.cloudInit !== null && template === BALANCER_TEMPLATE;
      const told = {
        kind: 'cloudImage',
        copy: form.copy,
        cloudInit: around.cloudInit,
        ...(around.cloudInit !== null && template !== '' ? { template } : {}),
        ...(isBalancer ? { balancer: [...backends] } : {}),
      } as const;
      if (image.from === 'catalogue')
        return { ...told, image: { kind: 'catalogue', id: image.catalogue, pool } };
      const medium = plainMedium(image, around);
      return medium === null ? null : { ...told, image: medium };
    }
  }
}

function driversOf({ drivers }: CreateForm, pool: string): Extract<CreateSource, { kind: 'iso' }>['drivers'] {
  if (drivers === STABLE_DRIVERS) return { kind: 'stable', pool };
  return drivers === null ? null : { kind: 'volume', ...drivers };
}

type PlainMedium = Extract<CreateSource, { kind: 'iso' }>['medium'];

export function plainMedium(
  { from, volume, fileName, url, checksum, pool }: MediumForm,
  around: { readonly pool: string; readonly file: string },
): PlainMedium | null {
  const place = pool === '' ? around.pool : pool;
  if (from === 'volume') return volume === null ? null : { kind: 'volume', ...volume };
  if (from === 'file') return { kind: 'file', file: around.file, pool: place, name: fileName };
  if (from === 'url') {
    const sum = checksum.trim().toLowerCase();
    return { kind: 'url', url: url.trim(), pool: place, checksum: sum === '' ? null : sum };
  }
  return null;
}

type CopySource = Extract<CreateSource, { kind: 'clonezilla' | 'diskFile' | 'live' }>;

function preparing({ virtV2v }: CreateForm, source: CopySource | null): CopySource | null {
  return source === null || !virtV2v ? source : { ...source, prepare: 'virt-v2v' };
}
