/** virDomainCheckpointCreateFlags of libvirt-domain-checkpoint.h */
export const virDomainCheckpointCreateFlags = {
  VIR_DOMAIN_CHECKPOINT_CREATE_REDEFINE: 1,
  VIR_DOMAIN_CHECKPOINT_CREATE_QUIESCE: 2,
  VIR_DOMAIN_CHECKPOINT_CREATE_REDEFINE_VALIDATE: 4,
} as const;

/** virDomainCheckpointXMLFlags of libvirt-domain-checkpoint.h */
export const virDomainCheckpointXMLFlags = {
  VIR_DOMAIN_CHECKPOINT_XML_SECURE: 1,
  VIR_DOMAIN_CHECKPOINT_XML_NO_DOMAIN: 2,
  VIR_DOMAIN_CHECKPOINT_XML_SIZE: 4,
} as const;

/** virDomainCheckpointListFlags of libvirt-domain-checkpoint.h */
export const virDomainCheckpointListFlags = {
  VIR_DOMAIN_CHECKPOINT_LIST_ROOTS: 1,
  VIR_DOMAIN_CHECKPOINT_LIST_DESCENDANTS: 1,
  VIR_DOMAIN_CHECKPOINT_LIST_TOPOLOGICAL: 2,
  VIR_DOMAIN_CHECKPOINT_LIST_LEAVES: 4,
  VIR_DOMAIN_CHECKPOINT_LIST_NO_LEAVES: 8,
} as const;

/** virDomainCheckpointDeleteFlags of libvirt-domain-checkpoint.h */
export const virDomainCheckpointDeleteFlags = {
  VIR_DOMAIN_CHECKPOINT_DELETE_CHILDREN: 1,
  VIR_DOMAIN_CHECKPOINT_DELETE_METADATA_ONLY: 2,
  VIR_DOMAIN_CHECKPOINT_DELETE_CHILDREN_ONLY: 4,
} as const;
