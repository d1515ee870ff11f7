import { useEffect, useRef, useState } from 'react';
import { isReadable, offerFile, type ServedFile } from '../../api/file-server.ts';
import { jobEnd } from '../../state/activity.ts';
import { notifyFailure } from '../../ui/notify.tsx';
import { holdWindow } from '../../views/storage/work.ts';

/** What the core knows the file by; null: it cannot read it yet, or, if `lost`, not before it is chosen again. */
interface Offered {
  readonly id: string | null;
  readonly lost: boolean;
}

const NOT_YET: Offered = { id: null, lost: false };
const LOST: Offered = { id: null, lost: true };

/** The file of this computer that a machine is made from: the core may read it until the wizard is closed, or its job has ended. */
export function useFile() {
  const [offered, setOffered] = useState(NOT_YET);
  const held = useRef<ServedFile | null>(null);
  const last = useRef<File | null>(null);
  const gone = useRef(false);
  useEffect(() => {
    gone.current = false;
    return () => {
      gone.current = true;
      held.current?.close();
      held.current = null;
    };
  }, []);
  const take = async (file: File): Promise<void> => {
    held.current?.close();
    held.current = null;
    last.current = file;
    // Not when the wizard was closed meanwhile, or another file was chosen.
    const isWanted = (): boolean => !gone.current && last.current === file;
    setOffered(NOT_YET);
    try {
      const served = (await isReadable(file)) ? await offerFile(file, AbortSignal.timeout(30_000)) : null;
      if (!isWanted()) return served?.close();
      if (served === null) return setOffered(LOST);
      held.current = served;
      setOffered({ id: served.file, lost: false });
      void served.ended.then(({ code }) => {
        if (held.current !== served) return;
        held.current = null;
        // With the link the offer went, and nothing else.
        if (code === 'lost') void take(file);
        else setOffered(LOST);
      });
    } catch (error) {
      notifyFailure(error);
      if (isWanted()) setOffered(LOST);
    }
  };
  /** From now on it is the job's. */
  const giveTo = (job: string): void => {
    const served = held.current;
    if (served === null) return;
    held.current = null;
    setOffered(NOT_YET);
    const release = holdWindow();
    void jobEnd(job).then(({ state }) => {
      served.close();
      release();
      // Back in the form it is offered again.
      if (state !== 'done' && !gone.current && last.current !== null) void take(last.current);
    });
  };
  return { ...offered, take, giveTo };
}
