/** A picture of 8-bit RGB, rows from the top. */
export interface Picture {
  readonly width: number;
  readonly height: number;
  readonly rgb: Uint8Array;
}

const MAX_SIDE = 16_384;

/** The bytes are no picture that can be read. */
export class PictureError extends Error {
  override readonly name = 'PictureError';
}

/** Reads a binary PPM with 8 bits a channel (`P6`, netpbm's ppm(5)), which QEMU before 7.1 takes screenshots in. */
export function readPpm(bytes: Uint8Array): Picture {
  const header = Buffer.from(bytes.buffer, bytes.byteOffset, Math.min(bytes.length, 1024)).toString('latin1');
  // Magic, width, height and the highest value, apart by white space and comments; one white space before the pixels.
  const match = /^P6((?:\s|#[^\n]*\n)+)(\d{1,6})((?:\s|#[^\n]*\n)+)(\d{1,6})((?:\s|#[^\n]*\n)+)255\s/.exec(
    header,
  );
  if (match === null) throw new PictureError('The host sent a picture that is no PPM with 8 bits a channel.');
  const [whole, , width, , height] = match;
  const picture = { width: Number(width), height: Number(height) };
  const size = picture.width * picture.height * 3;
  if (
    size === 0 ||
    picture.width > MAX_SIDE ||
    picture.height > MAX_SIDE ||
    bytes.length < whole.length + size
  )
    throw new PictureError('The host sent a picture whose size does not fit its bytes.');
  return { ...picture, rgb: bytes.subarray(whole.length, whole.length + size) };
}
