import type { TFunction } from 'i18next';
import type { ActivityEvent } from '../../../main/contract/activity.ts';

type Told = Pick<ActivityEvent, 'kind' | 'event' | 'detail'>;

/** An event in words. `detail` is what the words do not say: a device's name, or a word of a libvirt that is newer than this. */
export function eventWords(
  { kind, event, detail }: Told,
  t: TFunction<'frame'>,
): { word: string; detail: string } {
  // Only these have details that are words; others name devices and files.
  const whole = kind !== 'lifecycle' ? '' : t(`events.word.${kind}.${event}_${detail}`, { defaultValue: '' });
  if (whole !== '') return { word: whole, detail: '' };
  return { word: t(`events.word.${kind}.${event}`, { defaultValue: event }), detail };
}
