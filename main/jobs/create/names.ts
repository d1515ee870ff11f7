import type { CreateInput } from '../../contract/create.ts';

/** How the names of the CDs end that are made for a machine's first boot, and for its installer. */
export const SEED_ENDING = '-seed.iso';
export const ANSWERS_ENDING = '-answers.iso';

/** Such a CD, whose machine nothing tells but its name. */
export function isMadeCd(path: string): boolean {
  return path.endsWith(SEED_ENDING) || path.endsWith(ANSWERS_ENDING);
}

/** The CD that was made for just this machine: nobody else misses it. */
export function isCdMadeFor(machine: string, path: string): boolean {
  const file = path.slice(path.lastIndexOf('/') + 1);
  return [SEED_ENDING, ANSWERS_ENDING].some((ending) => file === `${machine}${ending}`);
}

/** Such a CD, or a copy of it that has a number since its name was taken: by its name that may as well be the CD of a machine `NAME-2`. */
export function isCdLikeThatOf(machine: string, path: string): boolean {
  const file = path.slice(path.lastIndexOf('/') + 1);
  return (
    file.startsWith(`${machine}-`) && /^(\d+-)*(seed|answers)\.iso$/.test(file.slice(machine.length + 1))
  );
}

/** And of what boots the installer, until it has ended. */
export const KERNEL_ENDING = '-installer.kernel';
export const INITRD_ENDING = '-installer.initrd';

/** What boots a machine's installer: its name tells whose it is. */
export function installerFiles(machine: string): Record<'kernel' | 'initrd', string> {
  return { kernel: `${machine}${KERNEL_ENDING}`, initrd: `${machine}${INITRD_ENDING}` };
}

/** `web-##` and 3: web-01, web-02, web-03. A name without `#` is one name, however many are asked for. */
export function expandNames({ name, count }: Pick<CreateInput, 'name' | 'count'>): string[] {
  const names = Array.from({ length: count }, (_, index) => numbered(name, index + 1));
  return [...new Set(names)];
}

/** A run of `#` as a number of at least as many digits. */
export function numbered(pattern: string, number: number): string {
  return pattern.replace(/#+/, (run) => String(number).padStart(run.length, '0'));
}

/** NAME_MAX of Linux' file systems. */
export const MAX_FILE_NAME_BYTES = 255;
/** Files of a machine are named by it, with an ending. */
const MAX_NAME_BYTES = MAX_FILE_NAME_BYTES - INITRD_ENDING.length;

/** Why libvirt or a file system would not take a name, of a machine or of a file; null: it is good. */
export function nameProblem(name: string, maxBytes = MAX_NAME_BYTES): string | null {
  if (name === '') return 'It needs a name.';
  if (Buffer.byteLength(name) > maxBytes)
    return `A name has at most ${maxBytes} bytes: this one is too long.`;
  if (name.trim() !== name) return 'A name neither begins nor ends with a space.';
  if (/[/\n]/.test(name)) return 'A name holds no slash and no line break.';
  // eslint-disable-next-line no-control-regex -- they are what is looked for
  if (/[\u0000-\u001f\u007f]/.test(name)) return 'A name holds no control characters.';
  if (name === '.' || name === '..') return 'This is no name.';
  return null;
}
