/** How a character is typed on a layout: the physical key, and what is held with it. */
export interface Typing {
  readonly code: string;
  readonly shift: boolean;
  readonly altGr: boolean;
  /** A dead key: shows its character only when Space follows. */
  readonly dead: boolean;
}

export const LAYOUT_NAMES = ['us', 'uk', 'de'] as const;
export type LayoutName = (typeof LAYOUT_NAMES)[number];

/** The physical keys of the rows below, from left to right (ISO board: IntlBackslash is beside the left Shift). */
const ROWS: readonly (readonly string[])[] = [
  ['Backquote', ...'1234567890'.split('').map((digit) => `Digit${digit}`), 'Minus', 'Equal'],
  [...'QWERTYUIOP'.split('').map((letter) => `Key${letter}`), 'BracketLeft', 'BracketRight'],
  [...'ASDFGHJKL'.split('').map((letter) => `Key${letter}`), 'Semicolon', 'Quote', 'Backslash'],
  ['IntlBackslash', ...'ZXCVBNM'.split('').map((letter) => `Key${letter}`), 'Comma', 'Period', 'Slash'],
];

interface Layout {
  /** Four rows each; a space stands for a key without a character. */
  readonly plain: readonly string[];
  readonly shift: readonly string[];
  readonly altGr?: readonly string[];
  readonly dead?: string;
}

const LAYOUTS: Record<LayoutName, Layout> = {
  us: {
    plain: ['`1234567890-=', 'qwertyuiop[]', "asdfghjkl;'\\", ' zxcvbnm,./'],
    shift: ['~!@#$%^&*()_+', 'QWERTYUIOP{}', 'ASDFGHJKL:"|', ' ZXCVBNM<>?'],
  },
  uk: {
    plain: ['`1234567890-=', 'qwertyuiop[]', "asdfghjkl;'#", '\\zxcvbnm,./'],
    shift: ['¬!"£$%^&*()_+', 'QWERTYUIOP{}', 'ASDFGHJKL:@~', '|ZXCVBNM<>?'],
    altGr: ['¦   €        ', '  é   úíó   ', 'á           ', '           '],
  },
  de: {
    plain: ['^1234567890ß´', 'qwertzuiopü+', 'asdfghjklöä#', '<yxcvbnm,.-'],
    shift: ['°!"§$%&/()=?`', 'QWERTZUIOPÜ*', "ASDFGHJKLÖÄ'", '>YXCVBNM;:_'],
    altGr: ['  ²³   {[]}\\ ', '@ €        ~', '            ', '|      µ   '],
    dead: '^´`',
  },
};

const tables = new Map<LayoutName, ReadonlyMap<string, Typing>>();

/** Every character that can be typed on a layout, by how. The first way of two stays: without AltGr before with it. */
export function layoutTable(name: LayoutName): ReadonlyMap<string, Typing> {
  const known = tables.get(name);
  if (known !== undefined) return known;
  const table = new Map<string, Typing>([
    [' ', { code: 'Space', shift: false, altGr: false, dead: false }],
    ['\n', { code: 'Enter', shift: false, altGr: false, dead: false }],
    ['\t', { code: 'Tab', shift: false, altGr: false, dead: false }],
  ]);
  const layout = LAYOUTS[name];
  const add = (rows: readonly string[] | undefined, shift: boolean, altGr: boolean): void => {
    for (const [row, text] of (rows ?? []).entries())
      for (const [column, character] of Array.from(text).entries()) {
        const code = ROWS[row]?.[column];
        if (code === undefined || character === ' ' || table.has(character)) continue;
        table.set(character, { code, shift, altGr, dead: layout.dead?.includes(character) ?? false });
      }
  };
  add(layout.plain, false, false);
  add(layout.shift, true, false);
  add(layout.altGr, false, true);
  tables.set(name, table);
  return table;
}
