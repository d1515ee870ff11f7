import os from 'node:os';
import path from 'node:path';
import * as electron from 'electron';
import { dataDir } from '../../main/settings/data-dir.ts';
import { registerScheme } from './serve-bundle.ts';
import { runShell } from './shell.ts';

// this file is build/electron/app/main.js
const root = path.resolve(import.meta.dirname, '../../..');

registerScheme(electron);
runShell(
  electron,
  {
    build: path.join(root, 'build'),
    assets: path.join(root, 'assets'),
    dataDir: dataDir({ env: process.env, platform: process.platform, home: os.homedir() }),
    platform: process.platform,
  },
  process.argv,
).catch((error: unknown) => {
  electron.dialog.showErrorBox(
    'Virtlane did not start',
    error instanceof Error ? error.message : String(error),
  );
  electron.app.exit(1);
});
