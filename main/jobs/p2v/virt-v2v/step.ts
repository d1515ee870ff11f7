import { z } from 'zod';
import { FailureError } from '../../../hosts/failures.ts';
import { overLostLinks, type HostWait } from '../../../storage/steps/deps.ts';
import { OpenNotes } from '../../../storage/steps/open-notes.ts';
import { assertStillOwn, noteOpen, noteWhole, reopen } from '../../../storage/steps/own-volume.ts';
import { volumeAt } from '../../../storage/steps/volume-calls.ts';
import { notingFor, type StepContext, type StepKind } from '../../engine/step.ts';
import { stepKind } from '../../engine/step-kinds.ts';
import { programsOf, runProgram } from '../../host-commands.ts';
import { preparation, UNPREPARED, type Preparation } from './prepared.ts';
import { COMMIT, EMULATED, IS_HELD, overlayPath, PREPARE, REMOVE } from './scripts.ts';
import { sourceXml } from './source-xml.ts';
import { driversIn, phaseIn, reasonIn, Said } from './words.ts';

export const virtV2vParams = z.object({
  host: z.string(),
  hostName: z.string(),
  /** Of the machine. */
  name: z.string(),
  arch: z.string(),
  /** Of the job alone, in the first disk's pool; it is made, and is gone when the step is over. */
  folder: z.string().startsWith('/'),
  /** Raw volumes, in the order of the machine's disks. */
  disks: z.array(
    z.object({
      pool: z.string(),
      poolName: z.string(),
      name: z.string(),
      /** `sda`: what the system called it; null: nobody knows. */
      was: z.string().nullable(),
      /** Id of the step that has made and filled it. */
      by: z.string(),
    }),
  ),
});
export type VirtV2vParams = z.infer<typeof virtV2vParams>;

/** From here on the disks are written to, which is done to its end. */
const writing = z.object({ found: preparation, isWritten: z.boolean() });

/**
 * Lets the host's virt-v2v prepare the raw copy of a machine for virtio. It writes to overlays; only when it has done its work these are written into the
 * disks. Where it gives up the machine goes on as it was copied.
 */
export function virtV2vStep(wait: HostWait): StepKind {
  return stepKind<VirtV2vParams, Preparation>({
    name: 'p2v.virt-v2v',
    params: virtV2vParams,
    async check({ host, folder }, step) {
      const argv = ['test', '!', '-e', folder, '-a', '!', '-L', folder];
      const { status } = await runProgram(step.session(host), argv, step.signal);
      if (status === 0) return;
      throw new FailureError({ code: 'CONFLICT', message: `There is a file or folder ${folder} already.` });
    },
    async run(params, step) {
      const result = await prepared(params, step, wait);
      if (result.disks) {
        await step.note({ found: result, isWritten: false });
        await write(params, step, wait);
        await step.note({ found: result, isWritten: true });
      }
      await overLostLinks(wait, { step, hosts: [params.host] }, () => tidy(params, step));
      return result;
    },
    async settle(params, step) {
      const { data } = writing.safeParse(step.noted());
      if (data === undefined) {
        await removeFolder(params, step);
        return { done: false };
      }
      if (!data.isWritten) {
        await write(params, step, wait);
        await step.note({ ...data, isWritten: true });
      }
      await tidy(params, step);
      return { done: true, result: data.found };
    },
    undo: (params, _result, step) => removeFolder(params, step),
    leaves: ({ folder }) => `folder ${folder}`,
  });
}

/** Runs it on overlays; with a new link it begins anew. */
async function prepared(params: VirtV2vParams, step: StepContext, wait: HostWait): Promise<Preparation> {
  const { host, hostName, name, arch, folder } = params;
  return overLostLinks(wait, { step, hosts: [host] }, async () => {
    const paths = await pathsOf(params, step);
    const disks = params.disks.map(({ was }, index) => ({ was, path: overlayPath(folder, index) }));
    const said = new Said((line) => {
      step.log(line === EMULATED ? emulated(hostName) : line);
      const fraction = phaseIn(line);
      if (fraction !== null) step.progress({ fraction });
    });
    const decoder = new TextDecoder();
    step.progress({ fraction: null });
    const { status } = await programsOf(step.session(host))(['sh', '-c', PREPARE, 'sh', folder, ...paths], {
      stdin: sourceXml({ name, arch, disks }),
      signal: step.signal,
      onStdout: (chunk) => said.add(decoder.decode(chunk, { stream: true })),
    });
    const lines = status === IS_HELD ? [held(params)] : said.end();
    const found = status === 0 ? driversIn(lines) : UNPREPARED;
    step.log(endOf(params, { status, found, lines }), 'remark');
    return found;
  });
}

function emulated(hostName: string): string {
  return `${hostName} has no KVM that virt-v2v can use: it is emulated, which takes long.`;
}

interface End {
  readonly status: number;
  readonly found: Preparation;
  readonly lines: readonly string[];
}

function endOf({ name, hostName }: VirtV2vParams, { status, found, lines }: End): string {
  const stays = `${name} is as it was copied, with the buses that were planned.`;
  if (status !== 0)
    return `virt-v2v on ${hostName} gave up: ${reasonIn(lines) || `it ended with ${status}`}. ${stays}`;
  if (!found.disks) return `virt-v2v on ${hostName} found no virtio drivers for its system. ${stays}`;
  return `virt-v2v on ${hostName} has prepared it: its disks ${found.cards ? 'and cards are' : 'are'} on virtio.`;
}

/** Writes the overlays into the disks, which the steps before have made and take back; these know them all the while. */
async function write(params: VirtV2vParams, step: StepContext, wait: HostWait): Promise<void> {
  const { host, hostName, folder, disks } = params;
  await overLostLinks(wait, { step, hosts: [host] }, async () => {
    const client = step.client(host);
    for (const [index, { by, ...disk }] of disks.entries()) {
      const own = notingFor(step, by);
      const vol = await volumeAt(client, disk);
      await reopen(own, client, { host, vol, name: disk.name });
      const notes = new OpenNotes(wait.clock, () => noteOpen(own, client, vol));
      const argv = ['-c', COMMIT, 'sh', folder, String(index + 1)];
      const commit = async () => {
        try {
          return await onHost(params, step, argv);
        } finally {
          await notes.end();
        }
      };
      const { status, stderr } = await commit();
      if (status === IS_HELD) throw new FailureError({ code: 'CONFLICT', message: held(params) });
      if (status !== 0)
        throw new FailureError({
          code: 'LIBVIRT',
          message: `What virt-v2v has changed could not be written to ${disk.name} in ${disk.poolName} on ${hostName}.`,
          detail: stderr,
        });
      await noteWhole(own, client, vol);
    }
  });
}

/** When its work is done: what is left of the folder costs nobody the copy. */
async function tidy(params: VirtV2vParams, step: StepContext): Promise<void> {
  const left = await leftOf(params, step);
  if (left === null) return;
  const { message, detail } = left.failure;
  step.log(`${message} Remove ${params.folder} there yourself. ${detail ?? ''}`.trim(), 'remark');
}

/** @throws FailureError when it stays */
async function removeFolder(params: VirtV2vParams, step: StepContext): Promise<void> {
  const left = await leftOf(params, step);
  if (left !== null) throw left;
}

/** Removes the folder. @returns why it stays; null: it is gone */
async function leftOf(params: VirtV2vParams, step: StepContext): Promise<FailureError | null> {
  const { folder, hostName } = params;
  const { status, stderr } = await onHost(params, step, ['-c', REMOVE, 'sh', folder]);
  if (status === 0) return null;
  if (status === IS_HELD) return new FailureError({ code: 'CONFLICT', message: held(params) });
  const message = `${folder} on ${hostName} could not be removed.`;
  return new FailureError({ code: 'LIBVIRT', message, detail: stderr });
}

function onHost({ host }: VirtV2vParams, step: StepContext, argv: readonly string[]) {
  return runProgram(step.session(host), ['sh', ...argv], step.signal);
}

function held({ hostName, folder }: VirtV2vParams): string {
  return `An earlier virt-v2v on ${hostName} still works in ${folder}, and does not end.`;
}

/** Of the disks, which are as they were filled. */
async function pathsOf({ host, disks }: VirtV2vParams, step: StepContext): Promise<string[]> {
  const client = step.client(host);
  const paths: string[] = [];
  for (const { by, ...disk } of disks) {
    const vol = await volumeAt(client, disk);
    const model = await assertStillOwn(notingFor(step, by), client, { vol, name: disk.name });
    paths.push(model.path ?? vol.key);
  }
  return paths;
}
