// The core of browser mode, in a Node of its own.
import { fork } from 'node:child_process';
import path from 'node:path';

/** Hosts say goodbye within 2 s; jobs get as long to end. */
const CLOSE_LIMIT_MS = 10_000;

/**
 * The environment of a Node that runs the core. libuv reads the number of its threads when Node starts, before a script could set it,
 * and looks up names on half of them: with its own 4, two names that nobody answers for would hold up all others.
 */
export function coreEnvironment(env) {
  return { UV_THREADPOOL_SIZE: '64', ...env };
}

/**
 * Starts the core and its server. `port`: null for the one of last time, 0 for any. Answers when it serves, with its one-time `url`,
 * its `dataDir`, `nextUrl()` for another one, `ended` (resolves with null when it was closed, else with the exit code or signal) and
 * `close()`.
 * @throws an error for the person who started it
 */
export async function startCore(root, { port, demo }) {
  const entry = path.join(root, 'build', 'main', 'launch', 'serve.js');
  const child = fork(entry, [JSON.stringify({ root, port, demo })], {
    env: coreEnvironment(process.env),
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
  let closing = false;
  const ended = new Promise((resolve) => {
    child.once('error', (error) => resolve(error.message));
    child.once('exit', (code, signal) => resolve(closing ? null : (signal ?? code)));
  });
  const next = messagesOf(child, ended);
  const started = await next();
  if (started.failure !== undefined) throw new Error(describeFailure(started.failure, port));
  return {
    url: started.url,
    dataDir: started.dataDir,
    ended,
    async nextUrl() {
      const answer = next();
      child.send({ type: 'url' });
      return (await answer).url;
    },
    async close() {
      closing = true;
      // a core that hangs must not keep the terminal
      const timer = setTimeout(() => child.kill('SIGKILL'), CLOSE_LIMIT_MS);
      if (child.connected) child.disconnect();
      await ended;
      clearTimeout(timer);
    },
  };
}

/**
 * Waits for the child's next message, whoever waits first for the first one: each address is good once, so no two may get the same.
 * Fails when the child ends.
 */
export function messagesOf(child, ended) {
  const waiting = [];
  child.on('message', (message) => waiting.shift()?.(message));
  return () =>
    new Promise((resolve, reject) => {
      waiting.push(resolve);
      void ended.then((how) => reject(new Error(`Its core ended at once (${how}).`)));
    });
}

/** Why the core could not serve: `{ code, message }` of its error. */
export function describeFailure({ code, message }, port) {
  if (code === 'EADDRINUSE')
    return `Port ${port} of 127.0.0.1 is in use by another program. Choose another one, or leave --port out.`;
  if (code === 'EACCES' && port !== null && port > 0 && port < 1024)
    return `This user may not listen on port ${port}: on most systems those below 1024 are for root. Choose a higher one.`;
  return message;
}
