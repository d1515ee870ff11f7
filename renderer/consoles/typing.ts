import { KEYS, type Stroke } from './keys.ts';
import { layoutTable, type LayoutName } from './layouts.ts';

/** The keysym of a character: Latin-1 is itself, the rest of Unicode has an offset (X11 protocol, appendix A). */
export function keysymOf(character: string): number {
  if (character === '\n') return KEYS.enter.keysym;
  if (character === '\t') return KEYS.tab.keysym;
  const point = character.codePointAt(0) ?? 0;
  return point < 0x100 ? point : 0x0100_0000 + point;
}

/** Line ends as one kind, since Enter is one key. */
export function characters(text: string): string[] {
  return Array.from(text.replaceAll('\r\n', '\n').replaceAll('\r', '\n'));
}

/** What cannot be typed on this layout, each once, in the order of the text. */
export function untypable(text: string, layout: LayoutName): string[] {
  const table = layoutTable(layout);
  return [...new Set(characters(text).filter((character) => !table.has(character)))];
}

/**
 * Key strokes for one character: modifiers down, the key, modifiers up; a dead key is followed by Space. Scan codes and not keysyms,
 * because QEMU presses no Shift for a keysym. Empty when the layout has no such character.
 */
export function strokesFor(character: string, layout: LayoutName): Stroke[] {
  const typing = layoutTable(layout).get(character);
  if (typing === undefined) return [];
  const held = [...(typing.shift ? [KEYS.shiftLeft] : []), ...(typing.altGr ? [KEYS.altRight] : [])];
  const key = { keysym: keysymOf(character), code: typing.code };
  const strokes: Stroke[] = [
    ...held.map((one) => ({ ...one, down: true })),
    { ...key, down: true },
    { ...key, down: false },
    ...held.toReversed().map((one) => ({ ...one, down: false })),
  ];
  if (typing.dead) strokes.push({ ...KEYS.space, down: true }, { ...KEYS.space, down: false });
  return strokes;
}

/** Between characters: faster loses keys in a guest that reads its keyboard port slowly. */
export const KEY_PAUSE_MS = 15;
