import { lstat, opendir, stat } from 'node:fs/promises';
import { userInfo } from 'node:os';
import path from 'node:path';
import { glance } from '../../../drivers/formats/clonezilla/recognise.ts';
import type { BrowsedFolder } from '../../contract/p2v.ts';
import { FailureError } from '../../hosts/failures.ts';
import { systemWords } from './system-words.ts';

type Entry = BrowsedFolder['entries'][number];

/** More names are not read: the folder is some program's, and no one looks for a name in a list of them. */
const MAX_READ = 20_000;
export const MAX_SHOWN = 500;

/**
 * What of a folder of this computer may be an image, or have one in it. Nothing is opened but folders.
 * @param asked an absolute path; null: `home`. Of what is not there, is a file, or an image itself, the next folder above
 * @throws FailureError where the folder may not be read
 */
export async function browse(asked: string | null, home: string): Promise<BrowsedFolder> {
  const folder = await folderAbove(path.resolve(home, asked ?? home));
  const { found, cut } = await candidates(folder).catch((error: unknown): never => {
    const words = systemWords(error);
    if (words === null) throw error;
    throw new FailureError({ code: 'PERMISSION', message: `${folder} ${words}.` }, error);
  });
  const entries: Entry[] = [];
  for (const { name, kind } of found.slice(0, MAX_SHOWN)) {
    const entry = await entryOf(path.join(folder, name), kind);
    if (entry !== null) entries.push(entry);
  }
  const parent = path.dirname(folder);
  return {
    path: folder,
    parent: parent === folder ? null : parent,
    entries,
    cut: cut || found.length > MAX_SHOWN,
    places: await placesOf(home),
  };
}

async function folderAbove(wanted: string): Promise<string> {
  for (let folder = wanted; ; folder = path.dirname(folder))
    if (folder === path.dirname(folder) || ((await isFolder(folder)) && (await imageAt(folder)) === null))
      return folder;
}

interface Candidate {
  readonly name: string;
  /** null: a link, which may lead to either. */
  readonly kind: Entry['kind'] | null;
}

/** By name; folders first. */
async function candidates(folder: string): Promise<{ found: Candidate[]; cut: boolean }> {
  const found: Candidate[] = [];
  let read = 0;
  let cut = false;
  for await (const entry of await opendir(folder)) {
    read += 1;
    if (read > MAX_READ) {
      cut = true;
      break;
    }
    const { name } = entry;
    if (name.startsWith('.')) continue;
    if (entry.isDirectory()) found.push({ name, kind: 'folder' });
    else if (entry.isSymbolicLink()) found.push({ name, kind: null });
    else if (entry.isFile() && fileKind(name) !== null) found.push({ name, kind: 'file' });
  }
  return { found: found.toSorted(byKindAndName), cut };
}

/** Made when the first two names are compared: its tables take long to load. */
let byNumber: Intl.Collator | null = null;

/** Folders first. */
export function byKindAndName(a: Candidate, b: Candidate): number {
  const rank = ({ kind }: Candidate): number => (kind === 'file' ? 1 : 0);
  byNumber ??= new Intl.Collator('en', { numeric: true });
  return rank(a) - rank(b) || byNumber.compare(a.name, b.name);
}

/** By its name alone. */
export function fileKind(name: string): 'tar' | 'disk' | null {
  if (/\.tar$/i.test(name)) return 'tar';
  return /\.vhdx?$/i.test(name) ? 'disk' : null;
}

/** null: it is gone by now, or a link to what is no candidate. */
async function entryOf(file: string, known: Entry['kind'] | null): Promise<Entry | null> {
  const stats = await stat(file).catch(() => null);
  const name = path.basename(file);
  const kind = known ?? (stats?.isDirectory() === true ? 'folder' : 'file');
  if (known === null && (stats === null || (kind === 'file' && !(stats.isFile() && fileKind(name) !== null))))
    return null;
  return {
    name,
    path: file,
    kind,
    image: kind === 'file' ? fileKind(name) : await imageAt(file),
    sizeBytes: kind === 'file' ? (stats?.size ?? null) : null,
    changedAt: stats === null ? null : Math.round(stats.mtimeMs),
  };
}

/** `/home/partimag` is where Clonezilla itself looks for images. */
async function placesOf(home: string): Promise<BrowsedFolder['places']> {
  const user = userName();
  const wanted: BrowsedFolder['places'] = [
    { kind: 'home', path: home },
    { kind: 'images', path: '/home/partimag' },
    ...[`/run/media/${user}`, `/media/${user}`, '/mnt', '/Volumes'].map((mounts) => ({
      kind: 'mounts' as const,
      path: mounts,
    })),
  ];
  const there = await Promise.all(wanted.map((place) => isFolder(place.path)));
  return wanted.filter((_, index) => there[index] === true);
}

/** Empty where the system knows none. */
function userName(): string {
  try {
    return userInfo().username;
  } catch {
    return '';
  }
}

function imageAt(folder: string): ReturnType<typeof glance> {
  return glance((name) => isFile(path.join(folder, name)));
}

async function isFolder(file: string): Promise<boolean> {
  return (await stat(file).catch(() => null))?.isDirectory() === true;
}

async function isFile(file: string): Promise<boolean> {
  return (await lstat(file).catch(() => null))?.isFile() === true;
}
