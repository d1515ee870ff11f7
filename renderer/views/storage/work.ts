import { api } from '../../api/client.ts';
import { offerFile } from '../../api/file-server.ts';
import { CutOff, openSink, savePipe } from '../../api/file-saver.ts';
import { openPipe } from '../../consoles/pipe-carriers.ts';
import { jobEnd } from '../../state/activity.ts';
import { createStore, useStore } from '../../state/store.ts';
import { notifyFailure } from '../../ui/notify.tsx';

/** A job that was started from this page, and the pool where it is shown. */
export interface Work {
  readonly job: string;
  readonly host: string;
  readonly pool: string;
}

const works = createStore<readonly Work[]>([]);
/** Files of this computer that are read or written now: they end when the window goes. */
let busyFiles = 0;

function warnBeforeLeaving(event: BeforeUnloadEvent): void {
  event.preventDefault();
}

/** The window asks before it goes, until the given function is called. */
export function holdWindow(): () => void {
  if (busyFiles === 0) window.addEventListener('beforeunload', warnBeforeLeaving);
  busyFiles += 1;
  return () => {
    busyFiles -= 1;
    if (busyFiles === 0) window.removeEventListener('beforeunload', warnBeforeLeaving);
  };
}

/** Shows the job in its pool until it is put away. */
export function showWork(work: Work): void {
  works.update((list) => [work, ...list]);
}

export function hideWork(job: string): void {
  works.update((list) => list.filter((one) => one.job !== job));
}

export function useWorks(): readonly Work[] {
  return useStore(works);
}

interface Place {
  readonly host: string;
  readonly uuid: string;
}

export interface UploadOrder extends Place {
  readonly name: string;
  readonly file: File;
  readonly convert: boolean;
}

/** Starts an upload; the file is read until its job has ended. Rejects when it could not be started. */
export async function startUpload({ host, uuid, name, file, convert }: UploadOrder): Promise<void> {
  const offered = await offerFile(file, AbortSignal.timeout(30_000));
  const release = holdWindow();
  const end = (): void => {
    offered.close();
    release();
  };
  try {
    const { job } = await api.volume.upload({ host, uuid, name, file: offered.file, convert });
    showWork({ job, host, pool: uuid });
    void jobEnd(job).then(end);
  } catch (error) {
    end();
    throw error;
  }
}

/**
 * Downloads a volume to this computer. The file is asked for first, as a browser allows that question only right after a click. What went
 * wrong afterwards is told by the job, or by a notice when this computer is to blame.
 */
export async function startDownload({ host, uuid, name }: Place & { name: string }): Promise<void> {
  const sink = await openSink(name);
  if (sink === null) return;
  const release = holdWindow();
  try {
    const { job, token } = await api.volume.download({ host, uuid, name });
    showWork({ job, host, pool: uuid });
    const pipe = await openPipe(token, AbortSignal.timeout(30_000));
    await savePipe(pipe, sink);
  } catch (error) {
    await sink.drop().catch(() => undefined);
    if (!(error instanceof CutOff)) notifyFailure(error);
  } finally {
    release();
  }
}
