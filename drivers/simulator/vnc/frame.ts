import { CELL_HEIGHT, CELL_WIDTH, glyphRow } from './font.ts';

/** A picture with one palette index a pixel: a quarter of true colour, and small once compressed. */
export interface Frame {
  readonly width: number;
  readonly height: number;
  /** Row by row from the top left; `width * height` long. */
  readonly pixels: Uint8Array;
}

export interface Rect {
  x: number;
  y: number;
  width: number;
  height: number;
}

/** Colours as 0xRRGGBB. The first 16 are the ones of SGR 30-37 and 90-97; the rest paint the desktop. */
export const PALETTE: readonly number[] = [
  0x000000, 0xaa0000, 0x00aa00, 0xaa5500, 0x0000aa, 0xaa00aa, 0x00aaaa, 0xaaaaaa, 0x555555, 0xff5555,
  0x55ff55, 0xffff55, 0x5555ff, 0xff55ff, 0x55ffff, 0xffffff, 0x12324f, 0x1b4b73, 0x2a6ea3, 0x0f1a26,
  0xf3f5f8, 0xd5dbe3, 0x2f3a46, 0x3b82c4, 0xe8b44c, 0x4fa36b, 0xc25b56, 0x8a5fb0, 0x6b7683, 0x0a0f16,
];

export function createFrame(width: number, height: number): Frame {
  return { width, height, pixels: new Uint8Array(width * height) };
}

export function fillRect(frame: Frame, rect: Rect, colour: number): void {
  const right = Math.min(frame.width, rect.x + rect.width);
  const bottom = Math.min(frame.height, rect.y + rect.height);
  const left = Math.max(0, rect.x);
  if (right <= left) return;
  for (let y = Math.max(0, rect.y); y < bottom; y += 1)
    frame.pixels.fill(colour, y * frame.width + left, y * frame.width + right);
}

/** Draws a line of text with its upper left corner at x, y; pixels outside the frame are dropped. */
export function drawText(frame: Frame, text: string, at: { x: number; y: number; colour: number }): void {
  for (let index = 0; index < text.length; index += 1) {
    const left = Math.floor(at.x) + index * CELL_WIDTH;
    if (left < 0 || left + CELL_WIDTH > frame.width) return;
    for (let row = 0; row < CELL_HEIGHT; row += 1) {
      const y = Math.floor(at.y) + row;
      if (y < 0 || y >= frame.height) continue;
      const bits = glyphRow(text.charCodeAt(index), row);
      for (let column = 0; column < 8; column += 1)
        if (bits & (0x80 >> column)) frame.pixels[y * frame.width + left + column] = at.colour;
    }
  }
}

const TILE_HEIGHT = 16;

/**
 * What differs between two frames of one size, as one rectangle for each band of 16 rows (a line of text), neighbours
 * of equal width joined. Empty when nothing changed.
 */
export function changedRects(before: Frame, after: Frame): Rect[] {
  const rects: Rect[] = [];
  for (let top = 0; top < after.height; top += TILE_HEIGHT) {
    const height = Math.min(TILE_HEIGHT, after.height - top);
    const span = changedSpan(before, after, { top, height });
    if (span === null) continue;
    const last = rects.at(-1);
    if (last !== undefined && last.y + last.height === top && last.x === span.x && last.width === span.width)
      last.height += height;
    else rects.push({ x: span.x, y: top, width: span.width, height });
  }
  return rects;
}

function changedSpan(before: Frame, after: Frame, band: { top: number; height: number }) {
  const { width } = after;
  let left = width;
  let right = 0;
  for (let y = band.top; y < band.top + band.height; y += 1) {
    const row = y * width;
    for (let x = 0; x < left; x += 1)
      if (before.pixels[row + x] !== after.pixels[row + x]) {
        left = x;
        break;
      }
    for (let x = width; x > right; x -= 1)
      if (before.pixels[row + x - 1] !== after.pixels[row + x - 1]) {
        right = x;
        break;
      }
  }
  return right > left ? { x: left, width: right - left } : null;
}
