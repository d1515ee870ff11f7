import { ClonezillaError } from '../../../drivers/formats/clonezilla/errors.ts';
import type { ImageFiles } from '../../../drivers/formats/clonezilla/image-files.ts';
import type { Exec, ExecResult } from '../../../drivers/transport/exec.ts';
import { execOutput } from '../../../drivers/transport/exec-output.ts';
import { HostFile, type ReadRange } from './host-file.ts';
import { MAX_FILES, tooMany } from './local-place.ts';
import type { Place } from './place.ts';

/** A host whose login runs programs. */
export interface HostFiles {
  /** As a person calls it. */
  readonly name: string;
  /** Asked for each program, as the link may be another by then. */
  readonly exec: () => Exec;
  /** Ends what is read. */
  readonly signal: AbortSignal;
}

/** Names of so many files, each of up to 255 bytes. */
const MAX_LIST_BYTES = 32 << 20;
/** What `dd` reads at one time. */
const BLOCK_BYTES = 1 << 18;

/** Of what is not there `stat` says why: it may be hidden by a folder that is not to be read. */
const LOOK =
  'if [ -d "$1" ]; then echo directory; elif [ -f "$1" ]; then echo file; elif [ -e "$1" ]; then echo other; else stat -L -- "$1" >/dev/null; fi';

/** Which file it is, and as it was last written. */
const WHICH = '%d:%i:%s:%Y';

/** A line for each entry: type and mode, which file it is, `./` and its name. Names with an end of line are only counted. */
const LIST = [
  'cd -- "$1" || exit 1',
  'nl=$(printf "\\n."); nl=${nl%.}',
  'find . -mindepth 1 -maxdepth 1 -name "*$nl*" -exec sh -c "for f; do echo -; done" sh {} + || exit 1',
  `find . -mindepth 1 -maxdepth 1 ! -name "*$nl*" -exec stat -c "%f ${WHICH} %n" {} +`,
].join('; ');

const OPEN = `[ -f "$1" ] || exit 1; stat -Lc "${WHICH}" -- "$1"`;

/** Reads only from what it has open, and only if that is the file that was seen: no link was put in its place. */
const READ = [
  'if ! [ -f "$1" ]; then echo "it is no regular file any more" >&2; exit 1; fi',
  'exec <"$1" || exit 1',
  `if [ "$(stat -Lc "${WHICH}" /dev/stdin)" != "$2" ]; then echo "it has changed since it was looked at" >&2; exit 1; fi`,
  `exec dd bs=${BLOCK_BYTES} skip="$3" count="$4"`,
].join('; ');

/**
 * A host, read by its own programs: `sh`, `find`, `stat` and `dd`. What it has mounted of others, as NFS and Samba shares, is among its files.
 * A file that is opened again, as after a lost link, must be the one that it was: a half of each would be a disk that never was.
 * @throws NoCommands, TransportError beside what all places throw
 */
export function hostPlace(host: HostFiles): Place {
  const run = async (script: string, path: string): Promise<ExecResult> =>
    host.exec()(['sh', '-c', script, 'sh', path], { signal: host.signal });
  const fault = (path: string, { stderr, status }: ExecResult): ClonezillaError => {
    const [words = ''] = stderr.trim().split('\n');
    const reason = words === '' ? `a program there ended with ${status}` : words;
    return new ClonezillaError('UNREADABLE', `${path} on ${host.name} could not be read: ${reason}.`, path);
  };
  const seen = new Map<string, string>();
  const range = (path: string, which: string): ReadRange => {
    if ((seen.get(path) ?? which) !== which)
      throw new ClonezillaError(
        'UNREADABLE',
        `${path} on ${host.name} is another file than when it was first read, or was written since: begin anew.`,
        path,
      );
    seen.set(path, which);
    return (offset, length) => rangeOf(host, path, { which, offset, length, fault });
  };
  return {
    top: '/',
    isWhole: (path) => path.startsWith('/'),
    async look(path) {
      const result = await run(LOOK, path);
      const kind = KINDS.find((one) => one === result.stdout.trim());
      if (kind !== undefined) return kind;
      if (/No such file or directory|Not a directory/.test(result.stderr)) return 'nothing';
      throw fault(path, result);
    },
    async openFolder(path) {
      const list = await listOf(host, path, fault);
      return filesOf(list, (name, which) => range(`${path.replace(/\/+$/, '')}/${name}`, which));
    },
    async openFile(path) {
      const result = await run(OPEN, path);
      const which = result.stdout.trim();
      const sizeBytes = Number(which.split(':')[2]);
      if (result.status !== 0 || !Number.isSafeInteger(sizeBytes)) throw fault(path, result);
      return new HostFile(sizeBytes, range(path, which));
    },
  };
}

const KINDS = ['directory', 'file', 'other'] as const;
type Fault = (path: string, result: ExecResult) => ClonezillaError;

async function listOf(host: HostFiles, path: string, fault: Fault): Promise<Buffer> {
  const pieces: Buffer[] = [];
  let bytes = 0;
  const output = execOutput(host.exec(), ['sh', '-c', LIST, 'sh', path], { signal: host.signal });
  try {
    for (;;) {
      const { value, done } = await output.next();
      if (done === true) {
        if (value.status !== 0) throw fault(path, value);
        return Buffer.concat(pieces);
      }
      bytes += value.length;
      if (bytes > MAX_LIST_BYTES)
        throw new ClonezillaError('UNSUPPORTED', `${path} on ${host.name} has more files than are read.`);
      pieces.push(value);
    }
  } finally {
    await output.return({ status: 0, stdout: '', stderr: '' });
  }
}

/** `S_IFMT` of the mode, and what it is of regular files and directories. */
const TYPE = 0xf000;
const REGULAR = 0x8000;
const DIRECTORY = 0x4000;

function filesOf(list: Buffer, range: (name: string, which: string) => ReadRange): ImageFiles {
  const found: { name: string; size: number; read: ReadRange }[] = [];
  const skipped: string[] = [];
  // Bytes as they are: a name may be in any encoding.
  const lines = list.toString('latin1').split('\n').slice(0, -1);
  if (lines.length > MAX_FILES) throw tooMany('The directory', lines.length);
  for (const line of lines) {
    const [, mode = '', which = '', raw = ''] =
      /^([0-9a-f]+) (\d+:\d+:(?:\d+):-?\d+) \.\/(.+)$/s.exec(line) ?? [];
    const bytes = Buffer.from(raw, 'latin1');
    const name = bytes.toString('utf8');
    const type = parseInt(mode, 16) & TYPE;
    if (type === DIRECTORY) continue;
    // What is not UTF-8 cannot be asked for again.
    if (type === REGULAR && Buffer.from(name).equals(bytes))
      found.push({ name, size: Number(which.split(':')[2]), read: range(name, which) });
    else skipped.push(name === '' ? 'a name with an end of line' : name);
  }
  const files = new Map(found.toSorted((a, b) => (a.name < b.name ? -1 : 1)).map((one) => [one.name, one]));
  return {
    sizes: new Map([...files].map(([name, { size }]) => [name, size])),
    skipped: skipped.toSorted(),
    async *stream(name) {
      const file = files.get(name);
      if (file !== undefined) yield* file.read(0, file.size);
    },
  };
}

async function* rangeOf(
  host: HostFiles,
  path: string,
  { which, offset, length, fault }: { which: string; offset: number; length: number; fault: Fault },
): AsyncGenerator<Buffer, void, void> {
  const first = Math.floor(offset / BLOCK_BYTES);
  const blocks = Math.ceil((offset + length) / BLOCK_BYTES) - first;
  if (blocks === 0) return;
  const argv = ['sh', '-c', READ, 'sh', path, which, String(first), String(blocks)];
  const output = execOutput(host.exec(), argv, { signal: host.signal });
  let skip = offset - first * BLOCK_BYTES;
  let left = length;
  try {
    for (;;) {
      const { value, done } = await output.next();
      if (done === true) {
        if (value.status !== 0) throw fault(path, value);
        return;
      }
      const part = value.subarray(skip, skip + left);
      skip = Math.max(0, skip - value.length);
      left -= part.length;
      if (part.length > 0) yield part;
    }
  } finally {
    await output.return({ status: 0, stdout: '', stderr: '' });
  }
}
