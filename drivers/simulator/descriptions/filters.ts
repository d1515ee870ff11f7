export interface Filter {
  readonly name: string;
  readonly uuid: string;
  readonly xml: string;
}

function filter(name: string, uuid: string, head: string, lines: readonly string[]): Filter {
  const body = lines.map((line) => `  ${line}`).join('\n');
  return { name, uuid, xml: `<filter name='${name}' ${head}>\n  <uuid>${uuid}</uuid>\n${body}\n</filter>\n` };
}

/** Some of the filters that libvirt brings along, as its nwfilterGetXMLDesc shows them. */
export const FILTERS: readonly Filter[] = [
  filter('allow-arp', '384bf27c-eeca-4c64-b934-8fe1d8e15918', "chain='arp' priority='-500'", [
    "<rule action='accept' direction='inout' priority='500'/>",
  ]),
  filter('allow-dhcp', '9ac826ba-3beb-4aa8-9939-4fa1867c233a', "chain='ipv4' priority='-700'", [
    "<rule action='accept' direction='out' priority='100'>",
    "  <ip srcipaddr='0.0.0.0' dstipaddr='255.255.255.255' protocol='udp' srcportstart='68' dstportstart='67'/>",
    '</rule>',
    "<rule action='accept' direction='in' priority='100'>",
    "  <ip protocol='udp' srcportstart='67' dstportstart='68'/>",
    '</rule>',
  ]),
  filter('clean-traffic', '02fc3668-924d-4ab6-afb6-6a08ea0c4222', "chain='root'", [
    "<filterref filter='no-mac-spoofing'/>",
    "<filterref filter='no-ip-spoofing'/>",
    "<rule action='accept' direction='out' priority='-650'>",
    "  <mac protocolid='ipv4'/>",
    '</rule>',
    "<filterref filter='allow-arp'/>",
  ]),
  filter('no-ip-spoofing', '1ce743ea-86bc-471c-a769-39039fcb42b1', "chain='ipv4-ip' priority='-710'", [
    "<rule action='return' direction='out' priority='100'>",
    "  <ip srcipaddr='0.0.0.0' protocol='udp'/>",
    '</rule>',
    "<rule action='return' direction='out' priority='500'>",
    "  <ip srcipaddr='$IP'/>",
    '</rule>',
    "<rule action='drop' direction='out' priority='1000'/>",
  ]),
  filter('no-mac-spoofing', '8acba215-2e01-4d46-9398-8bfd10994fc1', "chain='mac' priority='-800'", [
    "<rule action='return' direction='out' priority='500'>",
    "  <mac srcmacaddr='$MAC'/>",
    '</rule>',
    "<rule action='drop' direction='out' priority='500'>",
    '  <mac/>',
    '</rule>',
  ]),
];
