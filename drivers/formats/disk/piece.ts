/** Bytes for a place of a disk. */
export interface Piece {
  /** In bytes from the beginning. */
  readonly offset: number;
  readonly data: Uint8Array;
}
