import { FailureError } from '../../hosts/failures.ts';
import {
  MAX_CHECKSUM_CHARS,
  MAX_TREEINFO_CHARS,
  parseTreeinfo,
  sumOfPath,
  TreeInfoError,
  treeLayouts,
  type TreeFile,
  type TreeLayout,
} from '../../os/index.ts';
import { withoutUrlSecrets } from './shown-url.ts';
import { openHttpSource, readHttpText } from './http-source.ts';

/** What boots an installer out of a tree. */
export interface FoundTree {
  readonly kernel: { readonly url: string; readonly checksum: TreeFile['checksum'] };
  readonly initrd: { readonly url: string; readonly checksum: TreeFile['checksum'] };
  /** What the installer must be told on its command line. */
  readonly arguments: string;
}

/** What a look at a tree has shown: a sentence for a person where it is none. */
export type TreeLook = { readonly found: FoundTree } | { readonly problem: string };

const LIMIT_MS = 20_000;
/** The wizard plans anew with every letter of a name. */
const KEPT_MS = 60_000;
/** A person who mends a server tries again at once. */
const KEPT_PROBLEM_MS = 3000;
const MAX_KEPT = 32;

/** Looks at trees, and keeps for a moment what it saw. */
export class InstallTrees {
  readonly #kept = new Map<string, { at: number; look: Promise<TreeLook> }>();
  readonly #now: () => number;

  constructor(now: () => number) {
    this.#now = now;
  }

  async look(url: string, arch: string): Promise<TreeLook> {
    const key = `${arch} ${url}`;
    const kept = this.#kept.get(key);
    if (kept !== undefined) {
      const look = await kept.look;
      if (this.#now() - kept.at < ('found' in look ? KEPT_MS : KEPT_PROBLEM_MS)) return look;
    }
    // Several callers wait for it: it is not the signal of one of them that ends it.
    const look = lookAt(url, arch, AbortSignal.timeout(LIMIT_MS));
    this.#kept.delete(key);
    this.#kept.set(key, { at: this.#now(), look });
    const [oldest] = this.#kept.keys();
    if (this.#kept.size > MAX_KEPT && oldest !== undefined) this.#kept.delete(oldest);
    return look;
  }
}

async function lookAt(url: string, arch: string, signal: AbortSignal): Promise<TreeLook> {
  try {
    return { found: await findTree(url, arch, signal) };
  } catch (error) {
    if (error instanceof TreeInfoError)
      return { problem: `The .treeinfo of this tree does not help: ${error.message}` };
    if (error instanceof FailureError)
      return { problem: [error.failure.message, error.failure.detail ?? ''].join(' ').trim() };
    if (signal.aborted)
      return { problem: `The server of ${withoutUrlSecrets(url)} did not answer in ${LIMIT_MS / 1000} s.` };
    throw error;
  }
}

/**
 * Finds kernel and initrd in a tree: by its .treeinfo, else by what trees look like.
 * @throws {TreeInfoError} or FailureError HOST_UNREACHABLE, NOT_FOUND, UNSUPPORTED
 */
async function findTree(url: string, arch: string, signal: AbortSignal): Promise<FoundTree> {
  const base = url.replace(/[?#].*$/, '').replace(/\/+$/, '');
  let refused = '';
  const info = await orNone(readHttpText(`${base}/.treeinfo`, MAX_TREEINFO_CHARS, signal), (why) => {
    refused = ` ${why}`;
  });
  if (info !== null) {
    const { family, kernel, initrd } = parseTreeinfo(info, arch);
    const word = /suse|sle/i.test(family) ? 'install' : 'inst.repo';
    return { kernel: at(base, kernel), initrd: at(base, initrd), arguments: `${word}=${base}` };
  }
  const layouts = await Promise.all(
    treeLayouts(arch).map(async (layout) => ((await isThere(base, layout, signal)) ? layout : null)),
  );
  const layout = layouts.find((one) => one !== null) ?? null;
  if (layout === null)
    throw new FailureError({
      code: 'NOT_FOUND',
      message: `There is no installer for ${arch} at ${withoutUrlSecrets(base)}: no .treeinfo, and none of the layouts of Debian, Ubuntu and openSUSE.${refused}`,
    });
  const sum = await sumsOf(base, layout, signal);
  return {
    kernel: at(base, { path: layout.kernel, checksum: sum(layout.kernel) }),
    initrd: at(base, { path: layout.initrd, checksum: sum(layout.initrd) }),
    arguments: layout.source === 'install' ? `install=${base}` : '',
  };
}

function at(base: string, { path, checksum }: TreeFile): FoundTree['kernel'] {
  return { url: `${base}/${path}`, checksum };
}

async function isThere(base: string, { kernel, initrd }: TreeLayout, signal: AbortSignal): Promise<boolean> {
  for (const path of [kernel, initrd])
    if ((await orNone(openHttpSource(`${base}/${path}`, signal))) === null) return false;
  return true;
}

async function sumsOf(base: string, { sums }: TreeLayout, signal: AbortSignal) {
  const text =
    sums === null ? null : await orNone(readHttpText(`${base}/${sums}`, MAX_CHECKSUM_CHARS, signal));
  const folder = (sums ?? '').replace(/[^/]*$/, '');
  return (path: string): TreeFile['checksum'] =>
    text === null ? null : sumOfPath(text, path.slice(folder.length));
}

/** Null where the server has no such file, or does not give it out; then `onRefused` is told why. */
async function orNone<T>(asked: Promise<T>, onRefused?: (why: string) => void): Promise<T | null> {
  try {
    return await asked;
  } catch (error) {
    if (!(error instanceof FailureError)) throw error;
    const { code, message } = error.failure;
    if (code === 'UNSUPPORTED') onRefused?.(message);
    else if (code !== 'NOT_FOUND') throw error;
    return null;
  }
}
