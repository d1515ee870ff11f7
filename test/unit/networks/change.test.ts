import assert from 'node:assert/strict';
import test, { suite } from 'node:test';
import type { LibvirtClient } from '../../../drivers/libvirt/client.ts';
import { buildNetworkXml } from '../../../drivers/libvirt/model/network-xml.ts';
import { LinkError } from '../../../drivers/rpc/errors.ts';
import { failure } from '../../../drivers/simulator/failures.ts';
import { createNetwork, editNetwork } from '../../../main/networks/change.ts';
import { Mailbox } from '../../../main/networks/mailbox.ts';
import { ipv4, networkSpec } from '../../support/networks.ts';

const NET = { name: 'n', uuid: new Uint8Array(16) };
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
  const request = { spec: SPEC, start: true, autostart: true };
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
    assert.deepEqual(await editNetwork(client, NET, wanted), { live: ['fixed addresses'], atNextStart: [] });
    const order = calls.map(([name]) => name);
    assert.ok(order.indexOf('networkDefineXml') < order.indexOf('networkUpdate'));
    assert.deepEqual(update(calls), { command: 3, section: 4, flags: 1 });
  });

  test('a server before 7.2 takes command and section the other way round', async () => {
    const { client, calls } = host(answers(0));
    await editNetwork(client, NET, wanted);
    assert.deepEqual(update(calls), { command: 4, section: 3, flags: 1 });
  });

  test('what libvirt refuses while it runs waits for the next start, with its words', async () => {
    const { client } = host({
      ...answers(1),
      networkUpdate: () => {
        throw failure('VIR_ERR_OPERATION_INVALID', 'no', 'VIR_FROM_NETWORK');
      },
    });
    assert.deepEqual(await editNetwork(client, NET, wanted), {
      live: [],
      atNextStart: ['fixed addresses (libvirt: Requested operation is not valid: no)'],
    });
  });

  test('one without a definition is changed as far as it can be while it runs, or not at all', async () => {
    const { client, calls } = host({ ...answers(1), networkIsPersistent: () => ({ persistent: 0 }) });
    await assert.rejects(editNetwork(client, NET, { ...wanted, domain: 'x', mtu: 1400 }), {
      message: 'n has no definition: the MTU and the domain cannot be changed while it runs.',
    });
    assert.ok(!calls.some(([name]) => name === 'networkUpdate' || name === 'networkDefineXml'));
    assert.deepEqual((await editNetwork(client, NET, wanted)).live, ['fixed addresses']);
    assert.ok(!calls.some(([name]) => name === 'networkDefineXml'));
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
