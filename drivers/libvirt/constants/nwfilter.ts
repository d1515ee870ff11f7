/** virNWFilterDefineFlags of libvirt-nwfilter.h */
export const virNWFilterDefineFlags = {
  VIR_NWFILTER_DEFINE_VALIDATE: 1,
} as const;

/** virNWFilterBindingCreateFlags of libvirt-nwfilter.h */
export const virNWFilterBindingCreateFlags = {
  VIR_NWFILTER_BINDING_CREATE_VALIDATE: 1,
} as const;
