const UUID = /^[0-9a-f]{8}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{12}$/i;

/** `8-4-4-4-12` lower-case hexadecimal digits of 16 bytes. */
export function uuidToString(uuid: Uint8Array): string {
  if (uuid.length !== 16) throw new TypeError(`a UUID has 16 bytes, not ${uuid.length}`);
  const hex = Buffer.from(uuid.buffer, uuid.byteOffset, 16).toString('hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}

export function isUuid(text: string): boolean {
  return UUID.test(text);
}

/** @throws TypeError unless the text is a UUID, with its dashes or without them */
export function uuidFromString(text: string): Uint8Array {
  if (!isUuid(text)) throw new TypeError('a UUID is expected');
  return new Uint8Array(Buffer.from(text.replaceAll('-', ''), 'hex'));
}
