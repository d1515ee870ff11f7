import { isSaved, type CreateForm } from './form.ts';

/** Where nobody has said it: a copy of a machine that may still run, with its addresses, is not started. */
export function startsWhenMade({ start, source }: Pick<CreateForm, 'start' | 'source'>): boolean {
  return start ?? !isSaved(source);
}
