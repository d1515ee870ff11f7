/** virConnectListAllInterfacesFlags of libvirt-interface.h */
export const virConnectListAllInterfacesFlags = {
  VIR_CONNECT_LIST_INTERFACES_INACTIVE: 1,
  VIR_CONNECT_LIST_INTERFACES_ACTIVE: 2,
} as const;

/** virInterfaceXMLFlags of libvirt-interface.h */
export const virInterfaceXMLFlags = {
  VIR_INTERFACE_XML_INACTIVE: 1,
} as const;

/** virInterfaceDefineFlags of libvirt-interface.h */
export const virInterfaceDefineFlags = {
  VIR_INTERFACE_DEFINE_VALIDATE: 1,
} as const;
