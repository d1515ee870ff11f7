import { readdir, readFile, stat } from 'node:fs/promises';
import path from 'node:path';
import { LineType, parse, type Line, type Match, type Section } from 'ssh-config';
import { errorText, systemCode, TransportError } from './errors.ts';
import { matchesPattern } from './known-hosts-line.ts';

/** A line of the configuration with every Include put in its place. */
export type ConfigNode =
  | { kind: 'set'; keyword: string; values: string[]; file: string }
  /** `Host`: applies while one of the patterns matches. */
  | { kind: 'host'; patterns: string[]; nodes: ConfigNode[] }
  /** `Match`: pairs of criterion and argument, the argument '' for `all` and `final`. */
  | { kind: 'match'; criteria: [name: string, argument: string][]; nodes: ConfigNode[] }
  /** An included file: its own Host and Match lines end with it. */
  | { kind: 'include'; nodes: ConfigNode[] };

/** As OpenSSH (READCONF_MAX_DEPTH). */
const MAX_DEPTH = 16;
/** Bytes of one file, and files in all. */
const SIZE_LIMIT = 1024 * 1024;
const FILE_LIMIT = 256;

interface Reading {
  home: string;
  /** Folder against which a relative Include is meant. */
  base: string;
  depth: number;
  /** Shared by the whole reading. */
  count: { files: number };
}

function valuesOf(line: Line): string[] {
  if (line.type !== LineType.DIRECTIVE) return [];
  return typeof line.value === 'string' ? [line.value] : line.value.map(({ val }) => val);
}

function isSection(line: Line): line is Section {
  return 'config' in line;
}

function isMatch(line: Line): line is Match {
  return 'criteria' in line;
}

/** Files that match an Include's pattern: `*` and `?` in any part of the path, sorted as glob(3) does. */
async function expand(pattern: string): Promise<string[]> {
  const root = path.parse(pattern).root;
  let found = [root];
  for (const part of pattern.slice(root.length).split(/[\\/]/).filter(Boolean)) {
    if (!/[*?]/.test(part)) {
      found = found.map((folder) => path.join(folder, part));
      continue;
    }
    const next: string[] = [];
    for (const folder of found) {
      const names = await readdir(folder).catch((): string[] => []);
      const hits = names.filter((name) => matchesPattern(part, name));
      for (const name of hits.toSorted()) {
        if (!name.startsWith('.') || part.startsWith('.')) next.push(path.join(folder, name));
      }
    }
    found = next;
  }
  return found;
}

async function include(patterns: string[], reading: Reading): Promise<ConfigNode[]> {
  const nodes: ConfigNode[] = [];
  for (const pattern of patterns) {
    const tilde = pattern.replace(/^~(?=[\\/]|$)/, () => reading.home);
    for (const file of await expand(path.resolve(reading.base, tilde))) {
      nodes.push({ kind: 'include', nodes: await readOne(file, { ...reading, depth: reading.depth + 1 }) });
    }
  }
  return nodes;
}

async function toNodes(lines: Line[], file: string, reading: Reading): Promise<ConfigNode[]> {
  const nodes: ConfigNode[] = [];
  for (const line of lines) {
    if (line.type !== LineType.DIRECTIVE) continue;
    const keyword = line.param.toLowerCase();
    if (isSection(line)) {
      const inner = await toNodes(line.config, file, reading);
      if (isMatch(line)) nodes.push({ kind: 'match', criteria: criteriaOf(line), nodes: inner });
      else nodes.push({ kind: 'host', patterns: valuesOf(line), nodes: inner });
    } else if (keyword === 'include') {
      nodes.push(...(await include(valuesOf(line), reading)));
    } else {
      nodes.push({ kind: 'set', keyword, values: valuesOf(line), file });
    }
  }
  return nodes;
}

function criteriaOf(line: Match): [string, string][] {
  return Object.entries(line.criteria).map(([name, value]) => [
    name.toLowerCase(),
    typeof value === 'string' ? value : value.map(({ val }) => val).join(','),
  ]);
}

async function readOne(file: string, reading: Reading): Promise<ConfigNode[]> {
  if (reading.depth > MAX_DEPTH) throw new TransportError('BAD_CONFIG', `${file}: Include goes too deep`);
  if (++reading.count.files > FILE_LIMIT) throw new TransportError('BAD_CONFIG', `${file}: too many files`);
  let text: string;
  try {
    const info = await stat(file);
    if (!info.isFile()) return [];
    if (info.size > SIZE_LIMIT) throw new TransportError('BAD_CONFIG', `${file} is too large to be read`);
    text = await readFile(file, 'utf8');
  } catch (error) {
    if (error instanceof TransportError) throw error;
    if (systemCode(error) === 'ENOENT' || systemCode(error) === 'ENOTDIR') return [];
    throw new TransportError('BAD_CONFIG', `${file} cannot be read`, {
      cause: error,
      detail: errorText(error),
    });
  }
  let lines: Line[];
  try {
    lines = parse(text);
  } catch (error) {
    // The parser throws plain errors (an open quote, a Host without a pattern) that do not name the file.
    throw new TransportError('BAD_CONFIG', `${file} is not a valid SSH configuration`, {
      cause: error,
      detail: errorText(error),
    });
  }
  return await toNodes(lines, file, reading);
}

/** Reads a configuration file with what it includes. A missing file is an empty one. */
export async function readSshConfig(file: string, home: string): Promise<ConfigNode[]> {
  // A user's file includes from ~/.ssh, the system's from its own folder (ssh_config(5), Include).
  const userFolder = path.join(home, '.ssh');
  const base = file.startsWith('/etc/ssh/') ? '/etc/ssh' : userFolder;
  return await readOne(file, { home, base, depth: 0, count: { files: 0 } });
}
