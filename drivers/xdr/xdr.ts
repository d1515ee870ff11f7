export * from './codec.ts';
export * from './compound.ts';
export * from './errors.ts';
export { InternTable } from './interned.ts';
export { XdrReader } from './reader.ts';
export { XdrWriter } from './writer.ts';
