import { eventIterator } from '@orpc/contract';
import * as z from './zod.ts';
import { savedKeyFile } from './create.ts';
import { promptAnswer } from './host.ts';
import { method, nothing } from './method.ts';
import { browsedFolder, inspectedDiskFile, inspection, virtioInput, virtioPlan } from './p2v.ts';
import { sourceAddress, sourceQuestion, sourceReport } from './p2v-source.ts';

const path = z.string().min(1).max(4096);

/** The connected host that the path is on, by its id, or another machine that SSH reaches: `root@nas`; left out: the computer that the core runs on. */
const on = z.string().min(1).max(1024).optional();
const keyFile = savedKeyFile;

/** Methods of what becomes a machine that was one of iron. */
export const p2vMethods = {
  p2v: {
    /** What is in a folder; null: in the home folder. Of a path that is not there, is a file, or an image: of the next folder above it. */
    folder: method.input(z.object({ path: path.nullable(), on, keyFile })).output(browsedFolder),
    /** Reads the small files of an image, and the headers of its contents. Fails with the reason where it cannot be used. */
    inspect: method.input(z.object({ path, on, keyFile })).output(inspection),
    /** The same of a disk in a file of its own, VHDX or VHD. */
    inspectDisk: method.input(z.object({ path, on, keyFile })).output(inspectedDiskFile),
    /**
     * Logs in to a running machine by SSH, as root or by sudo, and looks at it: nothing of it is changed. What its login asks comes by
     * `questions`.
     */
    probe: method.input(sourceAddress).output(sourceReport),
    /** What logins to running machines ask now, at once and after each change. */
    questions: method.output(eventIterator(z.array(sourceQuestion))),
    /** What `virtio` would do, and what stands against it. Changes nothing. */
    virtioPlan: method.input(virtioInput).output(virtioPlan),
    /** Does it, as a job, to a machine that is off. Fails with CONFLICT where the plan has problems. */
    virtio: method.input(virtioInput).output(z.object({ job: z.string() })),
    answer: method.input(z.object({ promptId: z.string().max(200), answer: promptAnswer })).output(nothing),
  },
};
