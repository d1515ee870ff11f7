export type { IsoDescriptor } from './descriptor.ts';
export type { IsoBoot } from './el-torito.ts';
export { IsoImage, type IsoEntry } from './reader.ts';
export type { IsoFile } from './tree.ts';
export { writeIso, type NewIso } from './writer.ts';
