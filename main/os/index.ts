export * from './operating-system.ts';
export { findSystem, findSystemById, OPERATING_SYSTEMS, UNKNOWN_SYSTEM } from './catalogue/index.ts';
export { type Candidate, detectSystems, isVirtioWin, type IsoLabels } from './detect.ts';
export { CLOUD_IMAGES, findCloudImage } from './images/catalogue.ts';
export { ChecksumError, MAX_CHECKSUM_CHARS, parseChecksum } from './images/checksum.ts';
export type { ChecksumAlgorithm, CloudImage } from './images/cloud-image.ts';
export { isVirtioWinName, VIRTIO_WIN_NAME, VIRTIO_WIN_URL } from './virtio-win.ts';
export { machineChoices } from './machine/choices.ts';
export { containerDefaults } from './machine/container.ts';
export { machineDefaults, type MachineDefaults } from './machine/defaults.ts';
export type { ChoicesInput, DefaultsInput } from './machine/input.ts';
export type { DiskPlace } from './machine/devices.ts';
export type { Missing } from './machine/missing.ts';
export { chooseTarget, isX86, type MachineTarget, type TargetWishes } from './machine/target.ts';
export {
  MAX_TREEINFO_CHARS,
  parseTreeinfo,
  sumOfPath,
  TreeInfoError,
  treeLayouts,
  type TreeFile,
  type TreeLayout,
} from './trees.ts';
