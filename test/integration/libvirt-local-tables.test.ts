import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import fc from 'fast-check';
import { LibvirtClient } from '../../drivers/libvirt/client.ts';
import type { DomainRef } from '../../drivers/libvirt/protocol/structs.ts';
import {
  registerNetworkEvent,
  registerSecretEvent,
  registerStoragePoolEvent,
} from '../../drivers/libvirt/object-events.ts';
import { qemuProgram, remoteProgram } from '../../drivers/libvirt/protocol/programs.ts';
import { RpcConnection } from '../../drivers/rpc/connection.ts';
import { LibvirtError } from '../../drivers/rpc/errors.ts';
import { byNumber } from '../../drivers/rpc/table.ts';
import type { NamedProcedure, Program } from '../../drivers/rpc/table.ts';
import { dialUnix } from '../../drivers/transport/dial-unix.ts';
import { encodeBody } from '../../drivers/xdr/xdr.ts';
import type { Codec } from '../../drivers/xdr/xdr.ts';
import { arbitraryOf } from '../unit/libvirt/arbitrary.ts';
import { startPrivateLibvirtd, whyNoLibvirtd } from './libvirt-local-daemon.ts';
import type { PrivateLibvirtd } from './libvirt-local-daemon.ts';

const MALFORMED = 'Unable to decode message payload';

/** Sends bytes as they are. */
const raw: Codec<unknown> = {
  shape: { kind: 'void' },
  minSize: 0,
  encode: (writer, value) => {
    if (value instanceof Uint8Array) writer.opaqueFixed(value, value.length);
  },
  decode: () => undefined,
};

describe('the tables against a real libvirtd', { skip: whyNoLibvirtd() }, () => {
  let daemon: PrivateLibvirtd;
  before(async () => {
    daemon = await startPrivateLibvirtd();
  });
  after(() => daemon.stop());

  /** What the daemon says to a body; the connection is not opened, so no call gets further than its arguments. */
  async function refusal(connection: RpcConnection, row: NamedProcedure, body: Uint8Array): Promise<string> {
    try {
      const { name, number, program } = row;
      await connection.call({ name, number, program, args: raw, ret: raw }, body);
      return 'no refusal';
    } catch (error) {
      assert.ok(error instanceof LibvirtError, `${row.name}: ${String(error)}`);
      return error.message;
    }
  }

  for (const program of [remoteProgram, qemuProgram] as readonly Program[]) {
    test(`it takes the arguments of every call of ${program.name}, and none that are cut`, async () => {
      const connection = new RpcConnection(await dialUnix(daemon.socket)(), {
        programs: [remoteProgram, qemuProgram],
        onEvent: () => undefined,
      });
      const wrong: string[] = [];
      let known = 0;
      const check = async (row: NamedProcedure, args: Codec<unknown>): Promise<void> => {
        for (const value of fc.sample(arbitraryOf(args), { numRuns: 3, seed: 7 })) {
          const body = encodeBody(args, value);
          const whole = await refusal(connection, row, body);
          if (whole.startsWith('unknown procedure')) return;
          known += 1;
          if (whole === MALFORMED) wrong.push(`${row.name}: more is expected`);
          const cut = await refusal(connection, row, body.subarray(0, -4));
          if (cut !== MALFORMED) wrong.push(`${row.name}: less is expected (${cut})`);
        }
      };
      const rows = [...byNumber(program).values()];
      await Promise.all(
        rows.map(async (row) => {
          // Authentication counts its failures; opening is what must not happen here.
          if (row.args === undefined || row.name.startsWith('auth') || row.name === 'connectOpen') return;
          await check(row, row.args);
        }),
      );
      connection.close();
      assert.deepEqual(wrong, []);
      assert.ok(known > 0);
    });
  }

  /** Calls that only read, with arguments that the test driver's machine answers. */
  const reads = (dom: DomainRef): [name: keyof LibvirtClient['remote'], args?: object][] => {
    const flags = 0;
    const nparams = 16;
    const list = { needResults: 1, flags };
    return [
      ['connectGetType'],
      ['connectGetVersion'],
      ['connectGetCapabilities'],
      ['connectGetHostname'],
      ['connectIsSecure'],
      ['connectGetMaxVcpus', { type: null }],
      ['connectGetCpuModelNames', { arch: 'x86_64', ...list }],
      ['connectListDomains', { maxids: 10 }],
      ['connectListAllNetworks', list],
      ['connectListAllStoragePools', list],
      ['connectListAllInterfaces', list],
      ['connectListAllNodeDevices', list],
      ['nodeGetInfo'],
      ['nodeGetFreeMemory'],
      ['nodeGetSecurityModel'],
      ['nodeGetCpuStats', { cpuNum: -1, nparams: 4, flags }],
      ['nodeGetMemoryStats', { cellNum: -1, nparams: 4, flags }],
      ['nodeGetCellsFreeMemory', { startCell: 0, maxcells: 4 }],
      ['nodeGetCpuMap', { needMap: 1, needOnline: 1, flags }],
      ['domainGetXmlDesc', { dom, flags }],
      ['domainGetInfo', { dom }],
      ['domainGetState', { dom, flags }],
      ['domainGetControlInfo', { dom, flags }],
      ['domainGetOsType', { dom }],
      ['domainGetAutostart', { dom }],
      ['domainGetVcpus', { dom, maxinfo: 8, maplen: 8 }],
      ['domainGetVcpuPinInfo', { dom, ncpumaps: 4, maplen: 4, flags }],
      ['domainGetEmulatorPinInfo', { dom, maplen: 4, flags }],
      ['domainGetSchedulerType', { dom }],
      ['domainGetSchedulerParameters', { dom, nparams }],
      ['domainGetMemoryParameters', { dom, nparams, flags }],
      ['domainGetNumaParameters', { dom, nparams, flags }],
      ['domainGetInterfaceParameters', { dom, device: 'aa:bb:cc:dd:ee:ff', nparams, flags }],
      ['domainInterfaceStats', { dom, device: 'aa:bb:cc:dd:ee:ff' }],
      ['domainInterfaceAddresses', { dom, source: 0, flags }],
      ['domainMemoryStats', { dom, maxStats: 20, flags }],
      ['domainGetCpuStats', { dom, nparams: 4, startCpu: 0, ncpus: 2, flags }],
      ['domainGetDiskErrors', { dom, maxerrors: 8, flags }],
      ['domainGetFsinfo', { dom, flags }],
      ['domainGetIothreadInfo', { dom, flags }],
      ['domainGetSecurityLabel', { dom }],
      ['domainGetSecurityLabelList', { dom }],
      ['domainGetTime', { dom, flags }],
      ['domainGetHostname', { dom, flags }],
      ['domainGetMessages', { dom, flags }],
      ['domainGetPerfEvents', { dom, flags }],
      ['domainListAllSnapshots', { dom, ...list }],
      ['domainListAllCheckpoints', { dom, ...list }],
    ];
  };

  test('what it answers is read to the last byte', async () => {
    const client = await LibvirtClient.connect(await dialUnix(daemon.socket)(), { uri: 'test:///default' });
    const { dom } = await client.remote.domainLookupByName({ name: 'test' });
    const wrong: string[] = [];
    let answered = 0;
    for (const [name, args] of reads(dom)) {
      const call = client.remote[name] as (given?: object) => Promise<unknown>;
      try {
        await call(args);
        answered += 1;
      } catch (error) {
        if (!(error instanceof LibvirtError)) wrong.push(`${name}: ${String(error)}`);
      }
    }
    await client.close();
    assert.deepEqual(wrong, []);
    assert.ok(answered >= 40, `${answered} calls were answered`);
  });

  test('events of networks, pools and secrets are read', async () => {
    const open = async (uri: string): Promise<LibvirtClient> =>
      LibvirtClient.connect(await dialUnix(daemon.socket)(), { uri });
    const client = await open('test:///default');
    const secrets = await open('secret:///system');
    const seen: string[] = [];
    const lifecycle = { eventId: 0, of: null } as const;
    await registerNetworkEvent(client, lifecycle, ({ net }) => seen.push(net.name));
    await registerStoragePoolEvent(client, lifecycle, ({ pool }) => seen.push(pool.name));
    await registerStoragePoolEvent(client, { eventId: 1, of: null }, ({ pool }) =>
      seen.push(`${pool.name} again`),
    );
    await registerSecretEvent(secrets, lifecycle, ({ secret }) => seen.push(secret.usageId));
    await registerSecretEvent(secrets, { eventId: 1, of: null }, ({ secret }) =>
      seen.push(`${secret.usageId} set`),
    );
    const flags = 0;
    await client.remote.networkDefineXml({ xml: '<network><name>lan</name></network>' });
    const { pool } = await client.remote.storagePoolLookupByName({ name: 'default-pool' });
    await client.remote.storagePoolDestroy({ pool });
    await client.remote.storagePoolCreate({ pool, flags });
    await client.remote.storagePoolRefresh({ pool, flags });
    const { secret } = await secrets.remote.secretDefineXml({
      xml: '<secret ephemeral="yes" private="no"><usage type="volume"><volume>/disk</volume></usage></secret>',
      flags,
    });
    await secrets.remote.secretSetValue({ secret, value: new Uint8Array([1, 2, 3]), flags });
    assert.deepEqual(
      (await secrets.remote.secretGetValue({ secret, flags })).value,
      new Uint8Array([1, 2, 3]),
    );
    await Promise.all([client.close(), secrets.close()]);
    for (const name of ['lan', 'default-pool', 'default-pool again', '/disk', '/disk set']) {
      assert.ok(seen.includes(name), name);
    }
  });
});
