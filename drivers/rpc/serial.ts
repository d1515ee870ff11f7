/** The serial of the next call: 32 bits, round and round, and never the 0 of events. */
export function nextSerial(last: number): number {
  return (last + 1) >>> 0 || 1;
}

/** Whether a serial is one of a call that was not made yet. Half the circle behind the last one counts as past. */
export function isAhead(serial: number, last: number): boolean {
  const behind = (last - serial) >>> 0;
  return behind >= 2 ** 31;
}
