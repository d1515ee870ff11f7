import assert from 'node:assert/strict';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import { openHttpSource } from '../../../main/jobs/create/http-source.ts';
import { failsWith } from './engine-bench.ts';

const { signal } = new AbortController();

/** A server of one file with parts, which honours `If-Range`. */
async function serving(
  file: { bytes: Buffer; tag: string },
  work: (url: string) => Promise<void>,
): Promise<void> {
  const server = http.createServer(({ headers, method }, response) => {
    const [, from = '', to = ''] = /^bytes=(\d+)-(\d+)$/.exec(headers.range ?? '') ?? [];
    const isPart = from !== '' && [undefined, file.tag].includes(headers['if-range']?.toString());
    const bytes = isPart ? file.bytes.subarray(Number(from), Number(to) + 1) : file.bytes;
    response.writeHead(isPart ? 206 : 200, { etag: file.tag, 'content-length': bytes.length });
    response.end(method === 'HEAD' ? undefined : bytes);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  try {
    await work(`http://127.0.0.1:${(server.address() as AddressInfo).port}/disk.img`);
  } finally {
    server.closeAllConnections();
    server.close();
  }
}

async function read(url: string, change: () => void): Promise<string> {
  const source = await openHttpSource(url, signal);
  const parts: Uint8Array[] = [];
  const half = source.sizeBytes / 2;
  for (const offset of [0, half]) {
    for await (const part of source.read(offset, half, signal)) {
      assert.ok(part instanceof Uint8Array);
      parts.push(part);
    }
    change();
  }
  return Buffer.concat(parts).toString();
}

test('a file of the web is read in parts', () =>
  serving({ bytes: Buffer.from('whole'.repeat(2)), tag: '"1"' }, async (url) =>
    assert.equal(await read(url, () => undefined), 'wholewhole'),
  ));

test('one that is changed meanwhile is not mixed with what it was', async () => {
  const file = { bytes: Buffer.from('first'.repeat(2)), tag: '"1"' };
  await serving(file, async (url) => {
    const changed = (): void =>
      void Object.assign(file, { bytes: Buffer.from('other'.repeat(2)), tag: '"2"' });
    await assert.rejects(read(url, changed), failsWith('CONFLICT'));
  });
});
