import { useEffect, useRef, useState } from 'react';
import { offerFile, type ServedFile } from '../../api/file-server.ts';
import { jobEnd } from '../../state/activity.ts';
import { notifyFailure } from '../../ui/notify.tsx';
import { holdWindow } from '../../views/storage/work.ts';

/** The file of this computer that a machine is made from: the core may read it until the wizard is closed, or its job has ended. */
export function useFile() {
  const [id, setId] = useState<string | null>(null);
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
    setId(null);
    try {
      const served = await offerFile(file, AbortSignal.timeout(30_000));
      // The wizard was closed meanwhile, or another file was chosen.
      if (gone.current || last.current !== file) return served.close();
      held.current = served;
      setId(served.file);
    } catch (error) {
      notifyFailure(error);
    }
  };
  /** From now on it is the job's. */
  const giveTo = (job: string): void => {
    const served = held.current;
    if (served === null) return;
    held.current = null;
    const release = holdWindow();
    void jobEnd(job).then(({ state }) => {
      served.close();
      release();
      // Back in the form it is offered again.
      if (state !== 'done' && !gone.current && last.current !== null) void take(last.current);
    });
  };
  return { id, take, giveTo };
}
