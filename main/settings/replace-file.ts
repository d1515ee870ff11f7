import { rename } from 'node:fs/promises';

/** Windows refuses while a virus scanner or another instance of the app has the file open; that is over soon. */
const BUSY: ReadonlySet<string> = new Set(['EPERM', 'EACCES', 'EBUSY']);
const PAUSES_MS = [10, 20, 50, 100, 200, 400] as const;

/** Puts `temporary` in the place of `target`, whole or not at all. @throws the file system's error */
export async function replaceFile(
  temporary: string,
  target: string,
  platform: NodeJS.Platform = process.platform,
  move: typeof rename = rename,
): Promise<void> {
  for (const pauseMs of platform === 'win32' ? PAUSES_MS : []) {
    try {
      return await move(temporary, target);
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && BUSY.has(String(error.code)))) throw error;
      await new Promise((resolve) => setTimeout(resolve, pauseMs));
    }
  }
  return await move(temporary, target);
}
