/** A key as noVNC sends it: the X keysym, and the physical key by its `KeyboardEvent.code` (from which QEMU gets the scan code). */
export interface Key {
  readonly keysym: number;
  readonly code: string;
}

const key = (keysym: number, code: string): Key => ({ keysym, code });

/** Keysyms of X11 (keysymdef.h) for the keys that combinations are made of. */
export const KEYS = {
  controlLeft: key(0xffe3, 'ControlLeft'),
  shiftLeft: key(0xffe1, 'ShiftLeft'),
  altLeft: key(0xffe9, 'AltLeft'),
  altRight: key(0xfe03, 'AltRight'),
  superLeft: key(0xffeb, 'MetaLeft'),
  delete: key(0xffff, 'Delete'),
  backspace: key(0xff08, 'Backspace'),
  tab: key(0xff09, 'Tab'),
  enter: key(0xff0d, 'Enter'),
  escape: key(0xff1b, 'Escape'),
  space: key(0x20, 'Space'),
  print: key(0xff61, 'PrintScreen'),
} as const satisfies Record<string, Key>;

/** F1 to F12. */
export function functionKey(number: number): Key {
  return key(0xffbe + number - 1, `F${number}`);
}

/** A combination of the menu. `label` is what is printed on keys and is not translated. */
export interface Combination {
  readonly label: string;
  readonly keys: readonly Key[];
}

const { controlLeft, altLeft, superLeft } = KEYS;

export const COMBINATIONS: readonly (readonly Combination[])[] = [
  [
    { label: 'Ctrl + Alt + Del', keys: [controlLeft, altLeft, KEYS.delete] },
    { label: 'Ctrl + Alt + Backspace', keys: [controlLeft, altLeft, KEYS.backspace] },
    { label: 'Ctrl + Esc', keys: [controlLeft, KEYS.escape] },
    { label: 'Alt + Tab', keys: [altLeft, KEYS.tab] },
    { label: 'Super', keys: [superLeft] },
    { label: 'Print Screen', keys: [KEYS.print] },
  ],
  Array.from({ length: 12 }, (_, index) => ({
    label: `Ctrl + Alt + F${index + 1}`,
    keys: [controlLeft, altLeft, functionKey(index + 1)],
  })),
];

/** One key going down or up. */
export interface Stroke extends Key {
  readonly down: boolean;
}

/** Down in order, up in reverse: how a person holds a chord. */
export function chord(keys: readonly Key[]): Stroke[] {
  return [
    ...keys.map((one) => ({ ...one, down: true })),
    ...keys.toReversed().map((one) => ({ ...one, down: false })),
  ];
}
