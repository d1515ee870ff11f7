import { FormatError } from '../../../drivers/formats/errors.ts';
import { IsoImage } from '../../../drivers/formats/iso9660/index.ts';
import type { RandomSource } from '../../../drivers/formats/random-source.ts';
import type { Medium } from '../../contract/create.ts';
import type { HostSession } from '../../hosts/session.ts';
import { detectSystems } from '../../os/index.ts';
import type { OfferedFiles } from '../../storage/offered-files.ts';
import { isoPlace } from './media.ts';
import { volumeAt } from '../../storage/steps/volume-calls.ts';
import { rangesOf, volumeSource } from '../../storage/random-source.ts';
import { openHttpSource } from './http-source.ts';
import { isSimulated, simulatedFile } from './simulated-web.ts';

export interface Detected {
  /** Short ids of the catalogue, the likeliest first. */
  readonly systems: string[];
  readonly label: string | null;
}

/**
 * Which systems an ISO may hold, by the labels in its first sectors: some KiB are read.
 * @throws what reading it throws
 */
export async function detectMedium(
  medium: Medium,
  { session, files }: { session: HostSession; files: OfferedFiles },
  signal: AbortSignal,
): Promise<Detected> {
  const source = await sourceOf(medium, { session, files }, signal);
  const { name } = isoPlace(medium);
  const labels = await labelsOf(source);
  const systems = detectSystems(labels, name).map(({ os }) => os.shortId);
  return { systems, label: labels?.volumeId ?? null };
}

/** Null when it is no ISO. */
async function labelsOf(source: RandomSource): Promise<IsoImage['descriptor'] | null> {
  try {
    return (await IsoImage.open(source)).descriptor;
  } catch (error) {
    if (error instanceof FormatError) return null;
    throw error;
  }
}

async function sourceOf(
  medium: Medium,
  { session, files }: { session: HostSession; files: OfferedFiles },
  signal: AbortSignal,
): Promise<RandomSource> {
  switch (medium.kind) {
    case 'volume':
      return volumeSource(session, await volumeAt(session.client, medium), signal);
    case 'file':
      return rangesOf(files.file(medium.file), signal);
    case 'url':
      return rangesOf(
        isSimulated(session, medium.url) ? simulatedFile(false) : await openHttpSource(medium.url, signal),
        signal,
      );
  }
}
