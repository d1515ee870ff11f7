import type { VirtioInput } from '../contract/p2v.ts';
import { browse } from '../jobs/p2v/browse.ts';
import { inspectDiskFile, openDiskFileAt } from '../jobs/p2v/disk-file.ts';
import { browseHost } from '../jobs/p2v/host-browse.ts';
import { imageFailure } from '../jobs/p2v/failure.ts';
import { readImageFacts } from '../jobs/p2v/image-facts.ts';
import { inspectionOf } from '../jobs/p2v/inspection.ts';
import { assertWhole, closing } from '../jobs/p2v/place.ts';
import { planVirtio, readVirtioFacts, type VirtioPlan } from '../jobs/p2v/virtio/plan.ts';
import type { Api } from './api.ts';
import { failing, FailureError } from './errors.ts';
import { refuseMoving } from './migrate-guard.ts';
import { filesOn, savedPlace, type AnyComputer } from './saved-place.ts';
import type { Services } from './services.ts';
import { callOptions, withMachine } from './with-machine.ts';

/** Handlers of `p2v.*`. */
export function p2vRoutes(api: Api['p2v'], services: Services) {
  const { home, sources, looks, onFault } = services;
  const placeOf = (at: AnyComputer, signal = new AbortController().signal) =>
    savedPlace(services, at, signal);
  const reading = <T>(what: string, work: () => Promise<T>): Promise<T> => {
    const message = `${what} could not be read.`;
    return failing({ message, onFault: (error) => onFault(message, error) }, () =>
      work().catch((error: unknown) => {
        throw imageFailure(error);
      }),
    );
  };
  const onVirtio = <T>(
    input: VirtioInput,
    signal: AbortSignal | undefined,
    work: (planned: VirtioPlan) => Promise<T>,
  ): Promise<T> =>
    withMachine(services, input, { done: 'put on virtio' }, async (machine) => {
      await refuseMoving(services, machine, 'put on virtio');
      const { session, dom, domain } = machine;
      const facts = await readVirtioFacts(
        session,
        { machine: { name: domain.name, uuid: domain.uuid }, dom, input },
        callOptions(signal),
      );
      return work(planVirtio(input, facts));
    });
  return {
    folder: api.folder.handler(({ input: { path, on, keyFile }, signal = new AbortController().signal }) =>
      reading(path ?? 'The home folder', async () => {
        if (on === undefined) return browse(path, home);
        return browseHost(filesOn(services, { on, keyFile }, signal), path);
      }),
    ),
    inspect: api.inspect.handler(({ input: { path, ...at }, signal }) =>
      reading(path, async () => {
        const { place } = placeOf(at, signal);
        const { image, contents } = await readImageFacts(place, path);
        return inspectionOf(image, contents);
      }),
    ),
    inspectDisk: api.inspectDisk.handler(({ input: { path, ...at }, signal }) =>
      reading(path, async () => {
        const { place } = placeOf(at, signal);
        assertWhole(place, path);
        const opened = await openDiskFileAt(place, path);
        return closing(opened, inspectDiskFile(opened.disk));
      }),
    ),
    probe: api.probe.handler(({ input, signal = new AbortController().signal }) => {
      const message = `${input.target} could not be looked at.`;
      return failing({ message, onFault: (error) => onFault(message, error) }, () =>
        looks.look(input, signal).then(({ report }) => report),
      );
    }),
    questions: api.questions.handler(({ signal = new AbortController().signal }) => sources.watch(signal)),
    virtioPlan: api.virtioPlan.handler(({ input, signal }) =>
      onVirtio(input, signal, ({ plan, problems, devices: { disks, nics } }) =>
        Promise.resolve({
          steps: plan.steps.map(({ title }) => title),
          problems: [...problems],
          devices: { disks: [...disks], nics: [...nics] },
        }),
      ),
    ),
    virtio: api.virtio.handler(({ input, signal }) =>
      onVirtio(input, signal, async ({ plan, problems: [problem] }) => {
        if (problem !== undefined) throw new FailureError({ code: 'CONFLICT', message: problem });
        return { job: await services.workflows.start(plan, {}) };
      }),
    ),
    answer: api.answer.handler(({ input }) => sources.answer(input.promptId, input.answer)),
  };
}
