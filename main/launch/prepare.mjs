// Makes a checkout ready: installs what is missing, builds what is stale. Plain Node: it runs before anything is installed.
import { spawn } from 'node:child_process';
import crypto from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';

export const OLDEST_NODE = [20, 19];

/** Ends the process with a sentence when this Node is too old to go on. */
export function checkNode() {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  if (major > OLDEST_NODE[0] || (major === OLDEST_NODE[0] && minor >= OLDEST_NODE[1])) return;
  console.error(`Virtlane needs Node ${OLDEST_NODE.join('.')} or newer; this is ${process.versions.node}.`);
  process.exit(2);
}

/** Runs a command with its output shown only when it fails. Windows finds .cmd files by the shell alone. */
function run(command, args, cwd) {
  return new Promise((resolve, reject) => {
    const shell = process.platform === 'win32' && !command.endsWith('.exe');
    const child = spawn(command, args, { cwd, shell, stdio: ['ignore', 'pipe', 'pipe'] });
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

function npm(args, root) {
  const script = process.env.npm_execpath;
  return script !== undefined && /npm-cli\.c?js$/.test(script)
    ? run(process.execPath, [script, ...args], root)
    : run('npm', args, root);
}

/**
 * One process at a time installs and builds in a checkout: two `npm ci` in one folder destroy each other's work. A lock that a dead
 * process left is taken over.
 */
export async function alone(root, say, work) {
  const lock = path.join(root, 'build', '.lock');
  fs.mkdirSync(path.dirname(lock), { recursive: true });
  for (let waited = false; ; waited = true) {
    try {
      fs.writeFileSync(lock, String(process.pid), { flag: 'wx' });
      break;
    } catch (error) {
      if (error.code !== 'EEXIST') throw error;
    }
    if (!isAlive(lock)) {
      fs.rmSync(lock, { force: true });
      continue;
    }
    if (!waited) say('Another Virtlane is installing or building here; waiting for it…');
    await new Promise((resolve) => setTimeout(resolve, 300));
  }
  try {
    await work();
  } finally {
    fs.rmSync(lock, { force: true });
  }
}

/** Whether the process that a lock names still runs. */
function isAlive(lock) {
  try {
    const pid = Number(fs.readFileSync(lock, 'utf8'));
    if (pid === 0) return true; // created in this moment, not written yet
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code === 'EPERM';
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
        if (attempt === 3) throw error;
        say(`npm failed, attempt ${attempt} of 3; trying again.`);
      }
    }
    fs.writeFileSync(stamp, hashOf(lock));
  });
}

const CORE_SOURCES = ['drivers', 'main', 'package-lock.json', '.tsconfig.base.json'];
const SOURCES = [...CORE_SOURCES, 'electron', 'renderer', 'assets'];

/** One hash over names, sizes and times of all that a build reads. */
function fingerprint(root, sources) {
  const hash = crypto.createHash('sha256');
  const visit = (relative) => {
    const stat = fs.statSync(path.join(root, relative), { throwIfNoEntry: false });
    if (stat === undefined) return;
    if (!stat.isDirectory()) {
      hash.update(`${relative}\0${stat.size}\0${stat.mtimeMs}\n`);
      return;
    }
    for (const name of fs.readdirSync(path.join(root, relative)).sort()) visit(path.join(relative, name));
  };
  for (const source of sources) visit(source);
  return hash.digest('hex');
}

/** Runs `build` when a source is newer than the last build that left this stamp. */
async function unlessFresh(root, { stamp, sources, say }, build) {
  const file = path.join(root, 'build', stamp);
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

/** Compiles what the command line needs: the core, without the window. */
export async function ensureCoreBuilt(root, say = console.log) {
  await unlessFresh(root, { stamp: '.built-core', sources: CORE_SOURCES, say }, async (bin) => {
    say('Building…');
    await run(process.execPath, [bin('typescript', 'bin', 'tsc'), '-b', 'main'], root);
  });
}
