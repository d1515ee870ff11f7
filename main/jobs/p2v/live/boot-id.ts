/** A program that tells the start of a machine. */
export const BOOT_ID = ['cat', '/proc/sys/kernel/random/boot_id'];

/** What it prints, which a machine may make up: it is kept in journals, and is no longer than that. @returns null for anything else */
export function readBootId(stdout: string): string | null {
  const id = stdout.trim();
  return /^[0-9a-f-]{36}$/.test(id) ? id : null;
}
