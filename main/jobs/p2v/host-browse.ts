import { glance, GLANCED } from '../../../drivers/formats/clonezilla/recognise.ts';
import type { BrowsedFolder } from '../../contract/p2v.ts';
import { FailureError } from '../../hosts/failures.ts';
import { byKindAndName, fileKind, MAX_SHOWN } from './browse.ts';
import type { HostFiles } from './host-place.ts';

type Entry = BrowsedFolder['entries'][number];

/**
 * The folder, lines `p PATH` of the places that are there, then a line for each name: `d MARKS NAME` of a folder with the files in it that tell an
 * image, `f NAME` of a file that may be one, `more` where there are more. A folder that has such files is an image: what it is in is listed.
 */
const SCRIPT = `
nl='
'
marks() { found=; for m in ${GLANCED.join(' ')}; do if [ -f "$1/$m" ]; then found=$found,$m; fi; done; }
d=$1
while [ "$d" != / ]; do
  if [ -d "$d" ]; then marks "$d"; if [ -z "$found" ]; then break; fi; fi
  d=$(dirname -- "$d")
done
cd -- "$d" || exit 1
ls >/dev/null || exit 1
printf '%s\\n' "$d"
for p in "$HOME" /home/partimag /mnt /media /srv; do if [ -n "$p" ] && [ -d "$p" ]; then printf 'p %s\\n' "$p"; fi; done
n=0
for f in *; do
  case $f in *"$nl"*) continue;; esac
  if [ -d "$f" ]; then marks "./$f"; line="d \${found:-,} $f"
  else
    case $f in *.[tT][aA][rR]|*.[vV][hH][dD]|*.[vV][hH][dD][xX]) ;; *) continue;; esac
    if ! [ -f "$f" ]; then continue; fi
    line="f $f"
  fi
  n=$((n + 1))
  if [ $n -gt ${MAX_SHOWN} ]; then echo more; break; fi
  printf '%s\\n' "$line"
done`;

/**
 * What of a folder of a host may be an image, or have one in it, as its own programs tell.
 * @param asked from the top; null: the home folder of the login
 * @throws FailureError where the folder may not be read; NoCommands, TransportError
 */
export async function browseHost(host: HostFiles, asked: string | null): Promise<BrowsedFolder> {
  // The home folder is known there alone.
  const argv = ['sh', '-c', `set -- "\${1:-$HOME}"${SCRIPT}`, 'sh', asked ?? ''];
  if (asked !== null && !asked.startsWith('/')) argv[4] = '/';
  const { status, stdout, stderr } = await host.exec()(argv, { signal: host.signal });
  if (status !== 0)
    throw new FailureError({
      code: 'PERMISSION',
      message: `${asked ?? 'The home folder'} on ${host.name} could not be read.`,
      ...(stderr.trim() === '' ? {} : { detail: stderr.trim().slice(0, 1000) }),
    });
  const [path = '/', ...lines] = stdout.split('\n').slice(0, -1);
  const places = lines.flatMap((line) => /^p (.+)$/.exec(line)?.[1] ?? []);
  const entries: Entry[] = [];
  for (const line of lines) entries.push(...(await entryOf(path, line)));
  return {
    path,
    parent: path === '/' ? null : (/^(.+)\/[^/]+$/.exec(path)?.[1] ?? '/'),
    entries: entries.toSorted(byKindAndName),
    cut: lines.includes('more'),
    places: places.map((place, index) => ({ kind: kindOf(place, index), path: place })),
  };
}

function kindOf(place: string, index: number): BrowsedFolder['places'][number]['kind'] {
  if (place === '/home/partimag') return 'images';
  return index === 0 ? 'home' : 'mounts';
}

async function entryOf(folder: string, line: string): Promise<Entry[]> {
  const [, marks, name = ''] = /^(?:d (,\S*)|f) (.+)$/.exec(line) ?? [];
  // What is not UTF-8 cannot be asked for again.
  if (name === '' || name.includes('\uFFFD')) return [];
  const found = new Set(marks?.split(','));
  return [
    {
      name,
      path: `${folder === '/' ? '' : folder}/${name}`,
      kind: marks === undefined ? 'file' : 'folder',
      image: marks === undefined ? fileKind(name) : await glance((one) => Promise.resolve(found.has(one))),
      sizeBytes: null,
      changedAt: null,
    },
  ];
}
