import type { Job } from '../../../main/contract/activity.ts';

/** Why it failed, in the words that tell most: the list says already what did not happen. */
export function reasonOf({ kind, state, failure }: Pick<Job, 'kind' | 'state' | 'failure'>): string | null {
  if ((state !== 'failed' && state !== 'cancelled') || failure === null) return null;
  if (state === 'cancelled') return failure.message;
  const words = firstLine(failure.libvirt?.message ?? failure.detail ?? failure.problems?.[0]?.message ?? '');
  if (words === null) return firstLine(failure.message);
  // Where the machine is counts as much as what went wrong on its way.
  return kind === 'migrate' ? `${failure.message} ${words}` : words;
}

function firstLine(text: string): string | null {
  return text.split('\n').find((line) => line.trim() !== '') ?? null;
}
