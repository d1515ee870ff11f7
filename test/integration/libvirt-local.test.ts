import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs/promises';
import path from 'node:path';
import { pipeline } from 'node:stream/promises';
import { after, before, describe, test } from 'node:test';
import { promisify } from 'node:util';
import { LibvirtClient } from '../../drivers/libvirt/client.ts';
import {
  virConnectListAllDomainsFlags,
  virDomainEventID,
  virDomainEventType,
  virDomainState,
  virStorageVolDownloadFlags,
  virStorageVolUploadFlags,
} from '../../drivers/libvirt/constants/index.ts';
import type { StoragePoolRef } from '../../drivers/libvirt/protocol/structs.ts';
import { typedParamsToMap } from '../../drivers/libvirt/typed-params.ts';
import { uuidToString } from '../../drivers/libvirt/uuid.ts';
import { RpcConnection } from '../../drivers/rpc/connection.ts';
import { StreamHole } from '../../drivers/rpc/stream.ts';
import type { NamedProcedure } from '../../drivers/rpc/table.ts';
import { remoteProgram } from '../../drivers/libvirt/protocol/programs.ts';
import { dialUnix } from '../../drivers/transport/dial-unix.ts';
import { startPrivateLibvirtd, whyNoLibvirtd } from './libvirt-local-daemon.ts';
import type { PrivateLibvirtd } from './libvirt-local-daemon.ts';

const LIFECYCLE = virDomainEventID.VIR_DOMAIN_EVENT_ID_LIFECYCLE;
const { VIR_DOMAIN_EVENT_STOPPED, VIR_DOMAIN_EVENT_STARTED } = virDomainEventType;
const run = promisify(execFile);

describe('a real libvirtd over its unix socket', { skip: whyNoLibvirtd() }, () => {
  let daemon: PrivateLibvirtd;
  const clients: LibvirtClient[] = [];
  const open = async (uri = 'test:///default'): Promise<LibvirtClient> => {
    const client = await LibvirtClient.connect(await dialUnix(daemon.socket)(), { uri });
    clients.push(client);
    return client;
  };

  before(async () => {
    daemon = await startPrivateLibvirtd();
  });
  after(async () => {
    await Promise.all(clients.map((client) => client.close()));
    await daemon.stop();
  });

  test('its host and its machines are read as virsh reads them', async () => {
    const client = await open();
    const { remote } = client;
    const flags = virConnectListAllDomainsFlags.VIR_CONNECT_LIST_DOMAINS_ACTIVE;
    const [{ uri }, { libVer }, node, { domains, ret }] = await Promise.all([
      remote.connectGetUri(),
      remote.connectGetLibVersion(),
      remote.nodeGetInfo(),
      remote.connectListAllDomains({ needResults: 1, flags }),
    ]);
    assert.equal(uri, 'test:///default');
    assert.ok(libVer >= 3_000_000n);
    assert.deepEqual([node.model, node.memory, node.cpus], ['i686', 3_145_728n, 16]);
    assert.deepEqual([ret, domains.map(({ name, id }) => [name, id])], [1, [['test', 1]]]);
    const virsh = await run('virsh', [
      '-c',
      `test+unix:///default?socket=${daemon.socket}`,
      'domuuid',
      'test',
    ]);
    assert.deepEqual(
      domains.map(({ uuid }) => uuidToString(uuid)),
      [virsh.stdout.trim()],
    );
  });

  test('the figures of all machines come in one call', async () => {
    const { remote } = await open();
    const { retStats } = await remote.connectGetAllDomainStats({ doms: [], stats: 0, flags: 0 });
    const figures = typedParamsToMap(retStats[0]?.params ?? []);
    assert.equal(retStats[0]?.dom.name, 'test');
    assert.equal(figures.get('state.state'), virDomainState.VIR_DOMAIN_RUNNING);
  });

  test('a machine is stopped and started, and its events say so', async () => {
    const client = await open();
    const { dom } = await client.remote.domainLookupByName({ name: 'test' });
    const seen: number[] = [];
    let done: () => void = () => undefined;
    const both = new Promise<void>((resolve) => (done = resolve));
    // Waited for: the daemon serves the calls of a connection side by side, so the next one could overtake it.
    await client.registerDomainEvent(LIFECYCLE, dom, ({ event }) => {
      seen.push(event);
      if (seen.length === 2) done();
    });
    await client.remote.domainDestroy({ dom });
    assert.equal((await client.remote.domainGetInfo({ dom })).state, virDomainState.VIR_DOMAIN_SHUTOFF);
    await client.remote.domainCreate({ dom });
    await both;
    assert.deepEqual(seen, [VIR_DOMAIN_EVENT_STOPPED, VIR_DOMAIN_EVENT_STARTED]);
  });

  test('what another client does is seen as an event', async () => {
    const [client, other] = await Promise.all([open(), open()]);
    const seen = new Promise<string>((resolve) => {
      client.on('domainEventCallbackLifecycle', ({ dom, event }) => {
        if (event === virDomainEventType.VIR_DOMAIN_EVENT_DEFINED) resolve(dom.name);
      });
    });
    await client.registerDomainEvent(LIFECYCLE, null, () => undefined);
    const xml =
      '<domain type="test"><name>fresh</name><memory>65536</memory><os><type>hvm</type></os></domain>';
    await other.remote.domainDefineXml({ xml });
    assert.equal(await seen, 'fresh');
  });

  test('a refusal keeps the code, the domain and the words of libvirt', async () => {
    const { remote } = await open();
    await assert.rejects(remote.domainLookupByName({ name: 'nope' }), {
      name: 'LibvirtError',
      code: 'VIR_ERR_NO_DOMAIN',
      domain: 'VIR_FROM_TEST',
      message: 'Domain not found',
      level: 'error',
      procedure: 'domainLookupByName',
    });
  });

  test('a driver that is not there fails the opening', async () => {
    await assert.rejects(open('nosuch:///system'), { code: 'VIR_ERR_NO_CONNECT', procedure: 'connectOpen' });
  });

  test('a hundred calls at once are all answered, each with its own answer', async () => {
    const { remote } = await open();
    const pools = Array.from(
      { length: 100 },
      (_, index) => `<pool type="dir"><name>p${index}</name><target><path>/p${index}</path></target></pool>`,
    );
    const made = await Promise.all(pools.map((xml) => remote.storagePoolDefineXml({ xml, flags: 0 })));
    assert.deepEqual(
      made.map(({ pool }) => pool.name),
      pools.map((_, index) => `p${index}`),
    );
  });

  test('a procedure that it does not know is refused and the connection lives', async () => {
    const connection = new RpcConnection(await dialUnix(daemon.socket)(), {
      programs: [remoteProgram],
      onEvent: () => undefined,
    });
    const unknown: NamedProcedure = { name: 'unknown', number: 4_000, program: remoteProgram };
    for (let round = 0; round < 2; round++) {
      await assert.rejects(connection.call(unknown, undefined), {
        code: 'VIR_ERR_RPC',
        domain: 'VIR_FROM_RPC',
        message: /unknown procedure: 4000/,
      });
    }
    connection.close();
  });

  test('silence does not end a connection whose daemon answers pings', async () => {
    const client = await LibvirtClient.connect(await dialUnix(daemon.socket)(), {
      uri: 'test:///default',
      keepalive: { intervalMs: 50, count: 20 },
    });
    clients.push(client);
    await new Promise((resolve) => setTimeout(resolve, 1_500));
    assert.ok(client.isOpen);
    assert.equal((await client.remote.connectGetUri()).uri, 'test:///default');
  });

  test('a screenshot comes as a stream with its type', async () => {
    const client = await open();
    const { dom } = await client.remote.domainLookupByName({ name: 'test' });
    const { ret, stream } = await client.openStream('domainScreenshot', { dom, screen: 0, flags: 0 });
    const parts: Buffer[] = [];
    for await (const part of stream) parts.push(part as Buffer);
    assert.equal(ret.mime, 'image/png');
    assert.equal(Buffer.concat(parts).subarray(1, 4).toString(), 'PNG');
  });

  describe('volumes', () => {
    let client: LibvirtClient;
    let pool: StoragePoolRef;
    let folder: string;

    before(async () => {
      folder = path.join(daemon.dir, 'pool');
      await fs.mkdir(folder);
      client = await open('storage:///system');
      const xml = `<pool type="dir"><name>files</name><target><path>${folder}</path></target></pool>`;
      ({ pool } = await client.remote.storagePoolCreateXml({ xml, flags: 0 }));
    });

    const volume = async (name: string, bytes: number) => {
      const xml = `<volume><name>${name}</name><capacity>${bytes}</capacity><allocation>0</allocation><target><format type="raw"/></target></volume>`;
      return (await client.remote.storageVolCreateXml({ pool, xml, flags: 0 })).vol;
    };

    test('megabytes go up and come down again', async () => {
      const content = Buffer.from(
        Array.from({ length: 3 << 20 }, (_, index) => (index * 7 + (index >> 9)) & 0xff),
      );
      const vol = await volume('whole', content.length);
      const whole = { vol, offset: 0n, length: 0n, flags: 0 };
      const upload = await client.openStream('storageVolUpload', whole);
      await pipeline([content], upload.stream);
      assert.deepEqual(await fs.readFile(path.join(folder, 'whole')), content);
      const download = await client.openStream('storageVolDownload', whole);
      const parts: Buffer[] = [];
      for await (const part of download.stream) parts.push(part as Buffer);
      assert.ok(Buffer.concat(parts).equals(content));
    });

    test('holes go up and come down as holes', async () => {
      const length = 1 << 20;
      const vol = await volume('sparse', 2 * length);
      const args = { vol, offset: 0n, length: 0n };
      const upload = await client.openStream(
        'storageVolUpload',
        { ...args, flags: virStorageVolUploadFlags.VIR_STORAGE_VOL_UPLOAD_SPARSE_STREAM },
        { sparse: true },
      );
      upload.stream.write(new StreamHole(BigInt(length)));
      upload.stream.end(Buffer.alloc(length, 1));
      await once(upload.stream, 'finish');
      const download = await client.openStream(
        'storageVolDownload',
        { ...args, flags: virStorageVolDownloadFlags.VIR_STORAGE_VOL_DOWNLOAD_SPARSE_STREAM },
        { sparse: true },
      );
      let holes = 0n;
      let data = 0;
      for await (const part of download.stream) {
        if (part instanceof StreamHole) holes += part.length;
        else data += (part as Buffer).length;
      }
      assert.deepEqual([holes, data], [BigInt(length), length]);
    });

    test('a download that is given up half way leaves the connection to others', async () => {
      const vol = await volume('given-up', 8 << 20);
      const { stream } = await client.openStream('storageVolDownload', {
        vol,
        offset: 0n,
        length: 0n,
        flags: 0,
      });
      await once(stream, 'data');
      stream.destroy();
      assert.equal((await client.remote.storageVolGetInfo({ vol })).capacity, 8n << 20n);
    });

    test('an upload beyond the volume fails with libvirt’s words', async () => {
      const vol = await volume('small', 4_096);
      const opening = client.openStream('storageVolUpload', { vol, offset: 1n << 62n, length: 0n, flags: 0 });
      await assert.rejects(opening, { name: 'LibvirtError', procedure: 'storageVolUpload' });
    });
  });
});

test('a daemon that dies fails what waits for it', { skip: whyNoLibvirtd() }, async () => {
  const daemon = await startPrivateLibvirtd();
  const client = await LibvirtClient.connect(await dialUnix(daemon.socket)(), { uri: 'test:///default' });
  await daemon.stop();
  assert.equal((await client.closed).code, 'LINK_CLOSED');
  await assert.rejects(client.remote.connectGetHostname(), {
    code: 'LINK_CLOSED',
    procedure: 'connectGetHostname',
  });
});
