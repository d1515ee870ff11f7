// Run as a child of electron.mjs: fetches Electron's binary with the package's own downloader and checksums, and tells how
// far it is over the IPC channel. A child, because a download that hangs must be ended from outside.
import { createRequire } from 'node:module';
import fs from 'node:fs';
import path from 'node:path';

const electronDir = process.argv[2];
const require = createRequire(path.join(electronDir, 'install.js'));
const { downloadArtifact } = require('@electron/get');
const extract = require('extract-zip');
const { version } = require('./package.json');

const BINARY =
  { darwin: 'Electron.app/Contents/MacOS/Electron', win32: 'electron.exe' }[process.platform] ?? 'electron';

const zip = await downloadArtifact({
  version,
  artifactName: 'electron',
  checksums: require('./checksums.json'),
  platform: process.platform,
  arch: process.arch,
  downloadOptions: {
    quiet: true,
    getProgressCallback: async ({ percent, transferred }) => process.send?.({ percent, transferred }),
  },
});
process.send?.({ percent: 1, transferred: -1 });
await extract(zip, { dir: path.join(electronDir, 'dist') });
fs.writeFileSync(path.join(electronDir, 'path.txt'), BINARY);
process.disconnect?.();
