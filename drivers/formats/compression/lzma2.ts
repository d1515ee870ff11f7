import type { ByteReader } from '../byte-stream.ts';
import { FormatError } from '../errors.ts';
import { LzmaDecoder } from './lzma.ts';

/** Of a chunk's first byte. */
const END = 0;
const PLAIN_RESET = 1;
const PLAIN = 2;
const CODED = 0x80;
/** What a coded chunk makes anew. */
const NEW_STATE = 1;
const NEW_PROPERTIES = 2;
const NEW_DICTIONARY = 3;

/**
 * Chunks of LZMA2, to their end: plain (control u8, length - 1 u16, bytes), or coded (control u8 with the upper bits of the length, length - 1
 * u16, packed length - 1 u16, properties u8 where they are new, bytes). Numbers are big endian.
 */
export async function* readLzma2(
  reader: ByteReader,
  dictionaryBytes: number,
): AsyncGenerator<Uint8Array, void, void> {
  const decoder = new LzmaDecoder(dictionaryBytes);
  let needs = NEW_DICTIONARY;
  for (;;) {
    const at = reader.offset;
    const control = (await reader.exact(1, 'a chunk')).readUInt8();
    if (control === END) return;
    const damaged = (): FormatError => new FormatError('BAD_VALUE', 'The packed bytes are damaged', at);
    const word = async (): Promise<number> => (await reader.exact(2, 'a chunk')).readUInt16BE();
    if (control < CODED) {
      if (control > PLAIN || (control === PLAIN && needs === NEW_DICTIONARY)) throw damaged();
      if (control === PLAIN_RESET) {
        decoder.resetDictionary();
        needs = NEW_PROPERTIES;
      }
      const length = (await word()) + 1;
      yield* putPlain(decoder, await reader.exact(length, 'a chunk'));
      continue;
    }
    const anew = (control >> 5) & 3;
    if (anew < needs) throw damaged();
    const length = ((control & 0x1f) << 16) + (await word()) + 1;
    const packedLength = (await word()) + 1;
    const properties = anew >= NEW_PROPERTIES ? (await reader.exact(1, 'a chunk')).readUInt8() : null;
    if (anew === NEW_DICTIONARY) decoder.resetDictionary();
    if (properties !== null && !decoder.setProperties(properties)) throw damaged();
    if (anew >= NEW_STATE) decoder.resetState();
    needs = 0;
    const packed = await reader.exact(packedLength, 'a chunk');
    decoder.setInput(packed);
    if (!decoder.startCoder()) throw damaged();
    for (let left = length; left > 0;) {
      const piece = take(decoder, (room) => decoder.run(Math.min(left, room), true) === 'limit');
      if (piece === null || decoder.read > packed.length) throw damaged();
      left -= piece.length;
      yield piece;
    }
    if (decoder.read !== packed.length || !decoder.isCoderDone) throw damaged();
  }
}

function* putPlain(decoder: LzmaDecoder, bytes: Uint8Array): Generator<Uint8Array, void, void> {
  for (let at = 0; at < bytes.length;) {
    const piece = take(decoder, (room) => {
      decoder.put(bytes.subarray(at, at + room));
      return true;
    });
    if (piece === null) return;
    at += piece.length;
    yield piece;
  }
}

/** What `fill` adds to the dictionary; null: it could not. */
function take(decoder: LzmaDecoder, fill: (room: number) => boolean): Uint8Array | null {
  const from = decoder.at;
  if (!fill(decoder.dictionary.length - from)) return null;
  return decoder.take(from);
}
