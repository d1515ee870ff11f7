import assert from 'node:assert/strict';
import { after, before, suite, test } from 'node:test';
import type { Failure } from '../../../main/contract/failure.ts';
import { TestCore } from '../../support/core.ts';
import { NetworkWatch } from '../../support/network-watch.ts';
import { ipv4, networkSpec } from '../../support/networks.ts';
import { jobOver } from '../../support/job-watch.ts';

suite('networks of the demo', () => {
  let core: TestCore;
  let host: string;
  let watch: NetworkWatch;
  before(async () => {
    core = await TestCore.open();
    const [first = ''] = await core.client.host.openDemo();
    host = first;
    await core.inState(host, 'connected');
    watch = new NetworkWatch(core.client, host);
  });
  after(async () => {
    await watch.close();
    await core.close();
  });
  const refusal = async (work: Promise<unknown>): Promise<Failure> => {
    try {
      await work;
    } catch (error) {
      return (error as { data: Failure }).data;
    }
    throw new Error('it was not refused');
  };

  const withUsers = (name: string) =>
    watch.until(() => {
      const network = watch.network(name);
      return network !== undefined && network.users.length > 0 && network;
    }, `${name} with its machines`);

  test('machines, their addresses and leases, devices and filters are told', async () => {
    const network = await withUsers('default');
    const running = network.users.filter((user) => user.running);
    assert.ok(running.length > 0 && running.length < network.users.length);
    for (const { target, addresses } of running) {
      assert.match(target ?? '', /^vnet\d+$/);
      assert.match(addresses.join(), /^192\.168\.122\.\d+$/);
    }
    const leases = await watch.until(
      () => watch.leasesOf('default').length > 0 && watch.leasesOf('default'),
      'leases',
    );
    assert.deepEqual(new Set(leases.map(({ mac }) => mac)), new Set(running.map(({ mac }) => mac)));
    assert.equal(leases.length, running.length);
    const device = (name: string) => watch.interfaces.find((one) => one.name === name);
    await watch.until(() => device('virbr0'), 'virbr0');
    assert.equal(device('virbr0')?.network, 'default');
    assert.deepEqual(device('eno2')?.virtualFunctions, { count: 8, max: 64 });
    assert.equal(device('eno1')?.bridge, 'br-lan');
    assert.equal(device('br-lan')?.kind, 'bridge');
    assert.ok(
      !watch.interfaces.some(({ name }) => name.startsWith('vnet')),
      'machines’ ends are no devices to choose',
    );
    const filter = watch.filters.find(({ name }) => name === 'clean-traffic');
    assert.deepEqual(filter?.refs, ['no-mac-spoofing', 'no-ip-spoofing', 'allow-arp']);
    assert.match(await core.client.filter.xml({ host, uuid: filter?.uuid ?? '' }), /chain='root'/);
  });

  test('a machine that stops leaves its network in the same moment', async () => {
    const network = await withUsers('default');
    const user = network.users.find(({ running }) => running);
    assert.ok(user !== undefined);
    await core.client.domain.destroy({ host, uuid: user.uuid });
    const now = await watch.until(
      () => watch.network('default')?.users.find(({ uuid, running }) => uuid === user.uuid && !running),
      'it is off',
    );
    assert.deepEqual([now.target, now.addresses], [null, []]);
  });

  test('created, changed while it runs, restarted for the rest, deleted', async () => {
    const spec = networkSpec({ name: 'new-net', mode: 'nat', ips: [ipv4('10.50.1')] });
    const { uuid } = await core.client.network.create({ host, spec, start: true, autostart: true });
    const made = await watch.until(
      () => watch.networks.get(uuid)?.active && watch.networks.get(uuid),
      'it runs',
    );
    assert.equal(made.autostart, true);
    assert.equal(made.bridge, 'virbr2');
    const [ip] = made.ips;
    assert.ok(ip !== undefined);
    const hosts = [{ mac: '52:54:00:01:02:03', id: null, name: null, ip: '10.50.1.7' }];
    const edited = await core.client.network.edit({
      host,
      uuid,
      base: made,
      spec: { ...made, ips: [{ ...ip, hosts }], domain: 'demo.example' },
    });
    assert.deepEqual(edited, { live: ['fixed addresses'], atNextStart: ['the domain'], kept: [] });
    await watch.until(() => watch.networks.get(uuid)?.changesPending, 'a change waits');
    assert.match(await core.client.network.xml({ host, uuid }), /mac='52:54:00:01:02:03'/);
    assert.ok(!(await core.client.network.xml({ host, uuid })).includes('demo.example'));
    assert.equal(
      (await jobOver(core, (await core.client.network.restart({ host, uuid })).job)).state,
      'done',
    );
    await watch.until(() => {
      const now = watch.networks.get(uuid);
      return now?.active === true && !now.changesPending && now.domain === 'demo.example';
    }, 'it has begun anew');
    await core.client.network.delete({ host, uuid });
    await watch.until(() => !watch.networks.has(uuid), 'it is gone');
  });

  test('who would suffer is told before a network is deleted', async () => {
    const network = await withUsers('br-lan');
    const { users } = await core.client.network.loss({ host, uuid: network.uuid });
    assert.deepEqual(users.map(({ mac }) => mac).toSorted(), network.users.map(({ mac }) => mac).toSorted());
  });

  test('a restart leaves every card where it was', async () => {
    const { uuid } = await withUsers('default');
    const plugged = async () => (await core.client.network.loss({ host, uuid })).users.map(({ mac }) => mac);
    const before = await plugged();
    assert.equal(
      (await jobOver(core, (await core.client.network.restart({ host, uuid })).job)).state,
      'done',
    );
    assert.deepEqual(await plugged(), before);
  });

  test('what stands against a network is refused, and leaves nothing', async () => {
    const clash = await refusal(
      core.client.network.create({
        host,
        spec: networkSpec({ name: 'clash', mode: 'nat', ips: [ipv4('192.168.122')] }),
        start: true,
        autostart: false,
      }),
    );
    assert.deepEqual(
      [clash.code, clash.message, clash.detail],
      ['CONFLICT', 'The network clash is not created.', '192.168.122.0/24 is used by default.'],
    );
    const { problems } = await core.client.network.preview({
      host,
      spec: networkSpec({ name: 'clash', mode: 'nat', ips: [ipv4('10.20.0')] }),
    });
    assert.deepEqual(problems, ['10.20.0.0/24 overlaps 10.20.0.0/16, which is used by the host’s br-lan.']);
    assert.equal(watch.network('clash'), undefined);
    const unknown = await refusal(
      core.client.network.start({ host, uuid: '00000000-0000-4000-8000-000000000000' }),
    );
    assert.equal(unknown.code, 'NOT_FOUND');
    assert.equal((await refusal(core.client.network.start({ host, uuid: 'x' }))).code, 'BAD_INPUT');
  });

  test('the preview of an edit keeps what is in the XML, and does not take the network for its own rival', async () => {
    const network = await watch.until(() => watch.network('default'), 'default');
    const { xml, problems } = await core.client.network.preview({
      host,
      uuid: network.uuid,
      spec: { ...network, domain: 'x.example' },
    });
    assert.deepEqual(problems, []);
    const before = await core.client.network.xml({ host, uuid: network.uuid, inactive: true });
    assert.equal(xml, before.replace('\n</network>', "\n  <domain name='x.example'/>\n</network>"));
  });
});
