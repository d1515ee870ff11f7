#!/usr/bin/env node
// The command line (docs/cli.md). In a checkout it installs and builds what is missing first, as `npm start` does.
import fs from 'node:fs';
import path from 'node:path';
import { codeFile, loadFresh } from './cli-code.mjs';
import { checkNode, coreStamp, ensureCoreBuilt, ensureInstalled } from './prepare.mjs';

checkNode();
// Through npm's link in node_modules/.bin too.
const root = path.resolve(path.dirname(fs.realpathSync(process.argv[1])), '../..');
const say = (line) => console.error(line);
let code;
try {
  code = await loadFresh(
    codeFile(root),
    () => coreStamp(root),
    async () => {
      await ensureInstalled(root, say);
      await ensureCoreBuilt(root, say);
    },
  );
} catch (error) {
  console.error(`virtlane could not be built. Run npm start, or npm run build, once.\n${error.message}`);
  process.exit(1);
}
const { version } = JSON.parse(fs.readFileSync(path.join(root, 'package.json'), 'utf8'));
process.exitCode = await code.main(process.argv.slice(2), version);
