import type { DomainRef } from '../contract/domain.ts';
import { isUnsure } from '../jobs/registry.ts';
import { failing, FailureError, toFailure } from './errors.ts';
import type { Machine } from './fleet.ts';
import type { Services } from './services.ts';

export interface Names {
  name: string;
  host: string;
}

/** “web-01 was not started on kvm-a.” */
export function notDone(done: string, { name, host }: Names): string {
  return `${name} was not ${done} on ${host}.`;
}

/** For a call that was sent and not answered. */
export function notKnown(done: string, { name, host }: Names): string {
  return `It is not known whether ${name} was ${done} on ${host}: the list shows it when the host answers again.`;
}

/** Finds the machine and does the work; what goes wrong is told with a sentence that names machine and host. */
export async function withMachine<T>(
  services: Services,
  ref: DomainRef,
  sentence: { done: string } | { message: (names: Names) => string },
  work: (machine: Machine) => Promise<T>,
): Promise<T> {
  const host = services.fleet.store.host(ref.host);
  const names: Names = {
    name: services.fleet.store.domain(ref.host, ref.uuid)?.name ?? 'The machine',
    host: host?.name ?? 'its host',
  };
  const message = 'done' in sentence ? notDone(sentence.done, names) : sentence.message(names);
  const onFault = (error: unknown): void => services.onFault(message, error);
  const context = { onFault, ...(host === undefined ? {} : { host: { id: host.id, name: host.name } }) };
  return failing({ ...context, message }, async () => {
    const machine = services.fleet.machine(ref);
    if (!('done' in sentence)) return work(machine);
    try {
      return await work(machine);
    } catch (error) {
      if (!isUnsure(error)) throw error;
      throw new FailureError(
        toFailure(error, { ...context, message: notKnown(sentence.done, names) }),
        error,
      );
    }
  });
}

/** After a change that no event tells. */
export function readAgain({ fleet }: Services, ref: DomainRef): void {
  fleet.readAgain(ref.host, ref.uuid);
}

export function callOptions(signal: AbortSignal | undefined): { signal?: AbortSignal } {
  return signal === undefined ? {} : { signal };
}
