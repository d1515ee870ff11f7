import { findSystem, OPERATING_SYSTEMS } from './catalogue/index.ts';
import { hintOf } from './file-names.ts';
import type { InstallMedium, OperatingSystem } from './operating-system.ts';

/** Of an ISO's primary volume descriptor (ECMA-119, 8.4), padding removed; empty where it is blank. */
export interface IsoLabels {
  readonly volumeId: string;
  readonly systemId: string;
  readonly publisherId: string;
  readonly applicationId: string;
}

/** A system that an ISO may hold. */
export interface Candidate {
  readonly os: OperatingSystem;
  /** What of its media it is; null: the file's name alone says so. */
  readonly medium: InstallMedium | null;
  /** `label`: no other system labels its ISOs so. `shared`: others do too. `name`: only the file's name says so. */
  readonly evidence: 'label' | 'shared' | 'name';
}

/** Longest label that is looked at: those of an ISO have 128 characters at most. */
const MAX_LABEL = 128;

/**
 * Systems that an installer's ISO may hold, the likeliest first; empty: not known. Its labels decide; the file's name decides only between
 * systems that share a label (Windows 10 and 11), or where no label is known.
 */
export function detectSystems(labels: IsoLabels | null, fileName: string | null): readonly Candidate[] {
  const hint = fileName === null ? null : findHinted(fileName);
  const matches = labels === null ? [] : matchLabels(labels);
  if (matches.length === 0) return hint === null ? [] : [{ os: hint, medium: null, evidence: 'name' }];
  const evidence = matches.length === 1 ? 'label' : 'shared';
  return matches
    .map(({ os, medium }): Candidate => ({ os, medium, evidence }))
    .sort((a, b) => Number(b.os === hint) - Number(a.os === hint));
}

/** The ISO of the virtio drivers for Windows: not an installer, but what one adds to Windows' own. */
export function isVirtioWin(labels: Pick<IsoLabels, 'volumeId'>): boolean {
  return /^virtio-win-\d/i.test(labels.volumeId);
}

function findHinted(fileName: string): OperatingSystem | null {
  const shortId = hintOf(fileName);
  return shortId === null ? null : findSystem(shortId);
}

function matchLabels(labels: IsoLabels): { os: OperatingSystem; medium: InstallMedium }[] {
  const found = (pattern: RegExp | undefined, text: string): boolean =>
    pattern === undefined || pattern.test(text.slice(0, MAX_LABEL));
  return OPERATING_SYSTEMS.flatMap((os) => {
    const medium = os.media.find(
      (candidate) =>
        found(candidate.volumeId, labels.volumeId) &&
        found(candidate.systemId, labels.systemId) &&
        found(candidate.publisherId, labels.publisherId) &&
        found(candidate.applicationId, labels.applicationId),
    );
    return medium === undefined ? [] : [{ os, medium }];
  });
}
