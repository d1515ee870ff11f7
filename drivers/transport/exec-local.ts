import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { userInfo } from 'node:os';
import { conclude, notStarted, stdinBytes, type Exec } from './exec.ts';
import { guarded } from './exec-script.ts';

/** Runs a program on this computer, guarded as on any other host: it ends with the app, however that ends. */
export const execLocal: Exec = async (argv, options) => {
  const stdin = stdinBytes(options.stdin);
  const names = { program: argv[0] ?? '', host: 'this computer', user: userInfo().username };
  const child = spawn('sh', guarded(argv, stdin.length), { cwd: '/', stdio: 'pipe' });
  const ended = once(child, 'close').then(
    ([code]) => code as number | null,
    (error: unknown) => Promise.reject(notStarted(names, error)),
  );
  const destroy = (): void => {
    for (const stream of [child.stdin, child.stdout, child.stderr]) stream.destroy();
  };
  return conclude(
    { stdin: child.stdin, stdout: child.stdout, stderr: child.stderr, ended, destroy },
    { ...options, stdin },
    names,
  );
};
