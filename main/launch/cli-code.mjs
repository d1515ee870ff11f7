import fs from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import vm from 'node:vm';

/** The command line as one file. */
export function codeFile(root) {
  return path.join(root, 'build', 'cli', 'virtlane.cjs');
}

/**
 * Runs the file with what V8 compiled of it before. Another Node refuses that and compiles anew.
 * @returns {{ exports: any, script: vm.Script }} `script` makes the next cache
 */
export function loadCode(file) {
  const cachedData = readIfThere(`${file}.cache`);
  const wrapper = `(function (exports, require, module, __filename, __dirname) {${fs.readFileSync(file, 'utf8')}\n})`;
  const script = new vm.Script(wrapper, {
    filename: file,
    ...(cachedData === undefined ? {} : { cachedData }),
  });
  const module = { exports: {} };
  script.runInThisContext()(module.exports, createRequire(file), module, file, path.dirname(file));
  return { exports: module.exports, script };
}

function readIfThere(file) {
  try {
    return fs.readFileSync(file);
  } catch {
    return undefined;
  }
}
