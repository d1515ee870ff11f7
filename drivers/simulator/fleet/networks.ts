import { randomUuid } from '../random.ts';
import { uuidToString } from '../../libvirt/uuid.ts';

/** Devices of a simulated host that networks can use, beside the bridges of its networks. */
export const HOST_DEVICES = {
  uplink: 'eno1',
  divided: 'eno2',
  bridge: 'br-lan',
  openVswitch: 'ovs0',
} as const;

/** The networks that a simulated host begins with. */
export function planNetworks(random: () => number): { xml: string; running: boolean }[] {
  const network = (name: string, running: boolean, lines: readonly string[]) => ({
    running,
    xml: [
      '<network>',
      `  <name>${name}</name>`,
      `  <uuid>${uuidToString(randomUuid(random))}</uuid>`,
      ...lines,
      '</network>',
      '',
    ].join('\n'),
  });
  return [
    network('default', true, [
      "  <forward mode='nat'>",
      '    <nat>',
      "      <port start='1024' end='65535'/>",
      '    </nat>',
      '  </forward>',
      "  <bridge name='virbr0' stp='on' delay='0'/>",
      ...ip('192.168.122'),
    ]),
    network('br-lan', true, ["  <forward mode='bridge'/>", `  <bridge name='${HOST_DEVICES.bridge}'/>`]),
    network('lab', false, ["  <bridge name='virbr1' stp='on' delay='0'/>", ...ip('10.10.10')]),
    network('tenants', true, [
      "  <forward mode='bridge'/>",
      `  <bridge name='${HOST_DEVICES.openVswitch}'/>`,
      "  <virtualport type='openvswitch'/>",
      "  <portgroup name='red' default='yes'>",
      '    <vlan>',
      "      <tag id='10'/>",
      '    </vlan>',
      '  </portgroup>',
      "  <portgroup name='blue'>",
      '    <vlan>',
      "      <tag id='20'/>",
      '    </vlan>',
      '  </portgroup>',
    ]),
  ];
}

function ip(net: string): string[] {
  return [
    `  <ip address='${net}.1' netmask='255.255.255.0'>`,
    '    <dhcp>',
    `      <range start='${net}.2' end='${net}.254'/>`,
    '    </dhcp>',
    '  </ip>',
  ];
}
