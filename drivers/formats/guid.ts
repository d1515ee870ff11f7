/** A GUID as Microsoft's formats write it: its first three parts are little-endian. Upper case. */
export function guidAt(bytes: Buffer, offset: number): string {
  const part = (from: number, to: number): string => bytes.toString('hex', offset + from, offset + to);
  const turned = (from: number, to: number): string =>
    Buffer.from(bytes.subarray(offset + from, offset + to))
      .reverse()
      .toString('hex');
  return [turned(0, 4), turned(4, 6), turned(6, 8), part(8, 10), part(10, 16)].join('-').toUpperCase();
}
