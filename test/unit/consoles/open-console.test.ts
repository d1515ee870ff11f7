import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { Duplex } from 'node:stream';
import { suite, test } from 'node:test';
import { LibvirtError, LinkError } from '../../../drivers/rpc/errors.ts';
import { TransportError } from '../../../drivers/transport/errors.ts';
import { memoryPair } from '../../../drivers/transport/memory.ts';
import { describePipeEnd } from '../../../main/consoles/describe-end.ts';
import { openConsole } from '../../../main/consoles/open-console.ts';
import { takeScreenshot } from '../../../main/consoles/screenshot.ts';
import type { Failure } from '../../../main/contract/failure.ts';
import { FailureError } from '../../../main/hosts/failures.ts';
import { bytesStream, DOM, fakeHost } from './fake-host.ts';

const SECURE = 1;

function xml(devices: string, id = "id='3'"): string {
  return `<domain type='kvm' ${id}><name>web-01</name><uuid>00000000-0000-0000-0000-000000000000</uuid><devices>${devices}</devices></domain>`;
}

/** A stream to a VNC server without a password. */
function vncServer(): Duplex {
  const [server, near] = memoryPair();
  server.on('error', () => undefined);
  server.write(Buffer.from('RFB 003.008\n\x01\x01'));
  server.resume();
  return near;
}

/** As drivers/rpc has them: `freed` when the host has let it go. */
function serialStream(duplex = memoryPair()[0], freed = new Promise<void>(() => undefined)): Duplex {
  return Object.assign(duplex, { freed });
}

async function failureOf(promise: Promise<unknown>): Promise<Failure> {
  const error: unknown = await promise.then(
    () => null,
    (reason: unknown) => reason,
  );
  assert.ok(error instanceof FailureError, String(error));
  return error.failure;
}

suite('opening a VNC console', () => {
  for (const [listen, dialled] of [
    ["listen='127.0.0.1'", '127.0.0.1'],
    ["listen='0.0.0.0'", '127.0.0.1'],
    ["listen='::'", '127.0.0.1'],
    ['', '127.0.0.1'],
    ["listen='10.0.0.5'", '10.0.0.5'],
  ] as const)
    test(`${listen || 'no listen'} is reached at ${dialled}`, async () => {
      const calls: unknown[] = [];
      const host = fakeHost({
        xml: () => xml(`<graphics type='vnc' port='5907' ${listen} passwd='secret12'/>`),
        openTcp: async (...call) => {
          calls.push(call.slice(0, 2));
          return vncServer();
        },
      });
      const { duplex, password } = await openConsole(host, DOM, { kind: 'vnc' });
      assert.deepEqual(calls, [[dialled, 5907]]);
      assert.equal(password, 'secret12');
      duplex.destroy();
    });

  test('a socket is preferred', async () => {
    const host = fakeHost({
      xml: () =>
        xml(
          "<graphics type='vnc' socket='/run/vnc.sock'><listen type='socket' socket='/run/vnc.sock'/></graphics>",
        ),
      openUnix: async (path) => {
        assert.equal(path, '/run/vnc.sock');
        return vncServer();
      },
    });
    const { duplex } = await openConsole(host, DOM, { kind: 'vnc' });
    duplex.destroy();
  });

  test('without the right to read passwords it opens all the same', async () => {
    const host = fakeHost({
      xml: (flags) => {
        if (flags === SECURE)
          throw new LibvirtError({ code: 'VIR_ERR_OPERATION_DENIED', message: 'read only' });
        return xml("<graphics type='vnc' port='5900'/>");
      },
      openTcp: async () => vncServer(),
    });
    const { duplex, password } = await openConsole(host, DOM, { kind: 'vnc' });
    assert.equal(password, null);
    duplex.destroy();
  });

  const refusals: [name: string, devices: string, id: string, code: string, words: RegExp][] = [
    ['a machine that does not run', "<graphics type='vnc'/>", '', 'CONFLICT', /does not run.*Start it/],
    ['no graphics', "<serial type='pty'/>", "id='3'", 'NOT_FOUND', /no graphics.*Add VNC.*serial console/],
    ['no graphics and no serial', '', "id='3'", 'NOT_FOUND', /Add VNC graphics and restart the machine\.$/],
    ['SPICE only', "<graphics type='spice' port='5900'/>", "id='3'", 'UNSUPPORTED', /SPICE graphics only/],
    [
      'a server that listens nowhere',
      "<graphics type='vnc'><listen type='none'/></graphics>",
      "id='3'",
      'UNSUPPORTED',
      /not opened/,
    ],
  ];
  for (const [name, devices, id, code, words] of refusals)
    test(`${name}: ${code} with what to do`, async () => {
      const failure = await failureOf(
        openConsole(fakeHost({ xml: () => xml(devices, id) }), DOM, { kind: 'vnc' }),
      );
      assert.equal(failure.code, code);
      assert.match(failure.message, words);
      assert.deepEqual(failure.host, { id: 'h1', name: 'kvm-a' });
    });

  test('a VNC socket of QEMU’s own user: PERMISSION with what to do', async () => {
    const host = fakeHost({
      xml: () => xml("<graphics type='vnc'><listen type='socket' socket='/x/vnc.sock'/></graphics>"),
      openUnix: () => Promise.reject(new TransportError('PERMISSION', 'no', { detail: 'open failed' })),
    });
    const failure = await failureOf(openConsole(host, DOM, { kind: 'vnc' }));
    assert.equal(failure.code, 'PERMISSION');
    assert.match(failure.message, /root.*127\.0\.0\.1/);
    assert.equal(failure.detail, 'open failed');
  });

  test('a port where nothing listens (any more): CONFLICT', async () => {
    const host = fakeHost({
      xml: () => xml("<graphics type='vnc' port='5900'/>"),
      openTcp: () => Promise.reject(new TransportError('REFUSED', 'refused')),
    });
    assert.equal((await failureOf(openConsole(host, DOM, { kind: 'vnc' }))).code, 'CONFLICT');
  });
});

suite('a VNC server that is in trouble', () => {
  const opening = (say: string): Promise<unknown> =>
    openConsole(
      fakeHost({
        xml: () => xml("<graphics type='vnc' port='5900' passwd='secret12'/>"),
        openTcp: async () => {
          const [server, near] = memoryPair();
          server.on('error', () => undefined);
          server.resume();
          server.end(say);
          return near;
        },
      }),
      DOM,
      { kind: 'vnc' },
    );
  for (const [name, say, code] of [
    ['hangs up', '', 'CONFLICT'],
    ['hangs up in the middle', 'RFB 003', 'CONFLICT'],
    ['is no VNC server', 'HTTP/1.1 400 Bad Request\r\n', 'UNSUPPORTED'],
    ['demands SASL', 'RFB 003.008\n\x01\x14', 'UNSUPPORTED'],
    ['sends a reason without an end', 'RFB 003.008\n\x00\x7f\xff\xff\xff', 'CONFLICT'],
  ] as const)
    test(`${name}: ${code}, without the password`, async () => {
      const failure = await failureOf(opening(say));
      assert.equal(failure.code, code);
      assert.doesNotMatch(JSON.stringify(failure), /secret12/);
    });
});

suite('opening a serial console', () => {
  test('asks for the device, and takes over when told to', async () => {
    const calls: unknown[] = [];
    const host = fakeHost({
      openStream: async (...call) => {
        calls.push(call.slice(0, 2));
        return { stream: serialStream() };
      },
    });
    await openConsole(host, DOM, { kind: 'serial' });
    await openConsole(host, DOM, { kind: 'serial', device: 'serial1', takeOver: true });
    assert.deepEqual(calls, [
      ['domainOpenConsole', { dom: DOM, devName: null, flags: 0 }],
      ['domainOpenConsole', { dom: DOM, devName: 'serial1', flags: 1 }],
    ]);
  });

  const busy = new LibvirtError({
    code: 'VIR_ERR_OPERATION_FAILED',
    message: 'operation failed: Active console session exists for this domain',
  });

  test('one that this program is just leaving is waited for, until the host has let it go', async () => {
    const [, near] = memoryPair();
    let letGo = (): void => undefined;
    const freed = new Promise<void>((resolve) => (letGo = resolve));
    const answers = [async () => ({ stream: serialStream(near, freed) }), () => Promise.reject(busy)];
    const free = serialStream();
    const host = fakeHost({ openStream: () => (answers.shift() ?? (async () => ({ stream: free })))() });
    const first = await openConsole(host, DOM, { kind: 'serial' });
    first.duplex.destroy();
    const second = openConsole(host, DOM, { kind: 'serial' });
    await new Promise(setImmediate);
    assert.equal(answers.length, 0);
    letGo();
    (await second).duplex.destroy();
    assert.ok(free.destroyed);
  });

  test('one that nobody waits for any more is freed as soon as it is open', async () => {
    const given = new AbortController();
    const stream = serialStream();
    const host = fakeHost({
      openStream: async () => {
        given.abort();
        return { stream };
      },
    });
    await assert.rejects(openConsole(host, DOM, { kind: 'serial', signal: given.signal }));
    assert.ok(stream.destroyed);
  });

  for (const [message, code] of [
    ['operation failed: Active console session exists for this domain', 'CONFLICT'],
    ['internal error: cannot find character device serial7', 'NOT_FOUND'],
    ['internal error: character device serial0 is not using a PTY', 'UNSUPPORTED'],
  ] as const)
    test(`${code}: ${message}`, async () => {
      const error = new LibvirtError({ code: 'VIR_ERR_OPERATION_FAILED', message });
      const host = fakeHost({ openStream: () => Promise.reject(error) });
      const failure = await failureOf(openConsole(host, DOM, { kind: 'serial' }));
      assert.equal(failure.code, code);
      assert.equal(failure.libvirt?.message, message);
    });

  test('any other word of libvirt is passed on', async () => {
    const error = new LibvirtError({ code: 'VIR_ERR_OPERATION_INVALID', message: 'domain is not running' });
    const host = fakeHost({ openStream: () => Promise.reject(error) });
    await assert.rejects(openConsole(host, DOM, { kind: 'serial' }), error);
  });

  test('one that nobody reads is read from the host all the same: it shares its connection', async () => {
    const [far, near] = memoryPair();
    const host = fakeHost({ openStream: async () => ({ stream: serialStream(near) }) });
    const { duplex } = await openConsole(host, DOM, { kind: 'serial' });
    for (let count = 0; count < 64; count += 1)
      await new Promise((resolve) => far.write(Buffer.alloc(1 << 18, 'x'), resolve));
    let seen = 0;
    duplex.on('data', (chunk: Buffer) => (seen += chunk.length));
    far.end();
    await once(duplex, 'end');
    assert.ok(seen > 1 << 20 && seen < 4 << 20, `${seen} bytes were kept`);
  });

  test('an end by libvirt means taken over, any other the link', () => {
    assert.equal(describePipeEnd(new LibvirtError({ code: 'VIR_ERR_RPC', message: 'stream' })).code, 'taken');
    assert.equal(describePipeEnd(new LinkError('LINK_CLOSED', 'gone')).code, 'lost');
    assert.equal(describePipeEnd(new Error('cut')).code, 'lost');
  });
});

suite('a screenshot', () => {
  const png = Buffer.from('\x89PNG\r\n\x1a\nrest', 'latin1');

  test('a PNG is passed on, from several pieces', async () => {
    const host = fakeHost({
      openStream: async () => ({
        ret: { mime: 'image/png' },
        stream: bytesStream(png.subarray(0, 5), png.subarray(5)),
      }),
    });
    const { mime, base64 } = await takeScreenshot(host, DOM);
    assert.equal(mime, 'image/png');
    assert.deepEqual(Buffer.from(base64, 'base64'), png);
  });

  test('a PPM of an old host becomes a PNG', async () => {
    const stream = bytesStream('P6\n1 1\n255\nabc');
    const host = fakeHost({ openStream: async () => ({ ret: { mime: 'image/x-portable-pixmap' }, stream }) });
    const { base64 } = await takeScreenshot(host, DOM);
    assert.equal(Buffer.from(base64, 'base64').toString('latin1', 1, 4), 'PNG');
  });

  test('no more than 32 MiB are read', async () => {
    const piece = Buffer.alloc(1 << 20);
    const stream = bytesStream(...Array.from({ length: 40 }, () => piece));
    const host = fakeHost({ openStream: async () => ({ ret: { mime: 'image/png' }, stream }) });
    const failure = await failureOf(takeScreenshot(host, DOM));
    assert.match(failure.detail ?? '', /32 MiB/);
    assert.ok(stream.destroyed);
  });

  test('two at one time of a host, the others wait', async () => {
    let running = 0;
    let most = 0;
    const host = fakeHost({
      openStream: async () => {
        running += 1;
        most = Math.max(most, running);
        await new Promise(setImmediate);
        running -= 1;
        return { ret: { mime: 'image/png' }, stream: bytesStream(png) };
      },
    });
    await Promise.all(Array.from({ length: 6 }, () => takeScreenshot(host, DOM)));
    assert.equal(most, 2);
  });

  test('one that failed gives its turn on', async () => {
    const host = fakeHost({ openStream: () => Promise.reject(new LinkError('LINK_CLOSED', 'gone')) });
    for (let count = 0; count < 5; count++) await assert.rejects(takeScreenshot(host, DOM), LinkError);
  });

  test('a machine without a video device says so', async () => {
    const message =
      'internal error: unable to execute QEMU command: There is no console to take a screendump from';
    const host = fakeHost({
      openStream: () => Promise.reject(new LibvirtError({ code: 'VIR_ERR_INTERNAL_ERROR', message })),
    });
    assert.match((await failureOf(takeScreenshot(host, DOM))).message, /no video device/);
  });
});
