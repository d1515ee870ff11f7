import { useEffect, useEffectEvent } from 'react';

/**
 * Ctrl 1…9 changes the section of a sheet, Ctrl Enter does what its last button does. Taken before the page behind hears them: there Ctrl 1…9
 * would change a tab that nobody sees.
 */
export function useSheetKeys<S extends string>(
  sections: readonly S[],
  onSection: (section: S) => void,
  onSubmit: () => void,
): void {
  const onKey = useEffectEvent((event: KeyboardEvent) => {
    const { key, code, ctrlKey, metaKey, altKey, shiftKey } = event;
    if (!(ctrlKey || metaKey) || altKey || shiftKey) return;
    // By the physical key, since on some layouts the digits need Shift.
    const section = sections[Number(/^Digit([1-9])$/.exec(code)?.[1] ?? 0) - 1];
    if (key !== 'Enter' && section === undefined) return;
    event.preventDefault();
    event.stopPropagation();
    if (section === undefined) onSubmit();
    else onSection(section);
  });
  useEffect(() => {
    window.addEventListener('keydown', onKey, { capture: true });
    return () => window.removeEventListener('keydown', onKey, { capture: true });
  }, []);
}
