import assert from 'node:assert/strict';
import { test } from 'node:test';
import { chooseNetwork, type NetworkKind } from '../../../main/jobs/create/default-network.ts';
import { TestCore } from '../../support/core.ts';
import { NetworkWatch } from '../../support/network-watch.ts';
import { ipv4, networkSpec } from '../../support/networks.ts';

const network = (name: string, mode: NetworkKind['mode'], dhcp = false): NetworkKind => ({
  name,
  mode,
  ips: dhcp
    ? [
        {
          family: 'ipv4',
          address: '10.0.0.1',
          prefix: 24,
          ranges: [{ start: '10.0.0.2', end: '10.0.0.9' }],
          hosts: [],
        },
      ]
    : [],
});

test('a new machine goes where it gets an address and reaches the outside', () => {
  const isolated = network('a-iso', 'isolated', true);
  const mute = network('b-nat', 'nat');
  const bridge = network('c-lan', 'bridge');
  const nat = network('d-nat', 'nat', true);
  const routed = network('e-routed', 'route', true);
  assert.equal(chooseNetwork([isolated, mute, bridge, routed, nat]), 'd-nat');
  assert.equal(chooseNetwork([isolated, mute, bridge]), 'c-lan');
  assert.equal(chooseNetwork([isolated, mute]), 'b-nat');
  assert.equal(chooseNetwork([isolated]), 'a-iso');
  assert.equal(chooseNetwork([]), null);
});

test('an isolated network that is new changes no proposal, and a form keeps the network that it has', async (context) => {
  const core = await TestCore.open();
  context.after(() => core.close());
  const [host = ''] = await core.client.host.openDemo();
  await core.inState(host, 'connected');
  const watch = new NetworkWatch(core.client, host);
  context.after(() => watch.close());
  const proposed = async (kept?: string): Promise<unknown> => {
    const asked = { host, os: null, source: 'cloudImage' as const };
    const { spec } = await core.client.create.defaults({
      ...asked,
      ...(kept === undefined ? {} : { network: kept }),
    });
    return spec.nics[0]?.source;
  };
  const of = (name: string) => ({ kind: 'network', network: name, portGroup: null });
  const uuidOf = (name: string) => watch.until(() => watch.network(name)?.uuid, name);
  assert.deepEqual(await proposed(), of('default'));
  await core.client.network.create({
    host,
    spec: networkSpec({ name: 'a-iso', mode: 'isolated', ips: [ipv4('10.77.7')] }),
    start: true,
    autostart: false,
  });
  await core.client.network.stop({ host, uuid: await uuidOf('default') });
  assert.deepEqual(await proposed(), of('br-lan'));
  assert.deepEqual(await proposed('a-iso'), of('a-iso'));
  assert.deepEqual(await proposed('gone'), of('br-lan'));
});
