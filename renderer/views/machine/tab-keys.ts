/** The part of a KeyboardEvent that chooses a tab. */
export interface TabKey {
  readonly key: string;
  readonly code: string;
  readonly ctrlKey: boolean;
  readonly shiftKey: boolean;
  readonly altKey: boolean;
  readonly metaKey: boolean;
}

/** Ctrl 1..9 names a tab, Ctrl Tab goes on, Ctrl Shift Tab back. Null for any other key. */
export function tabForKey<T extends string>(event: TabKey, tabs: readonly T[], current: T): T | null {
  if (!event.ctrlKey || event.altKey || event.metaKey) return null;
  if (event.key === 'Tab') {
    const step = event.shiftKey ? tabs.length - 1 : 1;
    return tabs[(tabs.indexOf(current) + step) % tabs.length] ?? null;
  }
  // By the physical key, since on some layouts the digits need Shift.
  const digit = /^Digit([1-9])$/.exec(event.code)?.[1];
  return digit === undefined || event.shiftKey ? null : (tabs[Number(digit) - 1] ?? null);
}
