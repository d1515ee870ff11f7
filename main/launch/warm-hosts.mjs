// The demo's hosts behind SSH, for warm-cli.mjs: in a process of their own, as what is compiled for them is in no command. Ends with its standard input.
import { demoOverSsh } from '../../build/main/hosts/demo-over-ssh.js';

const hosts = await demoOverSsh(process.argv.slice(2));
process.stdout.write(`${JSON.stringify(hosts.map(({ port, privateKey }) => ({ port, privateKey })))}\n`);
process.stdin.resume();
process.stdin.once('close', () => process.exit());
