import assert from 'node:assert/strict';
import { after, before, suite, test } from 'node:test';
import { Lab } from '../lab/lab.ts';
import { TestCore } from '../support/core.ts';
import { NetworkWatch } from '../support/network-watch.ts';
import { ipv4, networkSpec } from '../support/networks.ts';
import { Transcript } from '../support/transcript.ts';
import { jobOver } from '../support/job-watch.ts';

const MAC = { one: '52:54:00:0a:00:01', two: '52:54:00:0a:00:02', lone: '52:54:00:0a:00:03' };

suite('guests on networks', { timeout: 600_000 }, () => {
  let lab: Lab;
  let core: TestCore;
  let host: string;
  let watch: NetworkWatch;
  before(async () => {
    lab = await Lab.up(1);
    await clean();
    core = await TestCore.open({ lab });
    host = await core.connect(`root@${lab.address(1)}`);
    watch = new NetworkWatch(core.client, host);
  });
  after(async () => {
    await watch.close();
    await core.close();
    await clean();
    await lab.release();
  });
  const clean = async (): Promise<void> => {
    await lab.clean(1);
    await lab.exec(
      1,
      'sh',
      '-c',
      'for n in $(virsh net-list --name); do virsh -q net-destroy $n; done; for n in $(virsh net-list --all --name); do [ $n = default ] || virsh -q net-undefine $n; done',
    );
  };
  /** A guest that has booted, and its serial console. */
  async function guest(
    name: string,
    network: { name: string; mac: string; portGroup?: string; filter?: string },
  ): Promise<Guest> {
    const uuid = await lab.addGuest(1, name, { headless: true, network });
    await core.machine(host, uuid);
    await core.client.domain.start({ host, uuid, paused: true });
    const { token } = await core.client.console.open({ host, uuid, kind: 'serial', takeOver: true });
    const { stream } = await core.connection.openPipe(token);
    const console = new Transcript(stream);
    await core.client.domain.resume({ host, uuid });
    await console.shows(/tiny guest ready/);
    return { uuid, console };
  }
  interface Guest {
    uuid: string;
    console: Transcript;
  }
  let first: Guest | undefined;
  let asked = 0;
  /** Whether a ping from the guest is answered. Asked again for a while, where an answer is expected. */
  async function reaches({ console }: Guest, address: string, tries: number): Promise<boolean> {
    asked += 1;
    console.type(
      `\ni=0; until ping -c 1 -W 1 ${address} >/dev/null 2>&1; do i=$((i+1)); [ $i -ge ${tries} ] && break; sleep 1; done; [ $i -lt ${tries} ] && echo answer-${asked}-y''es || echo answer-${asked}-n''o\n`,
    );
    const shown = await console.shows(new RegExp(`answer-${asked}-(?:yes|no)`));
    return shown.includes(`answer-${asked}-yes`);
  }
  const TRIES = 30;

  test('two guests on one network get addresses, one of them its fixed one, reach each other and the way out', async () => {
    const hosts = [{ mac: MAC.one, id: null, name: 'one', ip: '10.33.1.10' }];
    const { uuid } = await core.client.network.create({
      host,
      spec: networkSpec({ name: 'pair', mode: 'nat', ips: [ipv4('10.33.1', hosts)] }),
      start: true,
      autostart: false,
    });
    const one = await guest('one', { name: 'pair', mac: MAC.one });
    first = one;
    const two = await guest('two', { name: 'pair', mac: MAC.two });
    const leases = await watch.until(() => {
      const known = watch.leases.get(uuid) ?? [];
      return known.length === 2 ? known : undefined;
    }, 'both leases');
    const of = (mac: string) => leases.find((lease) => lease.mac === mac);
    assert.equal(of(MAC.one)?.ip, '10.33.1.10');
    assert.match(of(MAC.two)?.ip ?? '', /^10\.33\.1\.1[0-5]\d$/);
    assert.equal(of(MAC.two)?.prefix, 24);
    assert.ok((of(MAC.two)?.expiresAt ?? 0) > Date.now());
    const users = await watch.until(() => {
      const now = watch.networks.get(uuid)?.users ?? [];
      return now.length === 2 && now.every(({ addresses }) => addresses.length === 1) ? now : undefined;
    }, 'both cards with their addresses');
    assert.deepEqual(
      users.map(({ name, mac, running, addresses }) => ({ name, mac, running, addresses })),
      [
        { name: 'one', mac: MAC.one, running: true, addresses: ['10.33.1.10'] },
        { name: 'two', mac: MAC.two, running: true, addresses: [of(MAC.two)?.ip] },
      ],
    );
    for (const { target } of users) assert.match(target ?? '', /^vnet\d+$/);
    assert.ok(await reaches(one, of(MAC.two)?.ip ?? '', TRIES), 'one reaches two');
    assert.ok(await reaches(two, '10.33.1.10', TRIES), 'two reaches one');
    assert.ok(await reaches(two, `10.${91 + lab.id}.0.1`, TRIES), 'two reaches what is beyond the host');

    // A fixed address given while both run is the guest's at its next question.
    const now = watch.networks.get(uuid);
    const [ip] = now?.ips ?? [];
    assert.ok(now !== undefined && ip !== undefined);
    const spec = {
      ...now,
      ips: [{ ...ip, hosts: [...ip.hosts, { mac: MAC.two, id: null, name: 'two', ip: '10.33.1.20' }] }],
    };
    assert.deepEqual(await core.client.network.edit({ host, uuid, base: now, spec }), {
      live: ['fixed addresses'],
      atNextStart: [],
      kept: [],
    });
    two.console.type(
      '\nip addr flush dev eth0; udhcpc -q -n -t 8 -i eth0 -s /etc/udhcpc.sh; ip -4 addr show eth0\n',
    );
    await two.console.shows(/inet 10\.33\.1\.20\/24/);
    await watch.until(
      () => watch.leases.get(uuid)?.some(({ mac, ip: given }) => mac === MAC.two && given === '10.33.1.20'),
      'the new lease',
    );
    const { users: lost } = await core.client.network.loss({ host, uuid });
    assert.deepEqual(
      lost.map(({ name }) => name),
      ['one', 'two'],
    );
  });

  test('a restart makes what waits take effect and plugs a machine that runs in again', async () => {
    const uuid = watch.network('pair')?.uuid ?? '';
    const one = first;
    assert.ok(one !== undefined);
    const before = watch.network('pair');
    const [ip] = before?.ips ?? [];
    assert.ok(before !== undefined && ip !== undefined);
    const spec = { ...before, domain: 'pair.example' };
    const edited = await core.client.network.edit({ host, uuid, base: before, spec });
    assert.deepEqual(edited.atNextStart, ['the domain']);
    const xmlBefore = await lab.exec(1, 'virsh', 'dumpxml', 'one', '--inactive');
    assert.equal(
      (await jobOver(core, (await core.client.network.restart({ host, uuid })).job)).state,
      'done',
    );
    assert.ok(await reaches(one, '10.33.1.1', TRIES), 'one reaches the host in the network');
    assert.ok(await reaches(one, `10.${91 + lab.id}.0.1`, TRIES), 'one reaches what is beyond the host');
    assert.equal(await lab.exec(1, 'virsh', 'dumpxml', 'one', '--inactive'), xmlBefore);
    assert.equal(watch.network('pair')?.changesPending, false);
    const names = (await lab.exec(1, 'virsh', 'net-list', '--all', '--name')).trim().split(/\s+/);
    assert.deepEqual(
      names.filter((name) => name.startsWith('virtlane')),
      [],
    );
  });

  test('a guest on an isolated network reaches the host in it, and nothing beyond; its filter keeps it to its address', async () => {
    await core.client.network.create({
      host,
      spec: networkSpec({ name: 'alone', ips: [ipv4('10.33.2')] }),
      start: true,
      autostart: false,
    });
    const lone = await guest('lone', { name: 'alone', mac: MAC.lone, filter: 'clean-traffic' });
    assert.ok(await reaches(lone, '10.33.2.1', TRIES), 'the host’s own address in the network');
    lone.console.type("\nip route replace default via 10.33.2.1; echo rou''ted\n");
    await lone.console.shows(/routed/);
    assert.equal(await reaches(lone, `10.${91 + lab.id}.0.1`, 3), false);
    assert.equal(await reaches(lone, '10.33.1.10', 3), false);

    const filter = await watch.until(
      () => watch.filters.find(({ name, users }) => name === 'clean-traffic' && users.length > 0),
      'the filter with its card',
    );
    assert.deepEqual(
      filter.users.map(({ name, mac }) => ({ name, mac })),
      [{ name: 'lone', mac: MAC.lone }],
    );
    lone.console.type(
      "\nkillall udhcpc; ip addr flush dev eth0; ip addr add 10.33.2.77/24 dev eth0; echo ano''ther\n",
    );
    await lone.console.shows(/another/);
    assert.equal(await reaches(lone, '10.33.2.1', 3), false, 'an address that is not its own');
  });

  test('Open vSwitch: guests of one VLAN reach each other, and those of another do not', async () => {
    await lab.clean(1);
    await lab.startOpenVswitch(1, 'ovsbr0');
    const group = (name: string, id: number, isDefault: boolean) => ({
      name,
      isDefault,
      vlan: { trunk: false, tags: [{ id, nativeMode: null }] },
      inbound: null,
      outbound: null,
    });
    const spec = networkSpec({
      name: 'switched',
      mode: 'bridge',
      bridge: 'ovsbr0',
      virtualPort: 'openvswitch',
      portGroups: [group('red', 10, true), group('blue', 20, false)],
    });
    assert.deepEqual((await core.client.network.preview({ host, spec })).problems, []);
    const { uuid } = await core.client.network.create({ host, spec, start: true, autostart: false });
    const guests = [
      await guest('red-1', { name: 'switched', mac: '52:54:00:0b:00:01' }),
      await guest('red-2', { name: 'switched', mac: '52:54:00:0b:00:02', portGroup: 'red' }),
      await guest('blue-1', { name: 'switched', mac: '52:54:00:0b:00:03', portGroup: 'blue' }),
    ];
    for (const [at, { console }] of guests.entries()) {
      console.type(
        `\nkillall udhcpc; ip addr flush dev eth0; ip addr add 10.33.3.${at + 1}/24 dev eth0; echo addr-${at}-s''et\n`,
      );
      await console.shows(new RegExp(`addr-${at}-set`));
    }
    const [red, , blue] = guests;
    assert.ok(red !== undefined && blue !== undefined);
    assert.ok(await reaches(red, '10.33.3.2', TRIES), 'red reaches red');
    assert.equal(await reaches(red, '10.33.3.3', 3), false, 'red does not reach blue');
    assert.equal(await reaches(blue, '10.33.3.1', 3), false, 'blue does not reach red');
    const users = await watch.until(() => {
      const now = watch.networks.get(uuid)?.users ?? [];
      return now.length === 3 ? now : undefined;
    }, 'three cards');
    assert.equal(users.find(({ name }) => name === 'blue-1')?.portGroup, 'blue');
  });
});
