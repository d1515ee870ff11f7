// Runs test files by their own runners (node:test, Playwright) and counts single tests.
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { runBounded } from './processes.mjs';

export const FILE_LIMIT_MS = 10 * 60_000;
let runs = 0;

/** A name in the folder of temporary files that no other run has. */
const temporary = (name) => path.join(os.tmpdir(), `virtlane-${name}-${process.pid}-${(runs += 1)}`);

/** Runs files of node:test: the spec reporter for people, TAP into a file for the counts. */
export async function nodeTests(root, files, { concurrency, limitMs, env, onLine }) {
  const counts = { passed: 0, failed: 0, skipped: 0 };
  const report = temporary('tap');
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
  const code = await runBounded(process.execPath, args, { cwd: root, env, limitMs, onLine });
  const tap = fs.existsSync(report) ? fs.readFileSync(report, 'utf8') : '';
  fs.rmSync(report, { force: true });
  for (const [, word, count] of tap.matchAll(/^# (pass|fail|cancelled|skipped) (\d+)$/gm))
    counts[{ pass: 'passed', fail: 'failed', cancelled: 'failed', skipped: 'skipped' }[word]] +=
      Number(count);
  for (const [, name] of tap.matchAll(/^\s*ok \d+ - (.*# SKIP.*)$/gm)) onLine(`!!! SKIPPED: ${name}`);
  if (code !== 0 && counts.failed === 0) counts.failed += 1;
  return counts;
}

/** Runs browser tests. */
export async function playwright(root, files, { limitMs, env, onLine }) {
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
    ...files,
  ];
  const code = await runBounded(process.execPath, args, {
    cwd: root,
    limitMs,
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
