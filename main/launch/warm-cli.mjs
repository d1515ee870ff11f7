// Runs one command on a demo host and keeps what V8 compiled for it beside the file (cli-code.mjs): the next commands start sooner.
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { codeFile, loadCode } from './cli-code.mjs';

const file = codeFile(path.resolve(import.meta.dirname, '../..'));
const { exports, script, cacheFile } = loadCode(file);
const dataDir = fs.mkdtempSync(path.join(os.tmpdir(), 'virtlane-warm-'));
process.env.VIRTLANE_DATA_DIR = dataDir;
process.stdout.write = () => true;
try {
  const code = await exports.main(['-c', 'demo:///kvm-a', 'list'], '0');
  if (code !== 0) throw new Error(`The command ended with ${code}.`);
  fs.writeFileSync(cacheFile, script.createCachedData());
} finally {
  fs.rmSync(dataDir, { recursive: true, force: true });
}
