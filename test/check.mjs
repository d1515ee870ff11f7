// `npm run check`: types and compile fences, lint and lint fences, format. Everything at once; says what failed.
import { spawn } from 'node:child_process';
import path from 'node:path';

const root = path.resolve(import.meta.dirname, '..');
// as scripts: Windows starts a .cmd file in a shell alone, which would take a path with blanks apart
const CHECKS = [
  ['types', 'typescript/bin/tsc', ['-b']],
  ['lint', 'oxlint/bin/oxlint', ['--type-aware']],
  [
    'format',
    'prettier/bin/prettier.cjs',
    ['--check', '--log-level=warn', '--cache', '--cache-location=build/.cache/prettier', '.'],
  ],
];

function run([name, script, args]) {
  return new Promise((resolve) => {
    const started = performance.now();
    const child = spawn(process.execPath, [path.join(root, 'node_modules', script), ...args], {
      cwd: root,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let output = '';
    child.stdout.on('data', (chunk) => (output += chunk));
    child.stderr.on('data', (chunk) => (output += chunk));
    child.on('error', (error) => resolve({ name, ok: false, output: String(error), seconds: 0 }));
    child.on('close', (code) =>
      resolve({ name, ok: code === 0, output, seconds: (performance.now() - started) / 1000 }),
    );
  });
}

const results = await Promise.all(CHECKS.map(run));
for (const { name, ok, output, seconds } of results) {
  console.log(`${ok ? 'ok    ' : 'FAILED'} ${name} (${seconds.toFixed(1)} s)`);
  if (!ok) console.log(output);
}
process.exitCode = results.every(({ ok }) => ok) ? 0 : 1;
