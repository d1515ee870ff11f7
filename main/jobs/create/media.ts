import { createHash } from 'node:crypto';
import type { CreateSource, Medium } from '../../contract/create.ts';
import type { VolumeAsked } from './facts.ts';

export type Image = Extract<CreateSource, { kind: 'cloudImage' }>['image'];

export interface SourceMedium {
  readonly medium: Image;
  /** Path in the input. */
  readonly field: string;
  readonly place: VolumeAsked;
}

/** The file that all machines of a source are made from; null: it has none. */
export function sourceMedium(source: CreateSource): SourceMedium | null {
  switch (source.kind) {
    case 'iso':
      return { medium: source.medium, field: 'source.medium', place: isoPlace(source.medium) };
    case 'cloudImage':
      return { medium: source.image, field: 'source.image', place: imagePlace(source.image) };
    case 'container': {
      const { root } = source;
      if (root.kind !== 'template') return null;
      return { medium: root.archive, field: 'source.root.archive', place: imagePlace(root.archive) };
    }
    case 'disk':
    case 'network':
    case 'tree':
      return null;
  }
}

/** Where an ISO is, or will be: fetched once, it is found again by its name. */
export function isoPlace(medium: Medium): VolumeAsked {
  return { pool: medium.pool, name: medium.kind === 'url' ? fileOf(medium.url) : medium.name };
}

/** Where an image is, or will be. What was fetched is used again as long as it is there; another URL or checksum is another volume. */
export function imagePlace(image: Image): VolumeAsked {
  switch (image.kind) {
    case 'volume':
    case 'file':
      return { pool: image.pool, name: image.name };
    case 'url': {
      const which = createHash('sha256')
        .update(`${image.url}\n${image.checksum ?? ''}`)
        .digest('hex');
      return { pool: image.pool, name: `virtlane-base-${which.slice(0, 12)}-${fileOf(image.url)}` };
    }
    case 'catalogue':
      return { pool: image.pool, name: `virtlane-base-${image.id}.qcow2` };
  }
}

/** The last part of a URL's path, with nothing in it that a file's name cannot hold. */
function fileOf(url: string): string {
  const last = decodeURIComponent(new URL(url).pathname.split('/').at(-1) ?? '');
  const safe = last.replaceAll(/[^\w.+-]/g, '_').replace(/^[.]+/, '');
  return safe === '' ? 'download' : safe.slice(0, 200);
}
