import type { SourceEfi, SourceFacts } from '../model.ts';

export interface LoaderCopy {
  /** Paths on the EFI partition. */
  readonly from: string;
  readonly to: string;
}

const FOLDER = 'EFI/BOOT';
/** Loaders that find the rest of what they need by themselves, wherever they are started from. */
const ALONE = /^(?:grub(?:x64)?|systemd-bootx64|bootmgfw)\.efi$/i;
/** It starts what lies beside it, and needs no more where nothing is signed. */
const SHIM = /^shim(?:x64)?\.efi$/i;
const BESIDE_SHIM = /^(?:grub(?:x64)?|mmx64|mokmanager)\.efi$/i;
const GRUB = /^grub/i;
/** With it beside, shim looks for `BOOTX64.CSV` first, makes entries of the firmware's, and may start the machine anew. */
const FALLBACK_OF_SHIM = /^EFI\/BOOT\/(?:fbx64|fallback)\.efi$/i;
const PLAIN = /^EFI(?:\/[\w.+-]{1,100}){1,3}$/i;

/**
 * What makes `EFI/BOOT/BOOTX64.EFI` of the loader that the firmware starts now, or else of the only one that is known. Signed GRUBs have their settings'
 * place built in (`/EFI/debian`), on the partition that they were read from.
 * @returns empty where nothing is to be done, or it is not known how
 */
export function fallbackLoader(efi: SourceEfi, { systemId }: Pick<SourceFacts, 'systemId'>): LoaderCopy[] {
  if (efi.fallback) return [];
  const files = efi.files.filter((file) => PLAIN.test(file));
  const loader = currentOf(files, efi.loader) ?? guessed(files, systemId);
  if (loader === null) return [];
  const copies = [{ from: loader, to: `${FOLDER}/BOOTX64.EFI` }];
  if (SHIM.test(nameOf(loader))) {
    const beside = files.filter(
      (file) => folderOf(file) === folderOf(loader) && BESIDE_SHIM.test(nameOf(file)),
    );
    if (!beside.some((file) => GRUB.test(nameOf(file)))) return [];
    if (efi.files.some((file) => FALLBACK_OF_SHIM.test(file))) return [];
    copies.push(...beside.map((file) => ({ from: file, to: `${FOLDER}/${nameOf(file)}` })));
  } else if (!ALONE.test(nameOf(loader))) return [];
  const there = new Set(efi.files.map((file) => file.toUpperCase()));
  return copies.some(({ to }) => there.has(to.toUpperCase())) ? [] : copies;
}

function currentOf(files: readonly string[], loader: string | null): string | null {
  const wanted = loader?.replaceAll('\\', '/').replace(/^\//, '').toLowerCase();
  return files.find((file) => file.toLowerCase() === wanted) ?? null;
}

/** Where the firmware does not tell: of the system's own folder, or of the only one. */
function guessed(files: readonly string[], systemId: string | null): string | null {
  for (const kind of [SHIM, ALONE]) {
    const known = files.filter((file) => kind.test(nameOf(file)));
    const own = known.filter((file) => folderOf(file).toLowerCase() === `efi/${systemId ?? ''}`);
    const [only, other] = own.length > 0 ? own : known;
    if (only !== undefined) return other === undefined ? only : null;
  }
  return null;
}

function nameOf(file: string): string {
  return file.slice(file.lastIndexOf('/') + 1);
}

function folderOf(file: string): string {
  return file.slice(0, file.lastIndexOf('/'));
}
