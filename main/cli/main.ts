import './read-plainly.ts';
import os from 'node:os';
import { dataDir } from '../settings/data-dir.ts';
import { EXIT } from './exit-codes.ts';
import { runCli } from './program.ts';

/** The command line of this process: the core runs in it. Resolves with the exit code. */
export async function main(args: readonly string[], version: string): Promise<number> {
  endQuietlyWhenNobodyReads();
  return runCli(args, {
    version,
    stdin: process.stdin,
    stdout: process.stdout,
    stderr: process.stderr,
    async openCore({ transient }) {
      // Loaded when it is needed: help and wrong commands answer at once.
      const [{ createCore }, { connectDirectly }] = await Promise.all([
        import('../service/core.ts'),
        import('./direct.ts'),
      ]);
      const home = os.homedir();
      const dir = dataDir({ env: process.env, platform: process.platform, home });
      const core = await createCore({
        // What a program that died has left is the app's to ask about, or the command `jobs`: that lists it without beginning it.
        recoverJobs: false,
        dataDir: dir,
        shell: 'cli',
        version,
        home,
        transient,
        connectSaved: false,
      });
      const connection = connectDirectly(core);
      return {
        connection,
        place: core.place,
        close: async () => {
          connection.close();
          await core.close();
        },
      };
    },
  });
}

/**
 * `virtlane events | head -1`: a reader that has seen enough is no error. Of standard error nobody may have read the end either, and the
 * exit code still tells.
 */
function endQuietlyWhenNobodyReads(): void {
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') process.exit(EXIT.done);
    process.stderr.write(`virtlane: standard output cannot be written: ${error.message}\n`);
    process.exit(EXIT.failed);
  });
  process.stderr.on('error', () => undefined);
}
