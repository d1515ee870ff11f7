import assert from 'node:assert/strict';
import test, { suite } from 'node:test';
import type { LibvirtClient } from '../../../drivers/libvirt/client.ts';
import { readNetwork } from '../../../drivers/libvirt/model/network.ts';
import { buildNetworkXml } from '../../../drivers/libvirt/model/network-xml.ts';
import { LinkError } from '../../../drivers/rpc/errors.ts';
import { failure } from '../../../drivers/simulator/failures.ts';
import type { NetworkSpec } from '../../../main/contract/network.ts';
import { FailureError } from '../../../main/hosts/failures.ts';
import { createNetwork, editNetwork } from '../../../main/networks/change.ts';
import type { NetworkSurroundings } from '../../../main/networks/problems.ts';
import { Mailbox } from '../../../main/networks/mailbox.ts';
import { ipv4, networkSpec } from '../../support/networks.ts';

const NET = { name: 'n', uuid: new Uint8Array(16) };
const AROUND: NetworkSurroundings = {
  networks: [{ name: 'default', bridge: 'virbr0', mode: 'nat', ips: [ipv4('192.168.122')], routes: [] }],
  interfaces: [],
  hostAddresses: [],
  client: null,
  libvirtVersion: '9.0.0',
};
const SPEC = networkSpec({ name: 'n', mode: 'nat', ips: [ipv4('10.1.1')] });

/** A host that answers with what it is given, and notes what it was asked. */
function host(answers: Readonly<Record<string, (args: never) => unknown>>) {
  const calls: [string, unknown][] = [];
  const remote = new Proxy(
    {},
    {
      get: (_, name: string) => async (args: never) => {
        calls.push([name, args]);
        return answers[name]?.(args);
      },
    },
  );
  // Only the calls of these tests exist in it.
  return { calls, client: { remote } as unknown as LibvirtClient };
}

suite('a network is made or nothing of it', () => {
  const refused = failure('VIR_ERR_INTERNAL_ERROR', 'in use', 'VIR_FROM_NETWORK');
  const request = { spec: SPEC, start: true, autostart: true, around: AROUND, despite: false };
  const throws = (error: Error) => () => {
    throw error;
  };

  test('what did not start is undefined, by its own reference', async () => {
    const { client, calls } = host({
      networkDefineXml: () => ({ net: NET }),
      networkCreate: throws(refused),
      networkDestroy: throws(refused),
    });
    await assert.rejects(createNetwork(client, request), refused);
    assert.deepEqual(
      calls.map(([name]) => name),
      ['networkDefineXml', 'networkCreate', 'networkDestroy', 'networkUndefine'],
    );
    assert.deepEqual(calls.at(-1)?.[1], { net: NET });
  });

  test('what stands against it is refused before the host is asked', async () => {
    const { client, calls } = host({});
    const spec = { ...SPEC, ips: [ipv4('192.168.122')] };
    await assert.rejects(createNetwork(client, { ...request, spec }), (error: FailureError) => {
      assert.deepEqual(error.failure, {
        code: 'CONFLICT',
        message: 'The network n is not created.',
        detail: '192.168.122.0/24 is used by default.',
      });
      return true;
    });
    assert.deepEqual(calls, []);
  });

  test('in spite of it where somebody wants that, but for what would cut the host off', async () => {
    const { client, calls } = host({ networkDefineXml: () => ({ net: NET }) });
    const around = { ...AROUND, client: '172.30.1.9' };
    const wanted = { ...request, spec: { ...SPEC, ips: [ipv4('192.168.122')] }, around, despite: true };
    await createNetwork(client, wanted);
    assert.equal(calls[0]?.[0], 'networkDefineXml');
    const routes = [{ family: 'ipv4' as const, address: '172.30.1.0', prefix: 28, gateway: '10.1.1.2' }];
    const refusing = host({});
    await assert.rejects(
      createNetwork(refusing.client, { ...wanted, spec: { ...SPEC, routes } }),
      FailureError,
    );
    assert.deepEqual(refusing.calls, []);
  });

  test('what was not defined is not taken back: it is somebody else’s', async () => {
    const { client, calls } = host({ networkDefineXml: throws(refused) });
    await assert.rejects(createNetwork(client, request), refused);
    assert.equal(calls.length, 1);
  });

  test('after a lost link nothing is undone of which it is not known whether it was done', async () => {
    const lost = new LinkError('LINK_CLOSED', 'gone');
    const { client, calls } = host({ networkDefineXml: () => ({ net: NET }), networkCreate: throws(lost) });
    await assert.rejects(createNetwork(client, request), lost);
    assert.equal(calls.length, 2);
  });
});

suite('a network that runs is changed', () => {
  const wanted = {
    ...SPEC,
    ips: [ipv4('10.1.1', [{ mac: '52:54:00:00:00:01', id: null, name: null, ip: '10.1.1.5' }])],
  };
  const edit = { base: SPEC, spec: wanted, around: AROUND, despite: false };
  const answers = (supported: number) => ({
    networkIsActive: () => ({ active: 1 }),
    networkIsPersistent: () => ({ persistent: 1 }),
    networkGetXmlDesc: () => ({ xml: buildNetworkXml(SPEC, null) }),
    connectSupportsFeature: () => ({ supported }),
  });
  const update = (calls: [string, unknown][]) => {
    const [, args] = calls.find(([name]) => name === 'networkUpdate') ?? [];
    const { command, section, flags } = args as { command: number; section: number; flags: number };
    return { command, section, flags };
  };

  test('the definition first, then what runs', async () => {
    const { client, calls } = host(answers(1));
    assert.deepEqual(await editNetwork(client, NET, edit), {
      live: ['fixed addresses'],
      atNextStart: [],
      kept: [],
    });
    const order = calls.map(([name]) => name);
    assert.ok(order.indexOf('networkDefineXml') < order.indexOf('networkUpdate'));
    assert.deepEqual(update(calls), { command: 3, section: 4, flags: 1 });
  });

  test('a server before 7.2 takes command and section the other way round', async () => {
    const { client, calls } = host(answers(0));
    await editNetwork(client, NET, edit);
    assert.deepEqual(update(calls), { command: 4, section: 3, flags: 1 });
  });

  test('what libvirt refuses while it runs waits for the next start, with its words', async () => {
    const { client } = host({
      ...answers(1),
      networkUpdate: () => {
        throw failure('VIR_ERR_OPERATION_INVALID', 'no', 'VIR_FROM_NETWORK');
      },
    });
    assert.deepEqual(await editNetwork(client, NET, edit), {
      live: [],
      atNextStart: ['fixed addresses (libvirt: Requested operation is not valid: no)'],
      kept: [],
    });
  });

  test('one without a definition is changed as far as it can be while it runs, or not at all', async () => {
    const { client, calls } = host({ ...answers(1), networkIsPersistent: () => ({ persistent: 0 }) });
    await assert.rejects(editNetwork(client, NET, { ...edit, spec: { ...wanted, domain: 'x', mtu: 1400 } }), {
      message: 'n has no definition: the MTU and the domain cannot be changed while it runs.',
    });
    assert.ok(!calls.some(([name]) => name === 'networkUpdate' || name === 'networkDefineXml'));
    assert.deepEqual((await editNetwork(client, NET, edit)).live, ['fixed addresses']);
    assert.ok(!calls.some(([name]) => name === 'networkDefineXml'));
  });
});

suite('two people change one network', () => {
  const card = (last: number, ip = `10.1.1.${last}`) => ({
    mac: `52:54:00:00:00:0${last}`,
    id: null,
    name: null,
    ip,
  });
  const ips = (...hosts: ReturnType<typeof card>[]) => ({ ips: [ipv4('10.1.1', hosts)] });
  const names = (...list: string[]) => ({
    dnsHosts: list.map((name) => ({ ip: '10.1.1.9', names: [name] })),
  });

  async function edited(
    base: Partial<NetworkSpec>,
    mine: Partial<NetworkSpec>,
    theirs: Partial<NetworkSpec>,
  ) {
    const present = buildNetworkXml({ ...SPEC, ...base, ...theirs }, null);
    const { client, calls } = host({
      networkIsActive: () => ({ active: 0 }),
      networkIsPersistent: () => ({ persistent: 1 }),
      networkGetXmlDesc: () => ({ xml: present }),
    });
    const spec = { ...SPEC, ...base };
    const result = await editNetwork(client, NET, {
      base: spec,
      spec: { ...spec, ...mine },
      around: AROUND,
      despite: false,
    });
    const [, args] = calls.find(([name]) => name === 'networkDefineXml') ?? [];
    return { ...result, network: readNetwork((args as { xml: string } | undefined)?.xml ?? present) };
  }

  test('what another has added since is kept, and told', async () => {
    const { network, kept } = await edited(ips(), names('a'), ips(card(7)));
    assert.deepEqual(network.ips[0]?.hosts, [card(7)]);
    assert.deepEqual(network.dnsHosts, names('a').dnsHosts);
    assert.deepEqual(kept, ['its addresses']);
  });

  test('two entries of one list are both there; what one removes is gone', async () => {
    const { network } = await edited(ips(card(1)), ips(card(2)), ips(card(1), card(3)));
    assert.deepEqual(
      network.ips[0]?.hosts.map(({ ip }) => ip),
      ['10.1.1.3', '10.1.1.2'],
    );
  });

  test('the same change by both is no conflict', async () => {
    assert.deepEqual((await edited(ips(), ips(card(1)), { ...ips(card(1)), domain: 'x' })).kept, [
      'the domain',
    ]);
  });

  test('where both have changed the same to something else it is refused, and nothing is written', async () => {
    const refused = { message: /somebody else has changed its addresses since you opened it/ };
    await assert.rejects(edited(ips(card(1)), ips(card(1, '10.1.1.20')), ips(card(1, '10.1.1.30'))), refused);
    await assert.rejects(edited({}, { domain: 'a' }, { domain: 'b' }), {
      message: /somebody else has changed the domain/,
    });
  });

  test('what goes together to something wrong is refused', async () => {
    await assert.rejects(
      edited(ips(), ips(card(1, '10.1.1.30')), ips(card(2, '10.1.1.30'))),
      (error: FailureError) => {
        assert.match(error.failure.detail ?? '', /10.1.1.30 has two fixed addresses/);
        return true;
      },
    );
  });
});

test('a reader that lags gets the last of each subject, in the order of the last change', async () => {
  const mailbox = new Mailbox<string>();
  for (const [subject, message] of [
    ['a', 'a1'],
    ['b', 'b1'],
    ['a', 'a2'],
  ] as const)
    mailbox.put(subject, message);
  mailbox.close();
  const read: string[] = [];
  for await (const message of mailbox.read(new AbortController().signal)) read.push(message);
  assert.deepEqual(read, ['b1', 'a2']);
});
