import { ClonezillaError } from '../../../drivers/formats/clonezilla/errors.ts';
import type { ImageFiles } from '../../../drivers/formats/clonezilla/image-files.ts';
import { Sums } from '../../../drivers/formats/clonezilla/sums.ts';
import type { Act } from './plan-builder.ts';

export type FileAct = Extract<Act, { kind: 'file' }>;

/** Reads a file that is copied as it is once before, as its bytes may be wanted from anywhere in it. @throws {ClonezillaError} where it is not what its list says */
export async function proveFile(files: ImageFiles, { file, sums: list }: FileAct): Promise<void> {
  if (list === null) return;
  const sums = new Sums(files, [list]);
  for await (const _piece of sums.stream(file));
  const [wrong] = sums.wrong([file]);
  if (wrong !== undefined) throw new ClonezillaError('DAMAGED', wrong, file);
}
