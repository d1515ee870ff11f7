import assert from 'node:assert/strict';
import test, { suite } from 'node:test';
import { changedFields } from '../../../drivers/libvirt/model/network-difference.ts';
import { editNetworkXml } from '../../../drivers/libvirt/model/network-edit.ts';
import { networkChanges } from '../../../drivers/libvirt/model/network-update.ts';
import { buildNetworkXml } from '../../../drivers/libvirt/model/network-xml.ts';
import { readNetwork } from '../../../drivers/libvirt/model/network.ts';
import { readNic } from '../../../drivers/libvirt/model/nic.ts';
import { parseXml } from '../../../drivers/xml/index.ts';
import type { NetworkModel } from '../../../drivers/libvirt/model/network-types.ts';
import {
  readInterface,
  readNetDevice,
  readVirtualFunctions,
} from '../../../drivers/libvirt/model/interface.ts';
import { EVERY_KIND, ipv4, networkSpec } from '../../support/networks.ts';

/** As virsh net-dumpxml shows it, with things in it that nothing here knows. */
const KEPT = `<network connections='2' xmlns:dnsmasq='http://libvirt.org/schemas/network/dnsmasq/1.0'>
  <name>kept</name>
  <uuid>397740b5-b34f-4046-bee0-f89195c0c90d</uuid>
  <metadata>
    <a:tag xmlns:a="urn:a">  as it is </a:tag>
  </metadata>
  <forward dev='eth0' mode='nat'>
    <nat ipv6='yes'>
      <address start='1.2.3.4' end='1.2.3.10'/>
      <port start='1024' end='65535'/>
    </nat>
    <interface dev='eth0' connections='1'/>
  </forward>
  <bridge name='virbr1' zone='lab' stp='on' delay='0'/>
  <mac address='52:54:00:0a:07:84'/>
  <domain name='kept.example' localOnly='yes'/>
  <dns forwardPlainNames='no'>
    <txt name='hello' value='world'/>
    <host ip='10.0.9.9'><hostname>one</hostname></host>
  </dns>
  <bandwidth>
    <inbound average='100' floor='10'/>
  </bandwidth>
  <ip address='10.0.9.1' netmask='255.255.255.0' localPtr='yes'>
    <tftp root='/srv/tftp'/>
    <dhcp>
      <range start='10.0.9.100' end='10.0.9.150'><lease expiry='30' unit='minutes'/></range>
      <host mac='52:54:00:00:00:01' name='a' ip='10.0.9.11'><lease expiry='0'/></host>
      <bootp file='pxelinux.0'/>
    </dhcp>
  </ip>
  <dnsmasq:options>
    <dnsmasq:option value='log-queries'/>
  </dnsmasq:options>
</network>
`;

suite('networks in XML', () => {
  test('every kind is read back as it was written, with its UUID', () => {
    for (const spec of EVERY_KIND) {
      const { uuid, ...read } = readNetwork(buildNetworkXml(spec, '397740b5-b34f-4046-bee0-f89195c0c90d'));
      assert.deepEqual(read, spec, spec.name);
      assert.equal(uuid, '397740b5-b34f-4046-bee0-f89195c0c90d');
    }
  });

  test('from each kind to each other by an edit', () => {
    for (const from of EVERY_KIND)
      for (const to of EVERY_KIND) {
        const edited = readNetwork(editNetworkXml(buildNetworkXml(from, null), { ...to, name: from.name }));
        assert.deepEqual(
          [...changedFields(edited, { ...to, name: from.name })],
          [],
          `${from.name} to ${to.name}`,
        );
      }
  });

  test('nothing changed is the same text; one thing changed leaves all else byte for byte', () => {
    const { uuid: _uuid, ...kept } = readNetwork(KEPT);
    assert.equal(editNetworkXml(KEPT, kept), KEPT);
    assert.equal(
      editNetworkXml(KEPT, { ...kept, domain: 'other.example' }),
      KEPT.replace('kept.example', 'other.example'),
    );
    const [ip] = kept.ips;
    assert.ok(ip !== undefined);
    const withHost = {
      ...kept,
      ips: [{ ...ip, hosts: [...ip.hosts, { mac: null, id: null, name: 'b', ip: '10.0.9.12' }] }],
    };
    assert.equal(
      editNetworkXml(KEPT, withHost),
      KEPT.replace(
        "<bootp file='pxelinux.0'/>\n",
        "<bootp file='pxelinux.0'/>\n      <host name='b' ip='10.0.9.12'/>\n",
      ),
    );
    assert.equal(
      editNetworkXml(KEPT, { ...kept, inbound: { averageKiBps: 200, peakKiBps: null, burstKiB: null } }),
      KEPT.replace("average='100'", "average='200'"),
    );
    assert.equal(
      editNetworkXml(KEPT, { ...kept, natPorts: { start: 2000, end: 3000 } }),
      KEPT.replace("start='1024' end='65535'", "start='2000' end='3000'"),
    );
    assert.equal(
      editNetworkXml(KEPT, { ...kept, ips: [{ ...ip, prefix: 16 }] }),
      KEPT.replace(" netmask='255.255.255.0' localPtr='yes'", " localPtr='yes' prefix='16'"),
    );
  });

  test('what libvirt writes in two ways is read as one', () => {
    const kept = readNetwork(KEPT);
    assert.deepEqual(kept.devices, ['eth0']);
    assert.equal(kept.natPorts, null);
    assert.equal(kept.ips[0]?.prefix, 24);
    const pool = readNetwork(
      "<network><name>p</name><forward mode='hostdev' managed='yes'><pf dev='eth3'/><address type='pci' domain='0x0000' bus='0x07' slot='0x10' function='0x0'/></forward></network>",
    );
    assert.deepEqual(
      pool.devices,
      ['eth3'],
      'the functions that libvirt fills in are not what was asked for',
    );
    const bare = readNetwork("<network><name>n</name><forward/><ip address='10.1.2.3'/></network>");
    assert.deepEqual([bare.mode, bare.ips[0]?.prefix], ['nat', 8]);
    assert.throws(() => readNetwork('<domain/>'));
  });
});

suite('changes of a network that runs', () => {
  const running = networkSpec({
    name: 'n',
    mode: 'nat',
    devices: ['eth0'],
    ips: [ipv4('10.1.1', [{ mac: '52:54:00:00:00:01', id: null, name: 'a', ip: '10.1.1.5' }])],
    portGroups: [
      { name: 'red', isDefault: true, vlan: null, inbound: null, outbound: null },
      { name: 'gone', isDefault: false, vlan: null, inbound: null, outbound: null },
    ],
  });
  const changes = (parts: Partial<NetworkModel>) => {
    const { updates, rest } = networkChanges(running, { ...running, ...parts });
    return {
      rest,
      calls: updates.map(({ command, section, parentIndex, xml }) => [command, section, parentIndex, xml]),
    };
  };

  test('an address is taken away before it is given to another', () => {
    const hosts = [{ mac: '52:54:00:00:00:02', id: null, name: null, ip: '10.1.1.5' }];
    assert.deepEqual(changes({ ips: [ipv4('10.1.1', hosts)] }), {
      rest: [],
      calls: [
        [2, 4, 0, "<host mac='52:54:00:00:00:01' name='a' ip='10.1.1.5'/>"],
        [3, 4, 0, "<host mac='52:54:00:00:00:02' ip='10.1.1.5'/>"],
      ],
    });
  });

  test('an address of the network itself waits, with all that hangs on it', () => {
    assert.deepEqual(changes({ ips: [ipv4('10.1.2')] }), { rest: ['ips'], calls: [] });
  });

  test('a forward is changed; another mode waits, with its devices', () => {
    assert.deepEqual(changes({ devices: ['eth1'] }), {
      rest: [],
      calls: [
        [2, 7, -1, "<interface dev='eth0'/>"],
        [3, 7, -1, "<interface dev='eth1'/>"],
      ],
    });
    assert.deepEqual(changes({ mode: 'route', devices: ['eth1'] }), { rest: ['mode', 'devices'], calls: [] });
  });

  test('the default moves from one port group to another in an order that has one at most', () => {
    const group = { vlan: null, inbound: null, outbound: null };
    const { calls, rest } = changes({
      portGroups: [
        { name: 'blue', isDefault: true, ...group },
        { name: 'red', isDefault: false, ...group },
      ],
    });
    assert.deepEqual(rest, []);
    assert.deepEqual(calls, [
      [2, 9, -1, "<portgroup name='gone'/>"],
      [1, 9, -1, "<portgroup name='red'/>"],
      [3, 9, -1, "<portgroup name='blue' default='yes'/>"],
    ]);
  });

  test('the rest is named', () => {
    assert.deepEqual(changes({ mtu: 1400, domain: 'x', dnsHosts: [{ ip: '10.1.1.9', names: ['x'] }] }), {
      rest: ['mtu', 'domain'],
      calls: [[3, 10, -1, "<host ip='10.1.1.9'>\n  <hostname>x</hostname>\n</host>"]],
    });
  });
});

suite('cards on a network', () => {
  test('of a running machine libvirt names the kind that the network came to; it is on the network all the same', () => {
    for (const shown of [
      "<interface type='network'><source network='switched' portgroup='red'/></interface>",
      "<interface type='bridge'><source network='switched' portgroup='red' portid='65ffb9cc-e303-4d5d-a39b-97b195b75ae7' bridge='ovsbr0'/></interface>",
      "<interface type='direct'><source network='switched' portgroup='red' dev='eth0' mode='bridge'/></interface>",
    ]) {
      const { type, source, portgroup } = readNic(parseXml(shown).root);
      assert.deepEqual(
        { type, source, portgroup },
        { type: 'network', source: 'switched', portgroup: 'red' },
      );
    }
  });
});

suite('devices of the host in XML', () => {
  test('a card, its virtual functions, a bridge with its ports and addresses', () => {
    assert.deepEqual(
      readNetDevice(
        "<device><name>net_eno1_3c</name><path>/sys/devices/pci/net/eno1</path><parent>pci_0000_3b_00_0</parent><capability type='net'><interface>eno1</interface><address>3C:fd:fe:00:00:01</address><link speed='10000' state='up'/><capability type='80203'/></capability></device>",
      ),
      {
        name: 'eno1',
        mac: '3c:fd:fe:00:00:01',
        up: true,
        speedMbps: 10_000,
        parent: 'pci_0000_3b_00_0',
        path: '/sys/devices/pci/net/eno1',
      },
    );
    assert.deepEqual(
      readVirtualFunctions(
        "<device><capability type='pci'><capability type='virt_functions' maxCount='8'><address domain='0x0000' bus='0x07' slot='0x10' function='0x0'/></capability></capability></device>",
      ),
      { count: 1, max: 8 },
    );
    assert.equal(readVirtualFunctions("<device><capability type='pci'/></device>"), null);
    assert.equal(readNetDevice("<device><capability type='pci'/></device>"), null);
    const bridge = readInterface(
      "<interface type='bridge' name='br0'><protocol family='ipv4'><ip address='10.0.0.5' prefix='24'/></protocol><bridge><interface type='ethernet' name='eno1'/></bridge></interface>",
    );
    assert.deepEqual(bridge.members, ['eno1']);
    assert.deepEqual(bridge.addresses, [{ address: '10.0.0.5', prefix: 24 }]);
  });
});
