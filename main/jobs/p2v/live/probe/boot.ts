import { WATCHED_DRIVERS, type Initramfs, type SourceEfi, type WatchedDriver } from '../model.ts';
import { linesOf, rowsOf, wordsOf, type Sections } from './sections.ts';

/** Where each driver is that a virtual machine wants early. */
export function initramfsOf(sections: Sections): Initramfs {
  const { texts } = sections;
  const named = (section: string, driver: WatchedDriver): boolean | null => {
    const text = texts.get(section) ?? null;
    return text === null ? null : new RegExp(`/${driver}\\.ko`).test(text);
  };
  const stateOf = (driver: WatchedDriver): Initramfs['drivers'][WatchedDriver] => {
    if (named('builtin', driver) === true) return 'builtin';
    const inside = named('in-initramfs', driver);
    if (inside === true) return 'initramfs';
    const installed = named('modules', driver);
    if (inside === null) return installed === false ? 'missing' : 'unknown';
    return installed === null ? 'unknown' : installed ? 'installed' : 'missing';
  };
  return {
    file: wordsOf(linesOf(sections, 'initramfs')[0]),
    drivers: Object.fromEntries(
      WATCHED_DRIVERS.map((driver) => [driver, stateOf(driver)]),
    ) as Initramfs['drivers'],
  };
}

/** The loader that firmware for x86-64 starts where nothing else is told (UEFI, 3.5.1.1). */
const FALLBACK = /^EFI\/BOOT\/BOOTX64\.EFI$/i;

export function efiOf(sections: Sections): SourceEfi | null {
  const loaders = rowsOf(sections, 'loaders');
  const loader = currentLoader(sections);
  const current = loader?.slice(1).replaceAll('\\', '/').toLowerCase();
  // Of several partitions the one that it was started from.
  const first = loaders.find(([, file = '']) => file.toLowerCase() === current) ?? loaders[0];
  if (firmwareOf(sections) === 'bios' || first === undefined) return null;
  const [mountpoint = ''] = first;
  return {
    mountpoint,
    files: loaders.flatMap(([at, file = '']) => (at === mountpoint ? [file] : [])),
    fallback: loaders.some(([, file = '']) => FALLBACK.test(file)),
    loader,
  };
}

export function firmwareOf(sections: Sections): 'bios' | 'uefi' {
  return linesOf(sections, 'efi')[0] === 'uefi' ? 'uefi' : 'bios';
}

export function secureBootOf(sections: Sections): boolean | null {
  const [value] = linesOf(sections, 'secure-boot');
  return value === undefined ? null : value.trim() === '1';
}

/** `efibootmgr -v`: `BootCurrent: 0001`, `Boot0001* debian	HD(1,GPT,…)/File(\EFI\debian\shimx64.efi)`; newer ones leave `File()` out. */
function currentLoader(sections: Sections): string | null {
  const lines = linesOf(sections, 'efibootmgr');
  const current = lines.map((line) => /^BootCurrent: ([0-9A-F]{4})/i.exec(line)?.[1]).find(Boolean);
  const entry = lines.find((line) => current !== undefined && line.startsWith(`Boot${current}`));
  return wordsOf(/\/(?:File\()?(\\[^)]*?\.efi)/i.exec(entry ?? '')?.[1]);
}
