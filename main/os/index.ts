export * from './operating-system.ts';
export { findSystem, findSystemById, OPERATING_SYSTEMS, UNKNOWN_SYSTEM } from './catalogue/index.ts';
export { type Candidate, detectSystems, isVirtioWin, type IsoLabels } from './detect.ts';
export { CLOUD_IMAGES, findCloudImage } from './images/catalogue.ts';
export { ChecksumError, MAX_CHECKSUM_CHARS, parseChecksum } from './images/checksum.ts';
export type { ChecksumAlgorithm, CloudImage } from './images/cloud-image.ts';
