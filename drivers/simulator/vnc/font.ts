import { GLYPHS } from './font-glyphs.ts';

/** A cell of the text screen, in pixels: the ninth column keeps letters apart, as VGA's text mode did. */
export const CELL_WIDTH = 9;
export const CELL_HEIGHT = 16;
const TOP_MARGIN = 1;
/** Drawn rows shown twice: one among the capitals' uprights, one in the lower half. */
const DOUBLED_ROWS = [2, 6];
/** The pixels of each of the five drawn columns: uprights get two, so that they are as dark as the eye expects. */
const COLUMN_BITS: Record<number, number> = { 0: 0xc0, 1: 0x20, 2: 0x18, 3: 0x04, 4: 0x03 };

/** One byte a row, the leftmost pixel in bit 7; 16 rows a glyph, 95 glyphs from space on. */
const bitmap = drawGlyphs();

function drawGlyphs(): Uint8Array {
  const rows = new Uint8Array(GLYPHS.length * CELL_HEIGHT);
  GLYPHS.forEach((drawing, glyph) => {
    const drawn = drawing
      .split(' ')
      .flatMap((row, line) => (DOUBLED_ROWS.includes(line) ? [row, row] : [row]));
    drawn.forEach((row, line) => {
      let bits = 0;
      for (let column = 0; column < row.length; column += 1)
        if (row[column] === '#') bits |= COLUMN_BITS[column] ?? 0;
      rows[glyph * CELL_HEIGHT + TOP_MARGIN + line] = bits;
    });
  });
  return rows;
}

/** The pixels of one row of a character, leftmost in bit 7. Characters outside printable ASCII are shown as a box. */
export function glyphRow(code: number, row: number): number {
  const index = code - 0x20;
  if (index >= 0 && index < GLYPHS.length) return bitmap[index * CELL_HEIGHT + row] ?? 0;
  if (row < TOP_MARGIN || row > TOP_MARGIN + 10) return 0;
  return row === TOP_MARGIN || row === TOP_MARGIN + 10 ? 0x7e : 0x42;
}
