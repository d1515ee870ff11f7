import { existsSync } from 'node:fs';
import path from 'node:path';

/** Which of the commands are not installed, as a reason to skip tests; false when none is missing. */
export function missing(...commands: string[]): string | false {
  const folders = [...(process.env['PATH'] ?? '').split(path.delimiter), '/usr/sbin', '/sbin'];
  const absent = commands.filter(
    (command) => !folders.some((folder) => existsSync(path.join(folder, command))),
  );
  return absent.length > 0 && `these commands are missing: ${absent.join(', ')}`;
}
