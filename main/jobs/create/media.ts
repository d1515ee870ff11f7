import { createHash } from 'node:crypto';
import { parse } from 'node:path/posix';
import type { CreateInput, CreateSource, Medium } from '../../contract/create.ts';
import type { ImageUse } from '../../storage/image.ts';
import { findCloudImage } from '../../os/index.ts';
import type { VolumeAsked } from './facts.ts';
import { driversOf } from './drivers.ts';
import type { FetchParams } from './steps/fetch.ts';

export type Image = Extract<CreateSource, { kind: 'cloudImage' }>['image'];

export interface SourceMedium {
  readonly medium: Image;
  /** Path in the input. */
  readonly field: string;
  readonly place: VolumeAsked;
  readonly use: ImageUse;
}

/** The file that all machines of a source are made from; null: it has none. */
export function sourceMedium(source: CreateSource): SourceMedium | null {
  switch (source.kind) {
    case 'iso':
      return { medium: source.medium, field: 'source.medium', place: isoPlace(source.medium), use: 'cd' };
    case 'cloudImage':
      return { medium: source.image, field: 'source.image', place: imagePlace(source.image), use: 'disk' };
    case 'container': {
      const { root } = source;
      if (root.kind !== 'template') return null;
      const place = imagePlace(root.archive);
      return { medium: root.archive, field: 'source.root.archive', place, use: 'archive' };
    }
    case 'disk':
    case 'network':
    case 'tree':
    case 'clonezilla':
    case 'diskFile':
    case 'live':
      return null;
  }
}

/** Where an ISO is, or will be. */
export function isoPlace(medium: Medium): VolumeAsked {
  if (medium.kind !== 'url') return { pool: medium.pool, name: medium.name };
  const { name, ext } = parse(fileOf(medium.url));
  return { pool: medium.pool, name: `${name}-${whichOf(medium)}${ext}` };
}

/** Tells what is fetched from other files of the same name: another URL or checksum is another volume. */
function whichOf({ url, checksum }: { url: string; checksum: string | null }): string {
  return createHash('sha256')
    .update(`${url}\n${checksum ?? ''}`)
    .digest('hex')
    .slice(0, 12);
}

/** Where an image is, or will be. What was fetched is used again as long as it is there. */
export function imagePlace(image: Image): VolumeAsked {
  switch (image.kind) {
    case 'volume':
    case 'file':
      return { pool: image.pool, name: image.name };
    case 'url':
      return { pool: image.pool, name: `virtlane-base-${whichOf(image)}-${fileOf(image.url)}` };
    case 'catalogue':
      return { pool: image.pool, name: `virtlane-base-${image.id}.qcow2` };
  }
}

/** A file of the web that a machine is made from, and the volume that it becomes. */
export interface RemoteFile extends Pick<FetchParams, 'url' | 'checksum' | 'compression' | 'use'> {
  readonly place: VolumeAsked;
}

/** What an input wants of the web; some of it may have been fetched before. */
export function remoteFiles({ source }: Pick<CreateInput, 'source'>): RemoteFile[] {
  const from = sourceMedium(source);
  const drivers = driversOf({ source });
  return [
    ...(from?.medium.kind === 'url' ? [ofUrl(from.medium, { place: from.place, use: from.use })] : []),
    ...(from?.medium.kind === 'catalogue'
      ? ofCatalogue(from.medium.id, { place: from.place, use: from.use })
      : []),
    ...(drivers === null || drivers.url === null
      ? []
      : [ofUrl({ url: drivers.url, checksum: null }, { place: drivers.place, use: 'cd' })]),
  ];
}

function ofUrl(
  { url, checksum: hex }: { url: string; checksum: string | null },
  at: Pick<RemoteFile, 'place' | 'use'>,
): RemoteFile {
  const compression = isPacked(url) ? 'xz' : null;
  if (hex === null) return { url, checksum: null, compression, ...at };
  const algorithm = hex.length === 64 ? 'sha256' : 'sha512';
  return { url, checksum: { kind: 'known', algorithm, hex }, compression, ...at };
}

function ofCatalogue(id: string, at: Pick<RemoteFile, 'place' | 'use'>): RemoteFile[] {
  const image = findCloudImage(id);
  if (image === null) return [];
  const { url, checksumUrl, algorithm, compression } = image;
  const file = url.slice(url.lastIndexOf('/') + 1);
  return [{ url, checksum: { kind: 'published', algorithm, url: checksumUrl, file }, compression, ...at }];
}

/** Archives stay as they are: who unpacks them unpacks them twice. */
const PACKED = /(?<![.]tar)[.]xz$/i;

function isPacked(url: string): boolean {
  return PACKED.test(new URL(url).pathname);
}

/** The last part of a URL's path, with nothing in it that a file's name cannot hold, and unpacked. */
function fileOf(url: string): string {
  const last = decoded(new URL(url).pathname.split('/').at(-1) ?? '');
  const safe = last
    .replaceAll(/[^\w.+-]/g, '_')
    .replace(/^[.]+/, '')
    .replace(PACKED, '');
  return safe === '' ? 'download' : safe.slice(0, 200);
}

/** As it stands where its escapes are none. */
function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch (error) {
    if (error instanceof URIError) return part;
    throw error;
  }
}
