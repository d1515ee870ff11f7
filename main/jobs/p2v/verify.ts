import { ClonezillaError } from '../../../drivers/formats/clonezilla/errors.ts';
import type { ClonezillaImage } from '../../../drivers/formats/clonezilla/image.ts';
import type { ImageFiles } from '../../../drivers/formats/clonezilla/image-files.ts';
import { Sums } from '../../../drivers/formats/clonezilla/sums.ts';
import type { Compression } from '../../../drivers/formats/compression/kinds.ts';
import type { Checked } from '../../../drivers/formats/file-system-image.ts';
import { hasChecksum, openContent, runsFor } from './content.ts';
import { planRestore } from './plan.ts';
import type { Watch } from './restore.ts';
import { contentsOf, survey, type SavedContent } from './survey.ts';

/** What became of one partition or volume. */
export interface VerifiedContent {
  readonly name: string;
  readonly files: readonly string[];
  /** By what its bytes are proven; null where it is damaged before that is known. */
  readonly checked: Checked | null;
  /** Its packing always has a checksum, which is right; null: it may have none. */
  readonly packed: Compression | null;
  /** Lists of checksums that have all of its files, and are right: `SHA256SUMS`. */
  readonly lists: readonly string[];
  /** null: nothing is wrong as far as it can be seen. */
  readonly fault: string | null;
}

export interface Verified {
  readonly contents: readonly VerifiedContent[];
  /** What else is wrong: why a disk cannot be restored, and files that are not what a list has of them. */
  readonly faults: readonly string[];
  /** Of the whole image: what was not read, for one. */
  readonly warnings: readonly string[];
}

/** Reads all of an image once, and checks what there is to check. @throws the signal's reason, Node's errors of reading */
export async function verifyImage(
  files: ImageFiles,
  image: ClonezillaImage,
  watch: Watch,
): Promise<Verified> {
  const contents = contentsOf(image);
  const totalBytes = contents.reduce((sum, { data }) => sum + data.storedBytes, 0);
  const sums = new Sums(files, image.checksumLists);
  const verified: VerifiedContent[] = [];
  let done = 0;
  for (const content of contents)
    verified.push(
      await verifyContent(sums, content, {
        signal: watch.signal,
        onRead: (bytes) => {
          done += bytes;
          watch.signal.throwIfAborted();
          watch.onProgress({ what: content.name, doneBytes: done, totalBytes });
        },
      }),
    );
  const faults = await problemsOf(files, image, verified);
  const seen = new Set(contents.flatMap(({ data }) => data.parts));
  for (const name of sums.names) {
    if (seen.has(name) || !files.sizes.has(name)) continue;
    watch.signal.throwIfAborted();
    for await (const _piece of sums.stream(name));
    // The tables that do not fit their list are why the disk cannot be restored, too.
    faults.push(...sums.wrong([name]).filter((wrong) => !faults.some((fault) => fault.endsWith(wrong))));
  }
  return { contents: verified, faults, warnings: image.warnings };
}

/** Why disks cannot be restored, but for what is said of their contents already. */
async function problemsOf(
  files: ImageFiles,
  image: ClonezillaImage,
  verified: readonly VerifiedContent[],
): Promise<string[]> {
  const facts = await survey(files, image);
  const said = new Set(verified.map(({ fault }) => fault));
  return image.disks.flatMap((disk) =>
    planRestore(image, facts, { disk, sizeBytes: null })
      .problems.filter((problem) => !said.has(problem))
      .map((problem) => `${disk.name} cannot be restored. ${problem}`),
  );
}

async function verifyContent(
  sums: Sums,
  { name, bytes, data }: SavedContent,
  { signal, onRead }: { readonly signal: AbortSignal; readonly onRead: (bytes: number) => void },
): Promise<VerifiedContent> {
  let checked: Checked | null = null;
  let packed: Compression | null = null;
  let fault: string | null = null;
  try {
    const content = await openContent(sums, { bytes, data }, onRead);
    try {
      for await (const _run of runsFor({ device: name, bytes }, data, content.image, signal));
    } finally {
      await content.close();
    }
    checked = content.image.checked;
    packed = hasChecksum(content.compression) ? content.compression : null;
  } catch (error) {
    if (!(error instanceof ClonezillaError)) throw error;
    fault = error.message;
  }
  const wrong = sums.wrong(data.parts);
  return {
    name,
    files: data.parts,
    checked,
    packed,
    lists: fault === null && wrong.length === 0 ? sums.covering(data.parts) : [],
    fault: fault ?? wrong[0] ?? null,
  };
}
