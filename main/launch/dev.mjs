// `npm run dev [-- --demo] [--port N]`: the core run from source (started again when a file of it changes) and the window served by vite
// with hot reload, on port N (5173) and the core's on the next one. Prints the address to open.
import { spawn } from 'node:child_process';
import path from 'node:path';
import { coreEnvironment } from './core-process.mjs';
import { checkNode, ensureInstalled } from './prepare.mjs';

const VITE_PORT = 5173;

checkNode();
const root = path.resolve(import.meta.dirname, '../..');
const { readOptions } = await import('./options.mjs');
let options;
try {
  options = readOptions(process.argv.slice(2));
  await ensureInstalled(root);
} catch (error) {
  console.error(error.message);
  process.exit(1);
}
const port = options.port ?? VITE_PORT;
const core = { root, port: port + 1, demo: options.demo, devOrigins: [`http://127.0.0.1:${port}`] };
const env = { ...coreEnvironment(process.env), VIRTLANE_CORE: `http://127.0.0.1:${core.port}` };
const node = (...args) => spawn(process.execPath, args, { cwd: root, env, stdio: 'inherit' });
const children = [
  node(
    '--import',
    'tsx',
    '--watch',
    '--watch-preserve-output',
    path.join('main', 'launch', 'dev-core.ts'),
    JSON.stringify(core),
  ),
  node(
    path.join('node_modules', 'vite', 'bin', 'vite.js'),
    'renderer',
    '--port',
    String(port),
    '--strictPort',
  ),
];
const end = () => children.forEach((child) => child.kill());
process.once('SIGINT', end).once('SIGTERM', end);
for (const child of children) child.once('exit', end);
