import { NoCommands, runProgram, type ProgramHost } from './host-commands.ts';

/** A program that tells the start of a machine (random(4), boot_id). */
export const BOOT_ID = ['cat', '/proc/sys/kernel/random/boot_id'];

/** What it prints, which a machine may make up: it is kept in journals, and is no longer than that. @returns null for anything else */
export function readBootId(stdout: string): string | null {
  const id = stdout.trim();
  return /^[0-9a-f-]{36}$/.test(id) ? id : null;
}

/**
 * Which start of a host this is: another one after it was off, or lost its power, and with that what it had not written to its disks.
 * @returns null: nobody tells
 * @throws TransportError
 */
export async function hostBoot(host: ProgramHost, signal: AbortSignal): Promise<string | null> {
  try {
    const { status, stdout } = await runProgram(host, BOOT_ID, signal);
    return status === 0 ? readBootId(stdout) : null;
  } catch (error) {
    if (error instanceof NoCommands) return null;
    throw error;
  }
}
