import crypto from 'node:crypto';
import fs from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import vm from 'node:vm';

/** The command line as one file. */
export function codeFile(root) {
  return path.join(root, 'build', 'cli', 'virtlane.cjs');
}

/**
 * Runs the file, which is ASCII (cli-bundle.config.mjs), with what V8 compiled of it before. Another Node refuses that and compiles anew. Of the code itself V8 looks at the
 * length alone, so the cache has the code's hash in its name.
 * @returns {{ exports: any, script: vm.Script, cacheFile: string }} `script` makes the next cache
 */
export function loadCode(file) {
  const bytes = fs.readFileSync(file);
  const hash = crypto.createHash('sha256').update(bytes).digest('hex').slice(0, 16);
  // A string of one byte a letter: compiled in a third of the time.
  const code = bytes.latin1Slice();
  const cacheFile = `${file}.${hash}.cache`;
  const cachedData = readIfThere(cacheFile);
  const wrapper = `(function (exports, require, module, __filename, __dirname) {${code}\n})`;
  const script = new vm.Script(wrapper, {
    filename: file,
    ...(cachedData === undefined ? {} : { cachedData }),
  });
  const module = { exports: {} };
  script.runInThisContext()(module.exports, createRequire(file), module, file, path.dirname(file));
  return { exports: module.exports, script, cacheFile };
}

/**
 * Loads the file, and then has it made where it is not what the sources say: that is seldom. In this order, as V8 guesses by what is thrown away first
 * how much may be kept: after the many names and times that are looked at, it would look through all of its heap twice in a command.
 * @param {string} file
 * @param {() => string | null} stamp what the file was made from; null: it was not
 * @param {() => Promise<void>} ensure makes it where it is stale, and then another stamp
 * @returns {Promise<any>} what it exports
 */
export async function loadFresh(file, stamp, ensure) {
  const before = stamp();
  const early = before === null ? undefined : loadIfWhole(file);
  await ensure();
  return early !== undefined && stamp() === before ? early : loadCode(file).exports;
}

/** Another process may be writing it: then its stamp will tell. */
function loadIfWhole(file) {
  try {
    return loadCode(file).exports;
  } catch {
    return undefined;
  }
}

function readIfThere(file) {
  try {
    return fs.readFileSync(file);
  } catch {
    return undefined;
  }
}
