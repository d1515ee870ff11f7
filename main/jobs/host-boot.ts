import { NoCommands, runProgram, type ProgramHost } from './host-commands.ts';

const BOOT_ID = ['cat', '/proc/sys/kernel/random/boot_id'];
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/**
 * Which start of a machine this is (random(4), boot_id): another one after it was off, or lost its power, and with that what it had not written to its disks.
 * @returns null: nobody tells
 * @throws TransportError
 */
export async function hostBoot(host: ProgramHost, signal: AbortSignal): Promise<string | null> {
  try {
    const { status, stdout } = await runProgram(host, BOOT_ID, signal);
    const told = stdout.trim();
    return status === 0 && UUID.test(told) ? told : null;
  } catch (error) {
    if (error instanceof NoCommands) return null;
    throw error;
  }
}
