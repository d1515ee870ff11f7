/** Whether all of it is zeros. */
export function isZero(bytes: Uint8Array<ArrayBuffer>): boolean {
  const whole = bytes.byteOffset % 8 === 0 ? bytes.length >> 3 : 0;
  if (new BigUint64Array(bytes.buffer, whole === 0 ? 0 : bytes.byteOffset, whole).some((word) => word !== 0n))
    return false;
  return bytes.subarray(whole * 8).every((byte) => byte === 0);
}
