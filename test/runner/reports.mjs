// Runs test files by their own runners (node:test, Playwright) and counts single tests.
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { runBounded } from './processes.mjs';

/** A hang, not slowness: on a machine that has other work the longest file takes two thirds of it. */
export const FILE_LIMIT_MS = 20 * 60_000;
/** Longer than a file may take by its own process's clock: for what stops that clock. */
const PURE_LIMIT_MS = 6 * 60_000;
/** Where files are in memory, and how much room is wanted there: pure tests take a few MiB of it. */
const MEMORY = '/dev/shm';
const MEMORY_BYTES = 256 * 1024 ** 2;
let runs = 0;

/** A name in the folder of temporary files that no other run has. */
const temporary = (name) => path.join(os.tmpdir(), `virtlane-${name}-${process.pid}-${(runs += 1)}`);

/** Runs a bundle of node:test in a process of its own: the spec reporter for people, TAP into a file for the counts. */
export async function nodeTests(root, bundle, options) {
  const flags = ['--enable-source-maps', '--test', `--test-timeout=${FILE_LIMIT_MS}`];
  return counted(root, flags, [bundle], { ...options, limitMs: FILE_LIMIT_MS });
}

/** A folder for temporary files in memory, where there is room: a job's journal is synced with each line, and most of what pure tests wait for is that. */
function inMemory() {
  try {
    const { bavail, bsize } = fs.statfsSync(MEMORY);
    if (bavail * bsize < MEMORY_BYTES) return null;
    const folder = fs.mkdtempSync(path.join(MEMORY, 'virtlane-'));
    process.once('exit', () => fs.rmSync(folder, { recursive: true, force: true }));
    return folder;
  } catch {
    return null; // there is none
  }
}

/** Runs pure files of node:test in as many processes as given. */
export async function pureTests(root, files, { processes, onLine }) {
  // It needs a package, and nothing was installed when the runner began.
  const { bundleTogether } = await import('./bundle.mjs');
  const parts = Array.from({ length: processes }, (_, n) =>
    files.filter((_file, at) => at % processes === n),
  );
  const folder = inMemory();
  const env = folder === null ? {} : { TMPDIR: folder };
  const run = async (part, at) => {
    const entry = await bundleTogether(`pure-${at + 1}`, part);
    return counted(root, ['--enable-source-maps'], [entry], { limitMs: PURE_LIMIT_MS, env, onLine });
  };
  const counts = await Promise.all(parts.filter((part) => part.length > 0).map(run));
  return counts.reduce((sum, one) => ({
    passed: sum.passed + one.passed,
    failed: sum.failed + one.failed,
    skipped: sum.skipped + one.skipped,
  }));
}

async function counted(root, options, files, { limitMs, env, onLine }) {
  const counts = { passed: 0, failed: 0, skipped: 0 };
  const report = temporary('tap');
  const args = [
    ...options,
    '--test-reporter=spec',
    '--test-reporter-destination=stdout',
    '--test-reporter=tap',
    `--test-reporter-destination=${report}`,
    ...files,
  ];
  const { code, name } = await runBounded(process.execPath, args, { cwd: root, env, limitMs, onLine });
  const tap = fs.existsSync(report) ? fs.readFileSync(report, 'utf8') : '';
  fs.rmSync(report, { force: true });
  const totals = [...tap.matchAll(/^# (pass|fail|cancelled|skipped) (\d+)$/gm)];
  for (const [, word, count] of totals)
    counts[{ pass: 'passed', fail: 'failed', cancelled: 'failed', skipped: 'skipped' }[word]] +=
      Number(count);
  for (const [, test] of tap.matchAll(/^\s*ok \d+ - (.*# SKIP.*)$/gm)) onLine(`!!! SKIPPED: ${test}`);
  if (totals.length === 0) onLine(`Ended with code ${code} before its report, in ${name}`);
  if (counts.failed === 0 && (code !== 0 || totals.length === 0)) counts.failed += 1;
  return counts;
}

/** Runs browser tests. */
export async function playwright(root, file, { env, onLine }) {
  const report = temporary('e2e-report');
  // Of this run alone: another user's or another run's folder cannot be emptied, or must not be.
  const artifacts = temporary('e2e');
  const args = [
    path.join(root, 'node_modules/@playwright/test/cli.js'),
    'test',
    '-c',
    'test/e2e/playwright.config.ts',
    '--reporter=list,json',
    `--output=${artifacts}`,
    file,
  ];
  const { code } = await runBounded(process.execPath, args, {
    cwd: root,
    limitMs: FILE_LIMIT_MS,
    env: { ...env, PLAYWRIGHT_JSON_OUTPUT_NAME: report, PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD: '1' },
    onLine,
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
  else onLine(`Pictures of what failed: ${artifacts}`);
  return counts;
}
