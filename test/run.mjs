// `npm test`: everything a fresh Debian machine needs to run every test, then the tests. Plain Node without dependencies:
// nothing is installed yet when it starts. Ends with one line: `N passed, N failed[, N skipped]`.
//
//   npm test                       all of it
//   npm test -- unit [pattern]     one kind (unit, regression, integration, e2e), files whose path holds the pattern
import fs from 'node:fs';
import path from 'node:path';
import { checkNode, ensureBuilt, ensureInstalled } from '../main/launch/prepare.mjs';
import { has, installPackages, isRoot, NEEDS } from './runner/debian.mjs';
import { whyFailed } from './runner/failures.mjs';
import { labsUp, wantsLab } from './runner/labs.mjs';
import { endRunning } from './runner/processes.mjs';
import { nodeTests, playwright, pureTests } from './runner/reports.mjs';

checkNode();
const root = path.resolve(import.meta.dirname, '..');
/** Those of the first need nothing but Node. */
const PURE = ['unit', 'regression'];
const KINDS = [...PURE, 'integration', 'e2e'];
/** Pure tests wait half of their time for timers: twice as many processes as the cores of the smallest machine. */
const PURE_PROCESSES = 4;
/** Guests and browsers wait much and compute little: files run in lanes, each with a lab of its own, one more than two cores have. */
const LANES = 3;
/** Files of a minute or more, longest first: they begin before the others, so that none runs alone at the end. */
const LONG = [
  'create-cloud-init.test',
  'migrate-fault-table.test',
  'lab-three-hosts.test',
  'lab-clone-running.test',
  'migrate-lab.spec',
  'lab-migrate-ways.test',
  'p2v-live-source.test',
  'p2v-live-fault-walk.test',
  'p2v-virt-v2v.test',
  'create-tree.test',
  'p2v-live.spec',
  'lab-network-guests.test',
  'lab-migrate.test',
  'host-to-console.spec',
  'create.spec',
  'demo.spec',
  'create-faults.test',
  'storage-fault-table.test',
  'create-killed.test',
  'create-sources.spec',
  'lab-clone.test',
  'lab-lifecycle.test',
  'clone-fault-table.test',
  'storage.spec',
  'machine.spec',
  'networks.spec',
  'create-lab.spec',
];
/** Of `lab.sh mend`: by a signal that no test sends, SIGSEGV or the like. */
const CRASHED = /^libvirtd of \S+ crashed with /;
const totals = { passed: 0, failed: 0, skipped: 0 };
/** What is told again at the end: why each file failed. */
const failures = [];
/** Labs that are up. */
let labs = [];

const say = (text) => console.log(text);

/** However it ends, nothing of it stays: no guest, no daemon, no network. */
function abandon() {
  endRunning();
  for (const { down } of labs) down();
  process.exit(1);
}
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.once(signal, abandon);
// Whoever read what is said is gone.
process.stdout.on('error', abandon);

function filesOf(kind, pattern) {
  const dir = path.join(root, 'test', kind);
  if (!fs.existsSync(dir)) return [];
  return fs
    .readdirSync(dir, { recursive: true })
    .map((name) => path.join('test', kind, String(name)))
    .filter((name) => /\.(test|spec)\.ts$/.test(name) && (pattern === undefined || name.includes(pattern)))
    .sort();
}

function add(counts) {
  totals.passed += counts.passed;
  totals.failed += counts.failed;
  totals.skipped += counts.skipped;
}

function skip(kind, files, why) {
  say(`\n!!! SKIPPED: ${files.length} files of test/${kind}, because ${why} !!!`);
  for (const file of files) say(`!!! SKIPPED: ${file}`);
  totals.skipped += files.length;
}

/** Why tests of this kind cannot have the lab; undefined when they can. */
function whyNoLab() {
  if (process.platform !== 'linux' || !isRoot) return 'the lab of simulated hosts needs root on Linux';
  const missing = NEEDS.integration.filter((command) => !has(command));
  return missing.length > 0 ? `these commands are missing: ${missing.join(', ')}` : undefined;
}

/** Files of a kind that can run here; says loudly which cannot. */
function runnable(kind) {
  const files = wanted.includes(kind) ? filesOf(kind, pattern) : [];
  const missing = NEEDS[kind].filter((command) => !has(command));
  if (kind === 'e2e' && missing.length > 0 && files.length > 0) {
    skip(kind, files, `these commands are missing: ${missing.join(', ')}`);
    return [];
  }
  const noLab = whyNoLab();
  const without = noLab === undefined ? [] : files.filter((file) => wantsLab(root, file));
  if (without.length > 0) skip(kind, without, noLab);
  return files.filter((file) => !without.includes(file));
}

/** By how long they take, as far as that is known; the others in their order. */
function longestFirst(files) {
  const rank = (file) => {
    const at = LONG.indexOf(path.basename(file, '.ts'));
    return at === -1 ? LONG.length : at;
  };
  return files.toSorted((a, b) => rank(a) - rank(b));
}

/**
 * One file in a lane; what it says comes out whole when it ends, so that lanes do not mix. Where it failed and the host's libvirtd has
 * crashed meanwhile (libvirt 9.0 does now and then), it is run once more: that run counts, and both are told.
 */
async function runFile(file, lane, isSecond = false) {
  const lines = [];
  const started = performance.now();
  const onLine = (line) => lines.push(line);
  const options = { env: lane.env, onLine };
  const counts = await (lane.bundle === undefined
    ? playwright(root, file, options)
    : nodeTests(root, lane.bundle, options));
  let isCrashed = false;
  for (const told of lane.mend?.() ?? []) {
    onLine(`!!! ${told} !!!`);
    // What was not running after this file, the next one would fail for: it is this one's fault.
    if (CRASHED.test(told)) isCrashed = true;
    else counts.failed += 1;
  }
  say(`\n${file} (${Math.round((performance.now() - started) / 1000)} s)`);
  for (const line of lines) say(line);
  if (isCrashed && counts.failed > 0 && !isSecond) {
    say(`!!! ${file} IS RUN AGAIN, because libvirtd crashed while it ran !!!`);
    return runFile(file, lane, true);
  }
  if (counts.failed > 0) failures.push(`\nFailed: ${file}`, ...whyFailed(lines));
  return add(counts);
}

async function inLanes(files) {
  const queue = longestFirst(files);
  const { bundleApart } = await import('./runner/bundle.mjs');
  const bundles = await bundleApart(files.filter((file) => !file.includes('/e2e/')));
  const lane = async (env, mend) => {
    for (let file = queue.shift(); file !== undefined; file = queue.shift())
      await runFile(file, { bundle: bundles.get(file), env, mend });
  };
  if (!files.some((file) => wantsLab(root, file))) return lane({});
  labs = labsUp(root, Math.min(LANES, files.length));
  if (labs.length === 0) {
    say('The lab of simulated hosts did not come up.');
    totals.failed += 1;
    return undefined;
  }
  try {
    await Promise.all(labs.map(({ id, mend }) => lane({ VIRTLANE_LAB_ID: id }, mend)));
  } finally {
    for (const { down } of labs) down();
    labs = [];
  }
  return undefined;
}

const [kindWanted, pattern] = process.argv.slice(2);
if (kindWanted !== undefined && !KINDS.includes(kindWanted)) {
  console.error(`npm test -- [${KINDS.join('|')}] [part of a file's path]`);
  process.exit(2);
}
const wanted = KINDS.filter((kind) => kindWanted === undefined || kind === kindWanted);
const started = performance.now();
await ensureInstalled(root);
if (wanted.some((kind) => !PURE.includes(kind))) installPackages(say);
await ensureBuilt(root);

const pure = wanted.filter((kind) => PURE.includes(kind));
if (pure.length > 0) {
  const files = pure.flatMap((kind) => filesOf(kind, pattern));
  say(`\nUnit tests: ${files.length} files`);
  const lines = [];
  const onLine = (line) => {
    lines.push(line);
    say(line);
  };
  const counts =
    files.length > 0 ? await pureTests(root, files, { processes: PURE_PROCESSES, onLine }) : undefined;
  if (counts !== undefined) add(counts);
  if (counts?.failed > 0) failures.push('\nFailed: unit tests', ...whyFailed(lines));
}
const machine = [...runnable('integration'), ...runnable('e2e')];
if (machine.length > 0) {
  say(`\nIntegration and browser tests: ${machine.length} files`);
  await inLanes(machine);
}

for (const line of failures) say(line);
say(`\nTook ${Math.round((performance.now() - started) / 1000)} s`);
if (totals.passed + totals.failed === 0) totals.failed = 1;
say(
  `${totals.passed} passed, ${totals.failed} failed${totals.skipped > 0 ? `, ${totals.skipped} skipped` : ''}`,
);
process.exitCode = totals.failed > 0 ? 1 : 0;
