import assert from 'node:assert/strict';
import { EventEmitter, once } from 'node:events';
import test from 'node:test';
import type { TestContext } from 'node:test';
import { LibvirtClient } from '../../../drivers/libvirt/client.ts';
import type { ConnectOptions } from '../../../drivers/libvirt/client.ts';
import { virDomainEventID } from '../../../drivers/libvirt/constants/index.ts';
import {
  registerMonitorEvent,
  registerNetworkEvent,
  registerNodeDeviceEvent,
  registerSecretEvent,
  registerStoragePoolEvent,
} from '../../../drivers/libvirt/object-events.ts';
import type { DomainRef } from '../../../drivers/libvirt/protocol/structs.ts';
import { LibvirtServer } from '../../../drivers/libvirt/server.ts';
import type { QemuHandlers, RemoteHandlers } from '../../../drivers/libvirt/server.ts';
import { LibvirtError } from '../../../drivers/rpc/errors.ts';
import { memoryPair } from '../../../drivers/transport/memory.ts';

const dom: DomainRef = { name: 'vm', uuid: new Uint8Array(16).fill(3), id: 1 };
const LIFECYCLE = virDomainEventID.VIR_DOMAIN_EVENT_ID_LIFECYCLE;

interface Host {
  server: LibvirtServer;
  /** What was called, in order. */
  log: unknown[];
  connect: (options?: Partial<ConnectOptions>) => Promise<LibvirtClient>;
}

function host(handlers: RemoteHandlers = {}, qemu: QemuHandlers = {}): Host {
  const [near, far] = memoryPair();
  const log: unknown[] = [];
  const server = new LibvirtServer(far, {
    remote: {
      authList: () => ({ types: [0] }),
      connectSupportsFeature: ({ feature }) => {
        log.push(['feature', feature]);
        return { supported: 1 };
      },
      connectOpen: (args) => {
        log.push(['open', args]);
      },
      connectClose: () => {
        log.push('close');
      },
      connectDomainEventCallbackRegisterAny: () => ({ callbackId: 7 }),
      connectDomainEventCallbackDeregisterAny: (args) => {
        log.push(['deregister', args]);
      },
      ...handlers,
    },
    qemu,
  });
  return {
    server,
    log,
    connect: (options = {}) => LibvirtClient.connect(near, { uri: 'qemu:///system', ...options }),
  };
}

test('opening authenticates, asks for keepalive and opens the driver; closing says goodbye', async () => {
  const { connect, log, server } = host();
  const client = await connect();
  await client.close();
  await server.closed;
  assert.deepEqual(log, [['feature', 10], ['open', { name: 'qemu:///system', flags: 0 }], 'close']);
  assert.equal(client.isOpen, false);
  assert.equal((await client.closed).code, 'LINK_CLOSED');
});

test('opening for reading only says so; without keepalive nothing is asked', async () => {
  const { connect, log } = host();
  const client = await connect({ uri: null, readOnly: true, keepalive: null });
  assert.deepEqual(log, [['open', { name: null, flags: 1 }]]);
  await client.close();
});

test('a host that does not know keepalive opens all the same', async () => {
  const { connect } = host({
    connectSupportsFeature: () => {
      throw new LibvirtError({ code: 'VIR_ERR_NO_SUPPORT', message: 'unknown' });
    },
  });
  await (await connect()).close();
});

test('a host that demands SASL is refused by name, and the link is given back', async () => {
  const { connect, server } = host({ authList: () => ({ types: [1] }) });
  await assert.rejects(connect(), {
    name: 'LibvirtError',
    code: 'VIR_ERR_AUTH_UNAVAILABLE',
    message: /SASL/,
  });
  await server.closed;
});

test('a host that demands polkit is asked, and its refusal is told', async () => {
  const { connect } = host({
    authList: () => ({ types: [2] }),
    authPolkit: () => {
      throw new LibvirtError({ code: 'VIR_ERR_AUTH_UNAVAILABLE', message: 'no polkit agent available' });
    },
  });
  await assert.rejects(connect(), { code: 'VIR_ERR_AUTH_UNAVAILABLE', procedure: 'authPolkit' });
});

test('a driver that is not there fails the opening with libvirt’s words', async () => {
  const { connect } = host({
    connectOpen: () => {
      throw new LibvirtError({
        code: 'VIR_ERR_NO_CONNECT',
        message: 'no connection driver available for xen:///',
      });
    },
  });
  await assert.rejects(connect(), { code: 'VIR_ERR_NO_CONNECT', procedure: 'connectOpen' });
});

test('a peer that is no libvirtd fails the opening as a breach of the protocol', async () => {
  const [near, far] = memoryPair();
  far.end('SSH-2.0-OpenSSH_9.2\r\n');
  await assert.rejects(LibvirtClient.connect(near, { uri: null }), { name: 'LinkError', code: 'PROTOCOL' });
});

test('a peer that says nothing is given up in time', async () => {
  const [near] = memoryPair();
  await assert.rejects(LibvirtClient.connect(near, { uri: null, timeoutMs: 5 }), {
    code: 'TIMEOUT',
    procedure: 'authList',
  });
  assert.ok(near.writableEnded);
});

test('opening can be cancelled', async () => {
  const [near] = memoryPair();
  const abort = new AbortController();
  const opening = LibvirtClient.connect(near, { uri: null, signal: abort.signal });
  abort.abort();
  await assert.rejects(opening, { code: 'CANCELLED' });
});

test('calls of both programs are methods', async () => {
  const { connect } = host(
    {
      domainLookupByName: ({ name }) => ({ dom: { ...dom, name } }),
      connectGetHostname: () => ({ hostname: 'h' }),
    },
    { domainMonitorCommand: ({ cmd }) => ({ result: cmd }) },
  );
  const client = await connect();
  assert.deepEqual(await client.remote.connectGetHostname(), { hostname: 'h' });
  assert.deepEqual((await client.remote.domainLookupByName({ name: 'web' })).dom.name, 'web');
  assert.deepEqual(await client.qemu.domainMonitorCommand({ dom, cmd: 'info', flags: 1 }), {
    result: 'info',
  });
  await client.close();
});

test('a call that the host does not have is refused with libvirt’s words', async () => {
  const { connect } = host();
  const client = await connect();
  await assert.rejects(client.remote.domainCreate({ dom }), {
    code: 'VIR_ERR_NO_SUPPORT',
    procedure: 'domainCreate',
  });
  await client.close();
});

test('a listener that throws is warned of and hurts nobody', async (context: TestContext) => {
  const warning = context.mock.method(process, 'emitWarning', () => undefined);
  const { connect, server } = host();
  const client = await connect();
  const seen: number[] = [];
  client.on('domainEventCallbackLifecycle', () => {
    throw new Error('a bug');
  });
  const both = new Promise<void>((resolve) => {
    client.on('domainEventCallbackLifecycle', ({ event }) => {
      seen.push(event);
      if (seen.length === 2) resolve();
    });
  });
  for (const event of [2, 4])
    server.emit('domainEventCallbackLifecycle', { callbackId: 7, dom, event, detail: 0 });
  await both;
  assert.deepEqual(seen, [2, 4]);
  assert.ok(client.isOpen);
  assert.match(
    String(warning.mock.calls[0]?.arguments[0]),
    /domainEventCallbackLifecycle failed: Error: a bug/,
  );
  await client.close();
});

test('a listener that was disposed hears no more', async () => {
  const { connect, server } = host({ connectGetHostname: () => ({ hostname: 'h' }) });
  const client = await connect();
  let heard = 0;
  const subscription = client.on('domainEventCallbackReboot', () => {
    heard += 1;
  });
  server.emit('domainEventCallbackReboot', { callbackId: 7, dom });
  await client.remote.connectGetHostname();
  subscription.dispose();
  server.emit('domainEventCallbackReboot', { callbackId: 7, dom });
  await client.remote.connectGetHostname();
  assert.equal(heard, 1);
  await client.close();
});

test('an event that comes with the answer of its registration is not lost, one of another number is', async () => {
  let server: LibvirtServer | undefined;
  const { connect, log, ...rest } = host({
    connectDomainEventCallbackRegisterAny: () => {
      for (const callbackId of [7, 8]) {
        server?.emit('domainEventCallbackLifecycle', { callbackId, dom, event: 2, detail: callbackId });
      }
      return { callbackId: 7 };
    },
  });
  server = rest.server;
  const client = await connect();
  const seen: number[] = [];
  const registration = await client.registerDomainEvent(LIFECYCLE, null, ({ detail }) => seen.push(detail));
  assert.deepEqual(seen, [7]);
  assert.equal(registration.callbackId, 7);
  await registration.dispose();
  await registration.dispose();
  assert.deepEqual(log.slice(2), [['deregister', { callbackId: 7 }]]);
  await client.close();
});

test('a registration that the host refuses leaves no listener', async () => {
  const { connect } = host({
    connectDomainEventCallbackRegisterAny: () => {
      throw new LibvirtError({ code: 'VIR_ERR_INVALID_ARG', message: 'unsupported event ID' });
    },
  });
  const client = await connect();
  await assert.rejects(
    client.registerDomainEvent(LIFECYCLE, dom, () => undefined),
    { code: 'VIR_ERR_INVALID_ARG' },
  );
  assert.equal(client.listenerCount, 0);
  await client.close();
});

test('a registration of a link that is gone is disposed of in silence', async () => {
  const { connect, server } = host();
  const client = await connect();
  const registration = await client.registerDomainEvent(LIFECYCLE, null, () => undefined);
  server.close();
  await client.closed;
  await registration.dispose();
  assert.equal(client.listenerCount, 0);
});

test('networks, pools, devices, secrets and the monitor have events of their own', async () => {
  const uuid = new Uint8Array(16);
  const registered: unknown[] = [];
  const register = (args: unknown): { callbackId: number } => ({ callbackId: registered.push(args) });
  const { connect, server } = host(
    {
      connectNetworkEventRegisterAny: register,
      connectStoragePoolEventRegisterAny: register,
      connectNodeDeviceEventRegisterAny: register,
      connectSecretEventRegisterAny: register,
      connectGetHostname: () => ({ hostname: 'h' }),
    },
    { connectDomainMonitorEventRegister: register },
  );
  const client = await connect();
  const seen: string[] = [];
  const all = { eventId: 0, of: null } as const;
  await registerNetworkEvent(client, all, ({ net }) => seen.push(net.name));
  await registerStoragePoolEvent(client, { eventId: 1, of: null }, ({ pool }) => seen.push(pool.name));
  await registerNodeDeviceEvent(client, all, ({ dev }) => seen.push(dev.name));
  await registerSecretEvent(client, all, ({ secret }) => seen.push(secret.usageId));
  await registerMonitorEvent(client, 'RESET', ({ event }) => seen.push(event));
  server.emit('networkEventLifecycle', { callbackId: 1, net: { name: 'lan', uuid }, event: 0, detail: 0 });
  server.emit('storagePoolEventRefresh', { callbackId: 2, pool: { name: 'disks', uuid } });
  server.emit('nodeDeviceEventLifecycle', { callbackId: 3, dev: { name: 'usb' }, event: 0, detail: 0 });
  const secret = { uuid, usageType: 1, usageId: 'key' };
  server.emit('secretEventLifecycle', { callbackId: 4, secret, event: 0, detail: 0 });
  await client.remote.connectGetHostname();
  assert.deepEqual(seen, ['lan', 'disks', 'usb', 'key']);
  assert.deepEqual(registered, [
    { eventId: 0, net: null },
    { eventId: 1, pool: null },
    { eventId: 0, dev: null },
    { eventId: 0, secret: null },
    { dom: null, event: 'RESET', flags: 0 },
  ]);
  await client.close();
});

test('a client that was closed leaves no listener on its link and no timer', async () => {
  const [near, far] = memoryPair();
  const server = new LibvirtServer(far, {
    remote: { authList: () => ({ types: [] }), connectOpen: () => undefined },
  });
  const before = process.getActiveResourcesInfo().filter((kind) => kind === 'Timeout').length;
  const client = await LibvirtClient.connect(near, {
    uri: null,
    keepalive: { intervalMs: 60_000, count: 1 },
  });
  const gone = once(near, 'close');
  await client.close();
  await Promise.all([server.closed, gone]);
  assert.equal(near.listenerCount('data') + near.listenerCount('drain'), 0);
  assert.equal(process.getActiveResourcesInfo().filter((kind) => kind === 'Timeout').length, before);
});

test('a stream is opened by name with its answer', async () => {
  const { connect } = host({
    domainScreenshot: (_args, context) => {
      context.openStream().end('P6 1 1 255 abc');
      return { mime: 'image/x-portable-pixmap' };
    },
  });
  const client = await connect();
  const { ret, stream } = await client.openStream('domainScreenshot', { dom, screen: 0, flags: 0 });
  assert.equal(ret.mime, 'image/x-portable-pixmap');
  assert.equal(String((await once(stream, 'data'))[0]), 'P6 1 1 255 abc');
  await client.close();
});

test('closing waits for the answers of calls: libvirtd crashes where a client goes in the middle of one about events', async () => {
  const moments = new EventEmitter();
  const { connect, log } = host({
    connectDomainEventCallbackDeregisterAny: async () => {
      const answers = once(moments, 'answer');
      moments.emit('asked');
      await answers;
      log.push('deregistered');
    },
  });
  const client = await connect({ keepalive: null });
  const registration = await client.registerDomainEvent(LIFECYCLE, null, () => undefined);
  const asked = once(moments, 'asked');
  const disposed = registration.dispose();
  await asked;
  const closing = Promise.all([client.close(), client.close()]);
  assert.equal(client.isOpen, false);
  await assert.rejects(client.remote.connectGetHostname(), { code: 'LINK_CLOSED' });
  moments.emit('answer');
  await Promise.all([disposed, closing]);
  assert.deepEqual(log.slice(1), ['deregistered', 'close']);
});

test('closing does not wait for a host that does not answer', async (context: TestContext) => {
  const { connect } = host({ connectClose: () => new Promise(() => undefined) });
  const client = await connect();
  context.mock.timers.enable({ apis: ['setTimeout'] });
  const closing = client.close();
  context.mock.timers.tick(2_000);
  await closing;
  assert.equal(client.isOpen, false);
});
