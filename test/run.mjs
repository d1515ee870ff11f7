// `npm test`: everything a fresh Debian machine needs to run every test, then the tests. Plain Node without dependencies:
// nothing is installed yet when it starts. Ends with one line: `N passed, N failed[, N skipped]`.
//
//   npm test                       all of it
//   npm test -- unit [pattern]     one kind (unit, regression, integration, e2e), files whose path holds the pattern
import { spawn, spawnSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { checkNode, ensureBuilt, ensureInstalled } from '../main/launch/prepare.mjs';

checkNode();
const root = path.resolve(import.meta.dirname, '..');
/** Those of the first need nothing but Node. */
const PURE = ['unit', 'regression'];
const KINDS = [...PURE, 'integration', 'e2e'];
const DEBIAN_PACKAGES = [
  'libvirt-daemon',
  'libvirt-daemon-system',
  'libvirt-clients',
  'libvirt-daemon-driver-qemu',
  'qemu-system-x86',
  'qemu-utils',
  'openssh-server',
  'openssh-client',
  'iproute2',
  'util-linux',
  'fdisk',
  'procps',
  'passwd',
  'busybox-static',
  'cpio',
  'kmod',
  'syslinux',
  'isolinux',
  'syslinux-common',
  'mtools',
  'dosfstools',
  'dnsmasq-base',
  'iptables',
  'openvswitch-switch',
  'libxml2-utils',
  'genisoimage',
  'xorriso',
  'bzip2',
  'xz-utils',
  'python3',
  'mmdebstrap',
  'chromium',
  'fonts-noto-core',
];
/** What each kind cannot do without: [command, the package that has it]. */
const NEEDS = {
  unit: [],
  regression: [],
  integration: [
    'libvirtd',
    'virsh',
    'qemu-system-x86_64',
    'qemu-img',
    'sshd',
    'ssh-keygen',
    'ssh-agent',
    'ip',
    'unshare',
    'nsenter',
    'busybox',
    'cpio',
    'syslinux',
    'mcopy',
    'mkfs.vfat',
    'sfdisk',
    'modinfo',
    'dnsmasq',
    'iptables',
    'ovs-vswitchd',
    'xmllint',
    'isoinfo',
    'xorriso',
    'bzip2',
    'xz',
    'python3',
    'mmdebstrap',
  ],
  e2e: ['chromium'],
};
const FILE_LIMIT_MS = 10 * 60_000;
const totals = { passed: 0, failed: 0, skipped: 0 };

const say = (text) => console.log(text);
const isRoot = process.getuid?.() === 0;
const searchPath = `${process.env.PATH}:/usr/local/sbin:/usr/sbin:/sbin`;
const has = (command) =>
  searchPath.split(':').some((dir) => dir !== '' && fs.existsSync(path.join(dir, command)));

function apt() {
  const needed = KINDS.flatMap((kind) => NEEDS[kind]);
  if (needed.every(has)) return;
  if (!isRoot || !has('apt-get')) {
    say('Not root or no apt-get: the Debian packages of the tests are not installed by this run.');
    return;
  }
  say('Installing the Debian packages that the tests need…');
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  for (let attempt = 1; attempt <= 3; attempt += 1) {
    spawnSync('apt-get', ['-q', 'update'], { env, stdio: ['ignore', 'ignore', 'inherit'] });
    const done = spawnSync(
      'apt-get',
      ['-q', '-y', 'install', '--no-install-recommends', ...DEBIAN_PACKAGES],
      {
        env,
        stdio: ['ignore', 'ignore', 'inherit'],
      },
    );
    if (done.status === 0) return;
    say(`apt-get failed, attempt ${attempt} of 3`);
  }
}

function filesOf(kind, pattern) {
  const dir = path.join(root, 'test', kind);
  if (!fs.existsSync(dir)) return [];
  return fs
    .readdirSync(dir, { recursive: true })
    .map((name) => path.join('test', kind, String(name)))
    .filter((name) => /\.(test|spec)\.ts$/.test(name) && (pattern === undefined || name.includes(pattern)))
    .sort();
}

/** Ends what is running now, with its whole process group. */
let endRunning = () => undefined;

/** Runs a command in a process group of its own and ends the whole group when it takes longer than the limit. */
function runBounded(command, args, { env = {}, limitMs, onLine }) {
  return new Promise((resolve) => {
    const child = spawn(command, args, {
      cwd: root,
      env: { ...process.env, PATH: searchPath, ...env },
      stdio: ['ignore', 'pipe', 'inherit'],
      detached: true,
    });
    let rest = '';
    const timer = setTimeout(() => {
      say(`Ended after ${limitMs / 60_000} minutes: ${args.at(-1)}`);
      try {
        process.kill(-Number(child.pid), 'SIGKILL');
      } catch {
        /* it ended in this moment */
      }
    }, limitMs);
    child.stdout.setEncoding('utf8').on('data', (text) => {
      const lines = (rest + text).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) onLine(line);
    });
    child.on('error', (error) => {
      clearTimeout(timer);
      say(String(error));
      resolve(1);
    });
    child.on('close', (code) => {
      clearTimeout(timer);
      endRunning = () => undefined;
      resolve(code ?? 1);
    });
  });
}

/** Runs files of node:test: the spec reporter for people, TAP into a file for the count of single tests. */
async function nodeTests(files, { concurrency, limitMs }) {
  const counts = { passed: 0, failed: 0, skipped: 0 };
  const report = path.join(os.tmpdir(), `virtlane-tap-${process.pid}`);
  const args = [
    '--import',
    'tsx',
    '--test',
    `--test-concurrency=${concurrency}`,
    `--test-timeout=${FILE_LIMIT_MS}`,
    '--test-reporter=spec',
    '--test-reporter-destination=stdout',
    '--test-reporter=tap',
    `--test-reporter-destination=${report}`,
    ...files,
  ];
  const code = await runBounded(process.execPath, args, { limitMs, onLine: say });
  const tap = fs.existsSync(report) ? fs.readFileSync(report, 'utf8') : '';
  fs.rmSync(report, { force: true });
  for (const [, word, count] of tap.matchAll(/^# (pass|fail|cancelled|skipped) (\d+)$/gm))
    counts[{ pass: 'passed', fail: 'failed', cancelled: 'failed', skipped: 'skipped' }[word]] +=
      Number(count);
  for (const [, name] of tap.matchAll(/^\s*ok \d+ - (.*# SKIP.*)$/gm)) say(`!!! SKIPPED: ${name}`);
  if (code !== 0 && counts.failed === 0) counts.failed += 1;
  return counts;
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

async function playwright(files) {
  const report = path.join(os.tmpdir(), `virtlane-e2e-${process.pid}.json`);
  // Of this run alone: another user's or another run's folder cannot be emptied, or must not be.
  const artifacts = path.join(os.tmpdir(), `virtlane-e2e-${process.pid}`);
  const args = [
    path.join(root, 'node_modules/@playwright/test/cli.js'),
    'test',
    '-c',
    'test/e2e/playwright.config.ts',
    '--reporter=list,json',
    `--output=${artifacts}`,
    ...files,
  ];
  const code = await runBounded(process.execPath, args, {
    limitMs: 2 * FILE_LIMIT_MS,
    env: { PLAYWRIGHT_JSON_OUTPUT_NAME: report, PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD: '1' },
    onLine: say,
  });
  const counts = { passed: 0, failed: 0, skipped: 0 };
  try {
    const { stats } = JSON.parse(fs.readFileSync(report, 'utf8'));
    counts.passed = stats.expected;
    counts.failed = stats.unexpected + stats.flaky;
    counts.skipped = stats.skipped;
    fs.rmSync(report);
  } catch {
    counts.failed = 1;
  }
  if (code !== 0 && counts.failed === 0) counts.failed = 1;
  if (counts.failed === 0) fs.rmSync(artifacts, { recursive: true, force: true });
  else say(`Pictures of what failed: ${artifacts}`);
  return counts;
}

/** Whether a test file wants the lab of simulated hosts; the others skip by themselves what they cannot do. */
const wantsLab = (file) => fs.readFileSync(path.join(root, file), 'utf8').includes("lab/lab.ts'");

/** Of a runner's lab: the next lower number when another run on this machine has it. What a run that was cut left is taken over. */
function claimLab() {
  for (const id of ['7', '6', '5']) {
    const file = `/var/tmp/virtlane-lab-${id}.pid`;
    try {
      const owner = fs.readFileSync(file, 'utf8');
      if (fs.readFileSync(`/proc/${owner}/cmdline`, 'utf8').includes('run.mjs')) continue;
    } catch {
      /* no such file, or its process is gone */
    }
    fs.writeFileSync(file, String(process.pid));
    return { id, release: () => fs.rmSync(file, { force: true }) };
  }
  throw new Error('Three test runs are under way on this machine already.');
}

/** Resolves with whether the lab came up and the work was done. */
async function withLab(work) {
  const { id, release } = claimLab();
  const lab = (...args) =>
    spawnSync(path.join(root, 'test/lab/lab.sh'), args, {
      env: { ...process.env, PATH: searchPath, LAB_ID: id },
      stdio: ['ignore', 'ignore', 'inherit'],
    }).status === 0;
  const end = () => {
    endRunning();
    lab('down');
    release();
    process.exit(1);
  };
  process.once('SIGINT', end).once('SIGTERM', end).once('SIGHUP', end);
  lab('down');
  try {
    if (!lab('up', '2')) {
      say('The lab of simulated hosts did not come up.');
      totals.failed += 1;
      return;
    }
    process.env.VIRTLANE_LAB_ID = id;
    await work();
  } finally {
    lab('down');
    release();
    process.removeListener('SIGINT', end).removeListener('SIGTERM', end).removeListener('SIGHUP', end);
  }
}

const [kindWanted, pattern] = process.argv.slice(2);
if (kindWanted !== undefined && !KINDS.includes(kindWanted)) {
  console.error(`npm test -- [${KINDS.join('|')}] [part of a file's path]`);
  process.exit(2);
}
const wanted = KINDS.filter((kind) => kindWanted === undefined || kind === kindWanted);
const started = performance.now();
await ensureInstalled(root);
if (wanted.some((kind) => !PURE.includes(kind))) apt();
await ensureBuilt(root);

const pure = wanted.filter((kind) => PURE.includes(kind));
if (pure.length > 0) {
  const files = pure.flatMap((kind) => filesOf(kind, pattern));
  say(`\nUnit tests: ${files.length} files`);
  if (files.length > 0) add(await nodeTests(files, { concurrency: 2, limitMs: FILE_LIMIT_MS }));
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
  const without = noLab === undefined ? [] : files.filter(wantsLab);
  if (without.length > 0) skip(kind, without, noLab);
  return files.filter((file) => !without.includes(file));
}

const integration = runnable('integration');
const e2e = runnable('e2e');
async function machineTests() {
  if (integration.length > 0) {
    say(`\nIntegration tests: ${integration.length} files`);
    add(await nodeTests(integration, { concurrency: 1, limitMs: 4 * FILE_LIMIT_MS }));
  }
  if (e2e.length > 0) {
    say(`\nBrowser tests: ${e2e.length} files`);
    add(await playwright(e2e));
  }
}
if ([...integration, ...e2e].some(wantsLab)) await withLab(machineTests);
else await machineTests();

say(`\nTook ${Math.round((performance.now() - started) / 1000)} s`);
if (totals.passed + totals.failed === 0) totals.failed = 1;
say(
  `${totals.passed} passed, ${totals.failed} failed${totals.skipped > 0 ? `, ${totals.skipped} skipped` : ''}`,
);
process.exitCode = totals.failed > 0 ? 1 : 0;
