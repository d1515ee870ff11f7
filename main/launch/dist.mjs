// `npm run dist`: installers by electron-builder. Refuses clearly where Electron's binary cannot be had.
import { spawn } from 'node:child_process';
import path from 'node:path';
import { electronBinary, fetchElectron } from './electron.mjs';
import { checkNode, ensureBuilt, ensureInstalled } from './prepare.mjs';

checkNode();
const root = path.resolve(import.meta.dirname, '../..');
try {
  await ensureInstalled(root);
  await ensureBuilt(root);
} catch (error) {
  console.error(`No installer was made. ${error.message}`);
  process.exit(1);
}
const reason = electronBinary(root) === null ? await fetchElectron(root) : null;
if (electronBinary(root) === null) {
  console.error(
    `No installer was made: Electron's binary cannot be had here (${reason}). Run this where GitHub's releases can be reached, or set ELECTRON_MIRROR.`,
  );
  process.exitCode = 1;
} else {
  const builder = path.join(root, 'node_modules', 'electron-builder', 'cli.js');
  const child = spawn(process.execPath, [builder, '--publish', 'never', ...process.argv.slice(2)], {
    cwd: root,
    stdio: 'inherit',
  });
  child.on('close', (code) => (process.exitCode = code ?? 1));
}
