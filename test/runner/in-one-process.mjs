// Many files of node:test in one process, in one bundle with this (bundle.mjs). Starting a process and loading the code for each file
// costs five times what pure tests take. Each file is a suite with its path for a name, so a report says whose a failure is.
import assert from 'node:assert/strict';
import { AsyncResource } from 'node:async_hooks';
import fs from 'node:fs';
import { after, before, describe, mock } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { BEGINS } from './processes.mjs';

/** A file that takes longer hangs; the next ones go on. */
const LIMIT_MS = 120_000;
/** What was ended is gone from the process's books only after some turns of the event loop. */
const SETTLING_MS = 2_000;

/** What a file could leave to the next ones. Of what keeps the process awake (timers, sockets, children) the number by kind. */
function shared() {
  const awake = {};
  for (const kind of process.getActiveResourcesInfo()) awake[kind] = (awake[kind] ?? 0) + 1;
  return { awake, env: { ...process.env }, cwd: process.cwd() };
}

const more = (now, then) => Object.keys(now).filter((kind) => now[kind] > (then[kind] ?? 0));

/** Rejects when a file left something running or changed what all files share. */
async function assertNothingLeft(then) {
  mock.reset();
  mock.timers.reset();
  const until = performance.now() + SETTLING_MS;
  let now = shared();
  while (more(now.awake, then.awake).length > 0 && performance.now() < until) {
    await delay(10);
    now = shared();
  }
  assert.deepEqual(more(now.awake, then.awake), [], 'the file left these running');
  assert.deepEqual(now.env, then.env, 'the file left the environment changed');
  assert.equal(now.cwd, then.cwd, 'the file left the working folder changed');
}

// node:test makes its report when the event loop is empty, which what a file left running does not let happen.
after(() => {
  const end = () => {
    fs.writeSync(2, 'The process does not end: a file of those that failed left something running\n');
    process.exit(1);
  };
  setTimeout(end, SETTLING_MS).unref();
});

/** Runs `[file, load]` one after another; `load` imports the file. */
export function inOneProcess(files) {
  let loaded = Promise.resolve();
  for (const [file, load] of files)
    describe(file, { timeout: LIMIT_MS }, async () => {
      let then;
      before(() => {
        // Synchronous: a file that stops the event loop is named by what was said before.
        fs.writeSync(2, `${BEGINS}${file}\n`);
        then = shared();
      });
      // node:test finds the suite of a test by the asynchronous context, which a promise's callback does not hand on.
      const loadHere = AsyncResource.bind(async () => {
        await load();
      });
      const atEnd = AsyncResource.bind(() => after(() => assertNothingLeft(then)));
      loaded = loaded.then(loadHere).catch((error) => error ?? new Error(`${file} threw nothing`));
      const problem = await loaded;
      // After the file's own hooks, which end what it began.
      atEnd();
      if (problem !== undefined) throw problem;
    });
}
