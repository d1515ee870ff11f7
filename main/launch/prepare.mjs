// Makes a checkout ready: installs what is missing, builds what is stale. Plain Node: it runs before anything is installed.
import { spawn } from 'node:child_process';
import crypto from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { takeLock } from './lock.mjs';

const OLDEST_NODE = [20, 19];
const ATTEMPTS = 3;

/** What is wrong with a version of Node, as a sentence; null when Virtlane runs on it. */
export function nodeProblem(version) {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  if (major > OLDEST_NODE[0] || (major === OLDEST_NODE[0] && minor >= OLDEST_NODE[1])) return null;
  return `Virtlane needs Node ${OLDEST_NODE.join('.')} or newer; this is ${version}. Newer ones are at https://nodejs.org`;
}

/** Ends the process with a sentence when this Node is too old to go on. */
export function checkNode() {
  const problem = nodeProblem(process.versions.node);
  if (problem === null) return;
  console.error(problem);
  process.exit(2);
}

/** Runs a command with its output shown only when it fails. */
function run(command, args, cwd) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { cwd, stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    child.stdout.on('data', (chunk) => (output += chunk));
    child.stderr.on('data', (chunk) => (output += chunk));
    child.on('error', reject);
    child.on('close', (code) => {
      if (code === 0) resolve();
      else reject(new Error(`${path.basename(command)} ${args.join(' ')} failed:\n${output}`));
    });
  });
}

/**
 * The command that is npm: the one that runs this, else the one of this Node, else whichever is in the PATH. As a script where it can
 * be, because Windows' `npm.cmd` starts in a shell alone, which would take paths with blanks apart.
 */
export function npmCommand({ env, platform, execPath, exists }) {
  const at = platform === 'win32' ? path.win32 : path.posix;
  const lib = platform === 'win32' ? at.dirname(execPath) : at.join(at.dirname(execPath), '..', 'lib');
  const scripts = [
    ...(/npm-cli\.c?js$/.test(env.npm_execpath ?? '') ? [env.npm_execpath] : []),
    at.join(lib, 'node_modules', 'npm', 'bin', 'npm-cli.js'),
  ];
  const script = scripts.find(exists);
  return script === undefined ? ['npm'] : [execPath, script];
}

function npm(args, root) {
  const { env, platform, execPath } = process;
  const [command, ...first] = npmCommand({ env, platform, execPath, exists: fs.existsSync });
  return run(command, [...first, ...args], root);
}

const UNREACHABLE = ['ENOTFOUND', 'EAI_AGAIN', 'ECONNREFUSED', 'ECONNRESET', 'ETIMEDOUT', 'ENETUNREACH'];

/** An error of installing or building, in words that say what to do. `root`: the checkout. */
export function explain(error, root) {
  if (error.code === 'ENOENT' && String(error.syscall).startsWith('spawn'))
    return new Error(
      'npm was not found. It comes with Node (https://nodejs.org); some systems have it in a package of its own, named npm.',
      { cause: error },
    );
  const code = error.code ?? /^npm (?:error|ERR!) code (\w+)/m.exec(error.message)?.[1];
  const sentence =
    code === 'EACCES' || code === 'EPERM' || code === 'EROFS'
      ? `Virtlane installs and builds in its own folder, and this user may not write to ${root}. Start it as the folder's owner, or make a checkout of your own.`
      : code === 'ENOSPC'
        ? `The disk of ${root} is full.`
        : UNREACHABLE.includes(code)
          ? 'The packages could not be downloaded, because npm does not reach its registry. Check the network, and the proxy if there is one (npm config set proxy).'
          : null;
  return sentence === null ? error : new Error(`${sentence}\n\n${error.message}`, { cause: error });
}

/** One process at a time installs and builds in a checkout: two `npm ci` in one folder destroy each other's work. */
export async function alone(root, say, work) {
  try {
    fs.mkdirSync(path.join(root, 'build'), { recursive: true });
    const giveBack = await takeLock(path.join(root, 'build', '.lock'), () =>
      say('Another Virtlane is installing or building here; waiting for it…'),
    );
    try {
      await work();
    } finally {
      giveBack();
    }
  } catch (error) {
    throw explain(error, root);
  }
}

const hashOf = (text) => crypto.createHash('sha256').update(text).digest('hex');

/** Whether no package that is asked for by name is missing. */
function isWhole(root) {
  const { dependencies, devDependencies } = JSON.parse(
    fs.readFileSync(path.join(root, 'package.json'), 'utf8'),
  );
  return Object.keys({ ...dependencies, ...devDependencies }).every((name) =>
    fs.existsSync(path.join(root, 'node_modules', name, 'package.json')),
  );
}

/** `npm ci` when node_modules is not what package-lock.json says. npm can fail for a moment: three attempts. */
export async function ensureInstalled(root, say = console.log) {
  const lock = fs.readFileSync(path.join(root, 'package-lock.json'), 'utf8');
  const stamp = path.join(root, 'node_modules', '.virtlane-installed');
  const isFresh = () =>
    fs.existsSync(stamp) && fs.readFileSync(stamp, 'utf8') === hashOf(lock) && isWhole(root);
  if (isFresh()) return;
  await alone(root, say, async () => {
    if (isFresh()) return;
    say('Installing packages…');
    for (let attempt = 1; ; attempt += 1) {
      try {
        await npm(['ci', '--include=dev', '--no-fund', '--no-audit', '--loglevel=error'], root);
        break;
      } catch (error) {
        // without npm, or without a right to write, a second attempt is like the first
        if (attempt === ATTEMPTS || error.code !== undefined) throw error;
        say(`npm failed, attempt ${attempt} of ${ATTEMPTS}; trying again.`);
      }
    }
    fs.writeFileSync(stamp, hashOf(lock));
  });
}

const CORE_SOURCES = ['drivers', 'main', 'package-lock.json', '.tsconfig.base.json'];
const SOURCES = [...CORE_SOURCES, 'electron', 'renderer', 'assets'];

/** One hash over names, sizes and times of all that a build reads. A thousand files, before every command: none is asked about twice. */
function fingerprint(root, sources) {
  const found = [];
  const file = (relative) => {
    const stat = fs.statSync(`${root}/${relative}`, { throwIfNoEntry: false });
    if (stat === undefined) return;
    if (stat.isDirectory()) folder(relative);
    else found.push(`${relative}\0${stat.size}\0${stat.mtimeMs}\n`);
  };
  const folder = (relative) => {
    for (const entry of fs.readdirSync(`${root}/${relative}`, { withFileTypes: true })) {
      const inside = `${relative}/${entry.name}`;
      if (entry.isDirectory()) folder(inside);
      else file(inside);
    }
  };
  for (const source of sources) file(source);
  return hashOf(found.sort((a, b) => (a < b ? -1 : 1)).join(''));
}

const stampFile = (root, stamp) => path.join(root, 'build', stamp);
const CORE_STAMP = '.built-core';

/** What the command line was built from, as `ensureCoreBuilt` left it; null: it was not. */
export function coreStamp(root) {
  try {
    return fs.readFileSync(stampFile(root, CORE_STAMP), 'utf8');
  } catch {
    return null;
  }
}

/** Runs `build` when a source is newer than the last build that left this stamp. */
async function unlessFresh(root, { stamp, sources, say }, build) {
  const file = stampFile(root, stamp);
  const now = fingerprint(root, sources);
  const isFresh = () => fs.existsSync(file) && fs.readFileSync(file, 'utf8') === now;
  if (isFresh()) return;
  await alone(root, say, async () => {
    if (isFresh()) return;
    await build((...parts) => path.join(root, 'node_modules', ...parts));
    fs.writeFileSync(file, now);
  });
}

/** Compiles and bundles when a source is newer than the last build. */
export async function ensureBuilt(root, say = console.log) {
  await unlessFresh(root, { stamp: '.built', sources: SOURCES, say }, async (bin) => {
    say('Building…');
    await run(
      process.execPath,
      [bin('typescript', 'bin', 'tsc'), '-b', 'main', 'electron', 'electron/preload'],
      root,
    );
    await run(
      process.execPath,
      [bin('vite', 'bin', 'vite.js'), 'build', 'renderer', '--logLevel', 'error'],
      root,
    );
  });
}

/** Makes what the command line needs: the core, without the window, as one file. */
export async function ensureCoreBuilt(root, say = console.log) {
  await unlessFresh(root, { stamp: CORE_STAMP, sources: CORE_SOURCES, say }, async (bin) => {
    say('Building…');
    await run(process.execPath, [bin('typescript', 'bin', 'tsc'), '-b', 'main'], root);
    const launch = (name) => path.join(root, 'main', 'launch', name);
    const config = ['--config', launch('cli-bundle.config.mjs'), '--logLevel', 'error'];
    await run(process.execPath, [bin('vite', 'bin', 'vite.js'), 'build', ...config], root);
    await run(process.execPath, [launch('warm-cli.mjs')], root);
  });
}
