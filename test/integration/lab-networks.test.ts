import assert from 'node:assert/strict';
import { after, before, suite, test } from 'node:test';
import type { Failure } from '../../main/contract/failure.ts';
import { buildNetworkXml } from '../../drivers/libvirt/model/network-xml.ts';
import { editNetworkXml } from '../../drivers/libvirt/model/network-edit.ts';
import { Lab } from '../lab/lab.ts';
import { TestCore } from '../support/core.ts';
import { NetworkWatch } from '../support/network-watch.ts';
import { EVERY_KIND, ipv4, networkSpec } from '../support/networks.ts';
import { until } from '../support/wait.ts';

suite('networks on a real libvirt', { timeout: 600_000 }, () => {
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
  const sh = (script: string): Promise<string> => lab.exec(1, 'sh', '-c', script);
  const clean = async (): Promise<void> => {
    await lab.clean(1);
    await sh(
      'for n in $(virsh net-list --name); do virsh -q net-destroy $n; done; for n in $(virsh net-list --all --name); do [ $n = default ] || virsh -q net-undefine $n; done',
    );
  };
  const xmlOf = (name: string, ...flags: string[]): Promise<string> =>
    lab.exec(1, 'virsh', 'net-dumpxml', name, ...flags);
  const failureOf = async (work: Promise<unknown>): Promise<Failure> => {
    try {
      await work;
    } catch (error) {
      return (error as { data: Failure }).data;
    }
    throw new Error('it did not fail');
  };

  test('every kind of network, built and edited, is what libvirt’s schema says', async () => {
    for (const [at, spec] of EVERY_KIND.entries()) {
      const next = EVERY_KIND[(at + 1) % EVERY_KIND.length] ?? spec;
      const built = buildNetworkXml(spec, null);
      const edited = editNetworkXml(built, { ...next, name: spec.name });
      for (const xml of [built, edited]) {
        const file = `/tmp/check-${at}.xml`;
        await lab.execWith(xml, 1, 'sh', '-c', `cat > ${file}`);
        const told = await sh(`virt-xml-validate ${file} network 2>&1 || :`);
        assert.match(told, /validates/, `${xml}\n${told}`);
      }
    }
  });

  test('every kind that needs no device of its own is defined as it was said, and read back the same', async () => {
    for (const spec of EVERY_KIND) {
      // libvirt looks for the functions at once.
      if (spec.name === 'sriov-functions') continue;
      const { uuid } = await core.client.network.create({
        host,
        spec,
        start: false,
        autostart: false,
        despite: true,
      });
      const read = await watch.until(() => watch.networks.get(uuid), `${spec.name} in the list`);
      for (const key of Object.keys(spec) as (keyof typeof spec)[]) {
        // libvirt chooses a bridge, and says STP, where nothing is said.
        if ((key === 'bridge' || key === 'stp') && spec[key] === null) continue;
        assert.deepEqual(read[key], spec[key], `${spec.name}: ${key}`);
      }
      assert.equal(read.active, false);
      await core.client.network.delete({ host, uuid });
      await watch.until(() => !watch.networks.has(uuid), `${spec.name} gone`);
    }
  });

  test('a network is created, started, kept, stopped and deleted, and the watch shows each', async () => {
    const spec = networkSpec({ name: 'life', mode: 'nat', ips: [ipv4('10.32.1')] });
    const { uuid } = await core.client.network.create({ host, spec, start: true, autostart: true });
    const made = await watch.until(() => {
      const now = watch.networks.get(uuid);
      return now?.active === true && now.autostart ? now : undefined;
    }, 'it runs and starts with the host');
    assert.equal(made.changesPending, false);
    assert.deepEqual(made.users, []);
    await watch.until(
      () => watch.interfaces.find(({ name, network }) => name === made.bridge && network === 'life'),
      'its bridge among the devices',
    );
    await core.client.network.setAutostart({ host, uuid, autostart: false });
    await watch.until(() => watch.networks.get(uuid)?.autostart === false, 'autostart off');
    await core.client.network.stop({ host, uuid });
    await watch.until(() => watch.networks.get(uuid)?.active === false, 'it is stopped');
    const again = await failureOf(core.client.network.stop({ host, uuid }));
    assert.equal(again.libvirt?.code, 'VIR_ERR_OPERATION_INVALID');
    assert.match(again.message, /The network life was not stopped on /);
    await core.client.network.start({ host, uuid });
    await watch.until(() => watch.networks.get(uuid)?.active, 'it runs again');
    await core.client.network.delete({ host, uuid });
    await watch.until(() => !watch.networks.has(uuid), 'it is gone');
    assert.ok(!(await sh('virsh net-list --all --name')).includes('life'));
  });

  test('what cannot be started leaves nothing, and what was there before stays', async () => {
    const spec = networkSpec({ name: 'clash', mode: 'nat', ips: [ipv4(`10.${91 + lab.id}.0`)] });
    const clash = { host, spec, start: true, autostart: true };
    const early = await failureOf(core.client.network.create(clash));
    assert.match(early.detail ?? '', /is used by the host itself|this computer/);
    // What libvirt itself refuses leaves nothing either: another device of the host has this range.
    await sh('ip addr add 10.32.9.1/24 dev eth0');
    const other = { ...clash, spec: { ...spec, ips: [ipv4('10.32.9')] }, despite: true };
    const failure = await failureOf(core.client.network.create(other));
    await sh('ip addr del 10.32.9.1/24 dev eth0');
    assert.match(failure.libvirt?.message ?? '', /already in use by interface eth0/);
    assert.ok(!(await sh('virsh net-list --all --name')).includes('clash'));
    const before = await xmlOf('default');
    const taken = await failureOf(
      core.client.network.create({
        host,
        spec: networkSpec({ name: 'default', ips: [ipv4('10.32.2')] }),
        start: true,
        autostart: false,
        despite: true,
      }),
    );
    assert.match(taken.libvirt?.message ?? '', /already exists/);
    assert.equal(await xmlOf('default'), before);
  });

  test('the preview says what stands against a network', async () => {
    const problems = async (spec: Parameters<typeof networkSpec>[0]): Promise<string[]> =>
      (await core.client.network.preview({ host, spec: networkSpec(spec) })).problems;
    assert.deepEqual(await problems({ name: 'free', mode: 'nat', ips: [ipv4('10.32.3')] }), []);
    const own = `10.${91 + lab.id}.0`;
    assert.match((await problems({ name: 'own', mode: 'nat', ips: [ipv4(own)] })).join(), /the host itself/);
    assert.deepEqual(await problems({ name: 'default', mode: 'nat', ips: [ipv4('192.168.122')] }), [
      'A network default exists already.',
      '192.168.122.0/24 is used by default.',
    ]);
    assert.deepEqual(await problems({ name: 'b', mode: 'bridge', bridge: 'br-none' }), [
      'The host has no bridge br-none.',
    ]);
    assert.deepEqual(await problems({ name: 'd', mode: 'passthrough', devices: ['eth9'] }), [
      'The host has no device eth9.',
    ]);
  });

  test('a route that would take the way back to this computer is refused, also to who insists', async () => {
    const routes = [
      { family: 'ipv4' as const, address: `10.${91 + lab.id}.0.0`, prefix: 28, gateway: '10.32.5.2' },
    ];
    const spec = networkSpec({ name: 'cutoff', mode: 'route', ips: [ipv4('10.32.5')], routes });
    const { problems } = await core.client.network.preview({ host, spec });
    assert.match(problems.join('\n'), /The route to .* takes the host’s way to/);
    const failure = await failureOf(
      core.client.network.create({ host, spec, start: true, autostart: true, despite: true }),
    );
    assert.equal(failure.code, 'CONFLICT');
    assert.equal(failure.detail, problems.join('\n'));
    assert.ok(!(await sh('virsh net-list --all --name')).includes('cutoff'));
  });

  test('a fixed address that somebody adds between the reading and the edit stays', async () => {
    const { uuid } = await core.client.network.create({
      host,
      spec: networkSpec({ name: 'shared', ips: [ipv4('10.32.6')] }),
      start: true,
      autostart: false,
    });
    const base = await watch.until(
      () => watch.networks.get(uuid)?.active && watch.networks.get(uuid),
      'it runs',
    );
    const theirs = "<host mac='52:54:00:00:00:77' ip='10.32.6.77'/>";
    await sh(`virsh -q net-update shared add ip-dhcp-host "${theirs}" --live --config`);
    const spec = { ...base, dnsHosts: [{ ip: '10.32.6.5', names: ['a'] }] };
    const edited = await core.client.network.edit({ host, uuid, base, spec });
    assert.deepEqual(edited, { live: ['DNS names'], atNextStart: [], kept: ['its addresses'] });
    for (const xml of [await xmlOf('shared'), await xmlOf('shared', '--inactive')])
      assert.ok(xml.includes(theirs), xml);
    await core.client.network.delete({ host, uuid });
  });

  test('what can be changed while it runs is, the rest waits for the next start, and the XML keeps what is not known here', async () => {
    await lab.execWith(
      `<network xmlns:dnsmasq='http://libvirt.org/schemas/network/dnsmasq/1.0'><name>kept</name>
        <forward mode='nat'><nat><port start='1024' end='65535'/></nat></forward>
        <bridge name='vkept' zone='' stp='on' delay='0'/>
        <dns><txt name='hello' value='world'/><host ip='10.32.4.9'><hostname>old</hostname></host></dns>
        <ip address='10.32.4.1' netmask='255.255.255.0' localPtr='yes'><dhcp>
          <range start='10.32.4.100' end='10.32.4.150'><lease expiry='30' unit='minutes'/></range>
          <host mac='52:54:00:00:00:01' name='gone' ip='10.32.4.11'/></dhcp></ip>
        <dnsmasq:options><dnsmasq:option value='log-queries'/></dnsmasq:options></network>`.replace(
        " zone=''",
        '',
      ),
      1,
      'sh',
      '-c',
      'cat > /tmp/kept.xml; virsh -q net-define /tmp/kept.xml; virsh -q net-start kept',
    );
    const before = await watch.until(
      () => watch.network('kept')?.active && watch.network('kept'),
      'kept runs',
    );
    assert.equal(before.changesPending, false);
    const { uuid, ips } = before;
    const [ip] = ips;
    assert.ok(ip !== undefined);
    const spec = {
      ...before,
      dnsHosts: [{ ip: '10.32.4.8', names: ['new', 'new.example'] }],
      ips: [
        {
          ...ip,
          hosts: [{ mac: '52:54:00:00:00:02', id: null, name: 'come', ip: '10.32.4.11' }],
          ranges: [...ip.ranges, { start: '10.32.4.160', end: '10.32.4.170' }],
        },
      ],
      devices: ['eth0'],
      domain: 'kept.example',
      mtu: 1300,
    };
    const edited = await core.client.network.edit({ host, uuid, base: before, spec });
    assert.deepEqual(edited, {
      live: ['fixed addresses', 'DNS names', 'DHCP ranges', 'the devices that it goes out by'].filter(
        (word) => edited.live.includes(word),
      ),
      atNextStart: ['the MTU', 'the domain'],
      kept: [],
    });
    assert.equal(edited.live.length, 4, JSON.stringify(edited));
    const [live, inactive] = [await xmlOf('kept'), await xmlOf('kept', '--inactive')];
    for (const xml of [live, inactive]) {
      assert.match(xml, /<host mac='52:54:00:00:00:02' name='come' ip='10.32.4.11'\/>/);
      assert.ok(!xml.includes("name='gone'"));
      assert.match(xml, /<hostname>new.example<\/hostname>/);
      assert.ok(!xml.includes('<hostname>old<'));
      assert.match(xml, /<range start='10.32.4.160' end='10.32.4.170'\/>/);
      assert.match(xml, /<interface dev='eth0'\/>/);
      assert.match(xml, /<lease expiry='30' unit='minutes'\/>/);
      assert.match(xml, /<txt name='hello' value='world'\/>/);
      assert.match(xml, /localPtr='yes'/);
      assert.match(xml, /<dnsmasq:option value='log-queries'\/>/);
    }
    assert.ok(!live.includes('kept.example'));
    assert.match(inactive, /<domain name='kept.example'\/>/);
    assert.match(inactive, /<mtu size='1300'\/>/);
    // The server itself has it.
    assert.match(
      await sh('cat /var/lib/libvirt/dnsmasq/kept.hostsfile'),
      /52:54:00:00:00:02,10.32.4.11,come/,
    );
    assert.match(await sh('iptables-save'), /-o eth0 -j|-i eth0/);
    await watch.until(() => watch.network('kept')?.changesPending, 'changes wait');
    await core.client.network.stop({ host, uuid });
    await core.client.network.start({ host, uuid });
    await watch.until(() => {
      const now = watch.network('kept');
      return now?.active === true && !now.changesPending && now.mtu === 1300;
    }, 'nothing waits after its start');
    const renamed = await failureOf(
      core.client.network.edit({ host, uuid, base: spec, spec: { ...spec, name: 'other' } }),
    );
    assert.equal(renamed.code, 'BAD_INPUT');
    await core.client.network.delete({ host, uuid });
  });

  test('filters are listed with what they are made of', async () => {
    const filter = await watch.until(
      () => watch.filters.find(({ name }) => name === 'clean-traffic'),
      'clean-traffic',
    );
    assert.ok(filter.refs.includes('no-mac-spoofing'));
    assert.match(await core.client.filter.xml({ host, uuid: filter.uuid }), /<filter name='clean-traffic'/);
  });

  test('a network that another made, changed or took away shows without being asked for', async () => {
    await sh(
      `echo "<network><name>outside</name><bridge name='vout'/></network>" > /tmp/o.xml; virsh -q net-define /tmp/o.xml; virsh -q net-start outside`,
    );
    await watch.until(() => watch.network('outside')?.active, 'outside runs');
    await sh('virsh -q net-destroy outside; virsh -q net-undefine outside');
    await watch.until(() => watch.network('outside') === undefined, 'outside gone');
  });

  test('after libvirtd was restarted the watch goes on', async () => {
    await lab.stopLibvirtd(1);
    await core.inState(host, 'away');
    await lab.startLibvirtd(1);
    await core.inState(host, 'connected');
    await sh(`echo "<network><name>after</name></network>" > /tmp/a.xml; virsh -q net-define /tmp/a.xml`);
    const { uuid } = await watch.until(() => watch.network('after'), 'after is seen');
    await core.client.network.delete({ host, uuid });
    await until(() => watch.network('after') === undefined, 'after gone');
  });
});
