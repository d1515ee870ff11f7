import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ReturningSource } from '../../../main/jobs/p2v/returning-source.ts';
import type { DiskBytes } from '../../../main/jobs/p2v/saved-machine.ts';

const DISK = Buffer.from('a saved disk');

/** Gives so many bytes, one by one, and then the link is lost. */
function losing(bytes: number, log: string[]): DiskBytes {
  return {
    sizeBytes: DISK.length,
    async *read(offset, length) {
      log.push(`read ${offset}`);
      for (let at = offset; at < offset + length; at += 1) {
        if (at - offset === bytes) throw new Error('lost');
        await Promise.resolve();
        yield at === 1 ? { zeros: 1 } : DISK.subarray(at, at + 1);
      }
    },
    close: async () => void log.push('closed'),
  };
}

async function all(source: DiskBytes): Promise<string> {
  const pieces: Uint8Array[] = [];
  for await (const part of source.read(2, 10, new AbortController().signal))
    pieces.push(part instanceof Uint8Array ? part : Buffer.alloc(part.zeros));
  return Buffer.concat(pieces).toString();
}

test('after its host is back a saved disk is opened anew, and read from where it was', async () => {
  const log: string[] = [];
  const source = new ReturningSource(losing(3, log), {
    open: async () => losing(6, log),
    lost: async (error) => void log.push(String(error)),
  });
  assert.equal(await all(source), DISK.subarray(2).toString());
  await source.close();
  const lost = ['closed', 'Error: lost'];
  assert.deepEqual(log, ['read 2', ...lost, 'read 5', ...lost, 'read 11', 'closed']);
});

test('what fails otherwise is told, and an opening that fails while the host is away is tried again', async () => {
  const failing = new ReturningSource(losing(0, []), {
    open: () => Promise.reject(new Error('damaged')),
    lost: (error) => (String(error) === 'Error: lost' ? Promise.resolve() : Promise.reject(error as Error)),
  });
  await assert.rejects(all(failing), /damaged/);
  let tries = 0;
  const away = new ReturningSource(losing(0, []), {
    open: () => {
      tries += 1;
      return tries < 3 ? Promise.reject(new Error('lost')) : Promise.resolve(losing(100, []));
    },
    lost: () => Promise.resolve(),
  });
  assert.equal(await all(away), DISK.subarray(2).toString());
});
