// `npm run dev`: the core run from source (started again when a file of it changes) and the window served by vite with hot
// reload. Prints the address to open.
import { spawn } from 'node:child_process';
import path from 'node:path';
import { coreEnvironment } from './core-process.mjs';
import { checkNode, ensureInstalled } from './prepare.mjs';

checkNode();
const root = path.resolve(import.meta.dirname, '../..');
try {
  await ensureInstalled(root);
} catch (error) {
  console.error(error.message);
  process.exit(1);
}
const env = coreEnvironment(process.env);
const node = (...args) => spawn(process.execPath, args, { cwd: root, env, stdio: 'inherit' });
const children = [
  node(
    '--import',
    'tsx',
    '--watch',
    '--watch-preserve-output',
    'main/launch/dev-core.ts',
    ...process.argv.slice(2),
  ),
  node(path.join('node_modules', 'vite', 'bin', 'vite.js'), 'renderer'),
];
const end = () => children.forEach((child) => child.kill());
process.once('SIGINT', end).once('SIGTERM', end);
for (const child of children) child.once('exit', end);
