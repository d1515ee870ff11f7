// Runs a few commands on the demo's hosts and keeps what V8 compiled for them beside the file (cli-code.mjs): the next commands start sooner.
import { spawn } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { codeFile, loadCode } from './cli-code.mjs';

const dataDir = fs.mkdtempSync(path.join(os.tmpdir(), 'virtlane-warm-'));
process.env.VIRTLANE_DATA_DIR = dataDir;
// Nothing of this user's own logs in, or tells how.
process.env.HOME = dataDir;
process.env.USERPROFILE = dataDir;
delete process.env.SSH_AUTH_SOCK;

const served = spawn(process.execPath, [path.join(import.meta.dirname, 'warm-hosts.mjs'), 'kvm-a', 'kvm-b'], {
  stdio: ['pipe', 'pipe', 'inherit'],
});
try {
  const hosts = await addresses();
  const { exports, script, cacheFile } = loadCode(codeFile(path.resolve(import.meta.dirname, '../..')));
  let told = '';
  process.stdout.write = () => true;
  process.stderr.write = (text) => ((told += text), true);
  // Together they look at two hosts and a machine, and plan, as most others do. What few of them do would be read by all.
  for (const command of [['list'], ['migrate', 'chat', hosts[1].name, '--dry-run']]) {
    const connect = hosts.flatMap(({ uri }) => ['-c', uri]);
    const code = await exports.main([...connect, '--accept-new', ...command], '0');
    if (code !== 0) throw new Error(`virtlane ${command.join(' ')} ended with ${code}: ${told}`);
  }
  fs.writeFileSync(cacheFile, script.createCachedData());
} finally {
  served.stdin.end();
  fs.rmSync(dataDir, { recursive: true, force: true });
}

/** By SSH, as most hosts are reached. */
async function addresses() {
  const line = await createInterface({ input: served.stdout })[Symbol.asyncIterator]().next();
  if (line.done) throw new Error('The hosts of the demo could not be served by SSH on 127.0.0.1');
  return JSON.parse(line.value).map(({ port, privateKey }) => {
    const keyFile = path.join(dataDir, `key-${port}`);
    fs.writeFileSync(keyFile, privateKey, { mode: 0o600 });
    const name = `root@127.0.0.1:${port}`;
    return { name, uri: `qemu+ssh://${name}/system?keyfile=${encodeURIComponent(keyFile)}` };
  });
}
