import { useDebouncedValue } from '@mantine/hooks';
import type { CreateProblem } from '../../../main/contract/create.ts';
import type { InspectedDiskFile, Inspection } from '../../../main/contract/p2v.ts';
import type { SourceReport } from '../../../main/contract/p2v-source.ts';
import { api } from '../../api/client.ts';
import { failureOf } from '../../api/failure.ts';
import { useAnswer, type Answer } from '../../ui/use-answer.ts';
import type { CreateForm } from './form.ts';
import { hostOf, reasonsAgainst } from './live-input.ts';
import { diskFilesOf, onOf } from './saved-input.ts';

/** A path may be being typed. */
const TYPING_MS = 300;

/** A file of a disk, by its path: what is in it, or why it cannot be used. */
export type LookedAt = { readonly path: string } & (
  { readonly disk: InspectedDiskFile } | { readonly fault: string }
);

/** The machine that was saved, or runs, as far as what is chosen tells it; null: it does not. */
export interface Had {
  readonly runs: boolean;
  readonly cpus: number | null;
  readonly memoryBytes: number | null;
  readonly firmware: 'uefi' | 'bios' | null;
  readonly macs: readonly string[];
}

export interface Saved {
  /** Of Clonezilla. */
  readonly image: Answer<Inspection>;
  readonly disks: readonly LookedAt[];
  /** Of a machine that runs. */
  readonly live: Answer<SourceReport>;
  /** What the machine is called; null: its files tell it. */
  readonly name: string | null;
  /** All of it that is chosen can be used. */
  readonly isRead: boolean;
  readonly loading: boolean;
  readonly had: Had | null;
  /** Why it cannot be used at all. */
  readonly problems: CreateProblem[];
}

/** What is in the image, or the disks, that are chosen. */
export function useSaved(form: CreateForm): Saved {
  const image = useImage(form);
  const disks = useDisks(form);
  const live = useLive(form);
  const { value, failure, loading } = image;
  if (form.source === 'live') return ofLive(image, live);
  if (form.source === 'diskFile') return ofDisks({ image, live }, disks);
  return {
    image,
    disks: [],
    live,
    name: null,
    isRead: value !== null,
    loading,
    had: value === null ? null : { ...value, runs: false },
    problems: failure === null ? [] : [{ field: 'source.path', message: failure.message }],
  };
}

function ofLive(image: Answer<Inspection>, live: Answer<SourceReport>): Saved {
  const { value: report, failure, loading } = live;
  const against = failure !== null ? [failure.message] : report === null ? [] : reasonsAgainst(report);
  return {
    image,
    disks: [],
    live,
    name: report === null ? null : hostOf(report),
    isRead: report !== null && against.length === 0,
    loading,
    had: report === null ? null : { ...report, macs: report.nics.map(({ mac }) => mac), runs: true },
    problems: against.map((message) => ({ field: 'source.target', message })),
  };
}

/** A machine is looked at when a person says so: half of a name may be another's. */
function useLive({ source, live: { looked } }: CreateForm): Answer<SourceReport> {
  const address = looked ?? { target: '', keyFile: null };
  return useAnswer((signal) => api.p2v.probe(address, { signal }), {
    subject: `live ${JSON.stringify(looked)}`,
    enabled: source === 'live' && looked !== null,
  });
}

function ofDisks({ image, live }: Pick<Saved, 'image' | 'live'>, { looked, loading }: Disks): Saved {
  const found = looked.flatMap((one) => ('disk' in one ? [one.disk] : []));
  const isRead = !loading && found.length > 0 && found.length === looked.length;
  const firmware = found.flatMap((disk) => disk.firmware ?? [])[0] ?? null;
  return {
    image,
    disks: looked,
    live,
    name: null,
    isRead,
    loading,
    had: isRead ? { runs: false, cpus: null, memoryBytes: null, firmware, macs: [] } : null,
    problems: looked.flatMap((one) =>
      'fault' in one ? [{ field: 'source.paths', message: one.fault }] : [],
    ),
  };
}

function useImage({ source, saved }: CreateForm): Answer<Inspection> {
  const path = source === 'clonezilla' ? saved.path.trim() : '';
  const [settled] = useDebouncedValue(path, TYPING_MS);
  return useAnswer((signal) => api.p2v.inspect({ path, ...onOf(saved) }, { signal }), {
    subject: `${saved.on ?? ''} ${path}`,
    enabled: path !== '' && settled === path,
  });
}

interface Disks {
  readonly looked: readonly LookedAt[];
  /** Also while a path is being typed. */
  readonly loading: boolean;
}

function useDisks({ source, diskFiles, saved }: CreateForm): Disks {
  const paths = source === 'diskFile' ? diskFilesOf(diskFiles) : [];
  const version = JSON.stringify(paths);
  const on = onOf(saved);
  const [settled] = useDebouncedValue(version, TYPING_MS);
  const answer = useAnswer((signal) => Promise.all(paths.map((path) => lookAt({ path, ...on }, signal))), {
    subject: `disks ${saved.on ?? ''}`,
    version,
    enabled: paths.length > 0 && settled === version,
  });
  const looked = paths.flatMap((path) => answer.value?.find((one) => one.path === path) ?? []);
  return { looked, loading: looked.length < paths.length || answer.loading };
}

async function lookAt(at: { path: string; on?: string }, signal: AbortSignal): Promise<LookedAt> {
  const { path } = at;
  try {
    return { path, disk: await api.p2v.inspectDisk(at, { signal }) };
  } catch (error) {
    return { path, fault: failureOf(error).message };
  }
}
