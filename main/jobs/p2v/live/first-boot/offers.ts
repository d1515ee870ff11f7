import type { SourceChange } from '../../../../contract/p2v-source.ts';
import type { SourceDisk, SourceFacts } from '../model.ts';
import { losesName, nameFile } from './card-names.ts';
import { newNames } from './device-names.ts';
import { filePlace, type FilePlace } from './file-place.ts';
import { fallbackLoader } from './loader.ts';
import type { PutFile } from './put-file.ts';

/** How ids of such changes begin. */
export const FIRST_BOOT = 'first-boot:';

/** What may be put on the source while it is copied, so that the copy starts. */
export interface FirstBoot {
  readonly change: SourceChange;
  readonly files: readonly PutFile[];
  readonly place: FilePlace;
  /** The card that it is about; null: about none. */
  readonly mac: string | null;
}

/** Of those disks; each file by itself, but what a loader needs goes with it. */
export function firstBootOf(facts: SourceFacts, disks: readonly SourceDisk[]): FirstBoot[] {
  return [...tables(facts), ...loaders(facts), ...cards(facts)].flatMap((offer) => {
    const places = offer.files.map(({ path }) => filePlace(path, facts));
    const [place] = places;
    if (place === undefined || place === null || places.some((each) => each?.device !== place.device))
      return [];
    return place.disks.every((disk) => disks.includes(disk)) ? [{ ...offer, place }] : [];
  });
}

type Offer = Omit<FirstBoot, 'place'>;

function tables(facts: SourceFacts): Offer[] {
  return facts.deviceTables.flatMap((table): Offer[] => {
    const words = newNames(table, facts).flatMap(({ row, to }) => (to === null ? [] : [{ row, to }]));
    const { path, sha256 } = table;
    if (words.length === 0 || sha256 === null) return [];
    const names = [...new Set(words.map(({ row }) => row.device))].join(', ');
    return [
      {
        change: {
          id: `${FIRST_BOOT}${path}`,
          kind: 'first-boot',
          text: `Name devices in ${path} by their UUIDs while it is copied, and put the file back as it was.`,
          lines: words.map(({ row, to }) => `${row.device} (${row.use}) becomes ${to}`),
          why: `${names} may be other devices, or none, in the new machine. What is put there is right for this machine, too.`,
        },
        files: [
          {
            kind: 'renamed',
            path,
            sha256,
            words: words.map(({ row: { line, word, device }, to }) => ({ line, word, from: device, to })),
          },
        ],
        mac: null,
      },
    ];
  });
}

function loaders(facts: SourceFacts): Offer[] {
  const { efi } = facts;
  if (efi === null) return [];
  const copies = fallbackLoader(efi, facts);
  const [first] = copies;
  if (first === undefined) return [];
  const at = efi.mountpoint.replace(/\/$/, '');
  return [
    {
      change: {
        id: `${FIRST_BOOT}${at}/${first.to}`,
        kind: 'first-boot',
        text: `Put ${first.to} on ${at} while it is copied, and remove it again.`,
        lines: copies.map(({ from, to }) => `${at}/${to} is a copy of ${from}`),
        why: 'It is what the firmware of the new machine starts, and it is not there. This machine is not started by it.',
      },
      files: copies.map(({ from, to }) => ({ kind: 'copy', path: `${at}/${to}`, from: `${at}/${from}` })),
      mac: null,
    },
  ];
}

function cards(facts: SourceFacts): Offer[] {
  return facts.nics.flatMap((nic): Offer[] => {
    const file = losesName(nic, facts.nics) ? nameFile(nic, facts) : null;
    if (file === null) return [];
    return [
      {
        change: {
          id: `${FIRST_BOOT}${file.path}`,
          kind: 'first-boot',
          text: `Write ${file.path} while it is copied, and remove it again.`,
          lines: file.text.split('\n').filter((line) => line !== ''),
          why: `The card ${nic.name} will have another name, and ${nic.namedIn.join(', ')} knows it by this one alone: the new machine would have no network.`,
        },
        files: [{ kind: 'new', ...file }],
        mac: nic.mac,
      },
    ];
  });
}
