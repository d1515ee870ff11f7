/** virNetworkXMLFlags of libvirt-network.h */
export const virNetworkXMLFlags = {
  VIR_NETWORK_XML_INACTIVE: 1,
} as const;

/** virConnectListAllNetworksFlags of libvirt-network.h */
export const virConnectListAllNetworksFlags = {
  VIR_CONNECT_LIST_NETWORKS_INACTIVE: 1,
  VIR_CONNECT_LIST_NETWORKS_ACTIVE: 2,
  VIR_CONNECT_LIST_NETWORKS_PERSISTENT: 4,
  VIR_CONNECT_LIST_NETWORKS_TRANSIENT: 8,
  VIR_CONNECT_LIST_NETWORKS_AUTOSTART: 16,
  VIR_CONNECT_LIST_NETWORKS_NO_AUTOSTART: 32,
} as const;

/** virNetworkCreateFlags of libvirt-network.h */
export const virNetworkCreateFlags = {
  VIR_NETWORK_CREATE_VALIDATE: 1,
} as const;

/** virNetworkDefineFlags of libvirt-network.h */
export const virNetworkDefineFlags = {
  VIR_NETWORK_DEFINE_VALIDATE: 1,
} as const;

/** virNetworkUpdateCommand of libvirt-network.h */
export const virNetworkUpdateCommand = {
  VIR_NETWORK_UPDATE_COMMAND_NONE: 0,
  VIR_NETWORK_UPDATE_COMMAND_MODIFY: 1,
  VIR_NETWORK_UPDATE_COMMAND_DELETE: 2,
  VIR_NETWORK_UPDATE_COMMAND_ADD_LAST: 3,
  VIR_NETWORK_UPDATE_COMMAND_ADD_FIRST: 4,
} as const;

/** virNetworkUpdateSection of libvirt-network.h */
export const virNetworkUpdateSection = {
  VIR_NETWORK_SECTION_NONE: 0,
  VIR_NETWORK_SECTION_BRIDGE: 1,
  VIR_NETWORK_SECTION_DOMAIN: 2,
  VIR_NETWORK_SECTION_IP: 3,
  VIR_NETWORK_SECTION_IP_DHCP_HOST: 4,
  VIR_NETWORK_SECTION_IP_DHCP_RANGE: 5,
  VIR_NETWORK_SECTION_FORWARD: 6,
  VIR_NETWORK_SECTION_FORWARD_INTERFACE: 7,
  VIR_NETWORK_SECTION_FORWARD_PF: 8,
  VIR_NETWORK_SECTION_PORTGROUP: 9,
  VIR_NETWORK_SECTION_DNS_HOST: 10,
  VIR_NETWORK_SECTION_DNS_TXT: 11,
  VIR_NETWORK_SECTION_DNS_SRV: 12,
} as const;

/** virNetworkUpdateFlags of libvirt-network.h */
export const virNetworkUpdateFlags = {
  VIR_NETWORK_UPDATE_AFFECT_CURRENT: 0,
  VIR_NETWORK_UPDATE_AFFECT_LIVE: 1,
  VIR_NETWORK_UPDATE_AFFECT_CONFIG: 2,
} as const;

/** virNetworkEventLifecycleType of libvirt-network.h */
export const virNetworkEventLifecycleType = {
  VIR_NETWORK_EVENT_DEFINED: 0,
  VIR_NETWORK_EVENT_UNDEFINED: 1,
  VIR_NETWORK_EVENT_STARTED: 2,
  VIR_NETWORK_EVENT_STOPPED: 3,
} as const;

/** virNetworkEventID of libvirt-network.h */
export const virNetworkEventID = {
  VIR_NETWORK_EVENT_ID_LIFECYCLE: 0,
} as const;

/** virIPAddrType of libvirt-network.h */
export const virIPAddrType = {
  VIR_IP_ADDR_TYPE_IPV4: 0,
  VIR_IP_ADDR_TYPE_IPV6: 1,
} as const;

/** virNetworkPortCreateFlags of libvirt-network.h */
export const virNetworkPortCreateFlags = {
  VIR_NETWORK_PORT_CREATE_RECLAIM: 1,
  VIR_NETWORK_PORT_CREATE_VALIDATE: 2,
} as const;

/** Names and numbers that libvirt's headers define as macros. */
export const virNetworkParameter = {
  VIR_NETWORK_PORT_BANDWIDTH_IN_AVERAGE: 'inbound.average',
  VIR_NETWORK_PORT_BANDWIDTH_IN_PEAK: 'inbound.peak',
  VIR_NETWORK_PORT_BANDWIDTH_IN_BURST: 'inbound.burst',
  VIR_NETWORK_PORT_BANDWIDTH_IN_FLOOR: 'inbound.floor',
  VIR_NETWORK_PORT_BANDWIDTH_OUT_AVERAGE: 'outbound.average',
  VIR_NETWORK_PORT_BANDWIDTH_OUT_PEAK: 'outbound.peak',
  VIR_NETWORK_PORT_BANDWIDTH_OUT_BURST: 'outbound.burst',
} as const;
