// Runs a few commands on the demo's hosts and keeps what V8 compiled for them beside the file (cli-code.mjs): the next commands start sooner.
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { codeFile, loadCode } from './cli-code.mjs';

const file = codeFile(path.resolve(import.meta.dirname, '../..'));
const { exports, script, cacheFile } = loadCode(file);
const dataDir = fs.mkdtempSync(path.join(os.tmpdir(), 'virtlane-warm-'));
process.env.VIRTLANE_DATA_DIR = dataDir;
let told = '';
process.stdout.write = () => true;
process.stderr.write = (text) => ((told += text), true);
/** Together they look at two hosts and a machine, plan, and run a job with a journal: what most others do, too. */
const COMMANDS = [
  ['list'],
  ['migrate', 'chat', 'kvm-b', '--dry-run'],
  ['clone', 'print', 'print-copy', '--to', 'demo:///kvm-b'],
];
try {
  for (const command of COMMANDS) {
    const code = await exports.main(['-c', 'demo:///kvm-a', '-c', 'demo:///kvm-b', ...command], '0');
    if (code !== 0) throw new Error(`virtlane ${command.join(' ')} ended with ${code}: ${told}`);
  }
  fs.writeFileSync(cacheFile, script.createCachedData());
} finally {
  fs.rmSync(dataDir, { recursive: true, force: true });
}
