import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { suite, test } from 'node:test';
import fc from 'fast-check';
import { codePoint } from '../../support/code-points.ts';
import { TransportError } from '../../../drivers/transport/errors.ts';
import { execLocal } from '../../../drivers/transport/exec-local.ts';
import { guarded, quote, shellCommand } from '../../../drivers/transport/exec-script.ts';

const signal = new AbortController().signal;
/** Not the shell's own. */
const PRINT = ['env', 'printf', '%s\\0'];

/** Words with all that shells know. */
const word = fc
  .oneof(
    fc.string({ unit: codePoint }),
    fc.string({ unit: fc.constantFrom(...'\'"\\!$`#&|;<>()[]{}*?~^%= \t\na-é'.split('')) }),
  )
  .filter((text) => !text.includes('\0') && Buffer.from(text).toString() === text);

const SHELLS = ['sh', 'bash', 'zsh', 'fish', 'tcsh'].filter((shell) => {
  try {
    execFileSync('sh', ['-c', `command -v ${shell}`]);
    return true;
  } catch {
    return false;
  }
});

suite(
  'a command for the login shell',
  { skip: process.platform === 'win32' && 'needs a POSIX shell' },
  () => {
    for (const shell of SHELLS)
      test(`${shell} hands every argument over as it is`, () => {
        fc.assert(
          fc.property(fc.array(word, { minLength: 1, maxLength: 20 }), (words) => {
            // A line feed within a word is nothing for csh, and none is in the guard's own script.
            const asked = shell === 'tcsh' ? words.map((one) => one.replaceAll('\n', ' ')) : words;
            const command = shellCommand([...PRINT, ...asked]);
            assert.equal(
              execFileSync(shell, ['-c', command]).toString(),
              asked.map((one) => `${one}\0`).join(''),
            );
          }),
          { numRuns: 50 },
        );
      });

    test('plain words stay readable', () => {
      assert.equal(
        shellCommand(['test', '-w', '/var/lib/libvirt/images']),
        'test -w /var/lib/libvirt/images',
      );
      assert.equal(quote(''), "''");
      assert.equal(quote("it's"), "'it'\\''s'");
    });

    test('NUL and a command that no system takes are refused', () => {
      assert.throws(() => quote('a\0b'), /NUL/);
      assert.throws(() => shellCommand(['echo', 'x'.repeat(200_000)]), /too long/);
    });
  },
);

suite('a program on this computer', { skip: process.platform !== 'linux' && 'needs Linux' }, () => {
  test('gives its status, its output and its last words', async () => {
    const script = 'cat; printf "%s" "$1"; echo oh >&2; exit 7';
    const ended = await execLocal(['sh', '-c', script, 'sh', " it's"], { stdin: 'given', signal });
    assert.deepEqual(ended, { status: 7, stdout: "given it's", stderr: 'oh\n' });
  });

  test('a program that is not there has status 127', async () => {
    assert.equal((await execLocal(['virtlane-no-such'], { signal })).status, 127);
  });

  test('output that nobody takes has a bound', async () => {
    await assert.rejects(
      execLocal(['sh', '-c', 'exec yes'], { signal }),
      (error) => error instanceof TransportError && /prints too much/.test(error.message),
    );
  });

  test('a taker that fails ends the program', async () => {
    const failing = (): void => {
      throw new Error('no more');
    };
    await assert.rejects(execLocal(['yes'], { signal, onStdout: failing }), /no more/);
  });

  test('a program whose side falls silent is ended, with all that it started', async () => {
    const script = 'sleep 600 & sleep 600 | sleep 600';
    // A second in place of the minute.
    const argv = guarded(['sh', '-c', script], 0).map((text) => text.replace('timeout 60 ', 'timeout 1 '));
    const child = spawn('sh', argv, { stdio: ['pipe', 'pipe', 'ignore'] });
    const [code] = (await once(child, 'close')) as [number];
    assert.equal(code, 143);
    child.stdin.destroy();
  });

  test('a program that wants to clean up can, and one that does not end is killed', async () => {
    const run = (script: string) => {
      const abort = new AbortController();
      let text = '';
      const onStdout = (chunk: Buffer): void => {
        text += chunk.toString();
        abort.abort();
      };
      const ended = execLocal(['sh', '-c', script], { signal: abort.signal, onStdout });
      return assert.rejects(ended, { code: 'CANCELLED' }).then(() => text);
    };
    const wait = 'echo begun; while :; do sleep .05; done';
    assert.match(await run(`trap 'echo cleaned; exit' TERM; ${wait}`), /cleaned/);
    assert.doesNotMatch(await run(`trap '' TERM; ${wait}`), /cleaned/);
  });
});
