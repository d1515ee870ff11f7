import { useDebouncedValue } from '@mantine/hooks';
import type { Inspection } from '../../../main/contract/p2v.ts';
import { api } from '../../api/client.ts';
import { useAnswer, type Answer } from '../../ui/use-answer.ts';
import type { CreateForm } from './form.ts';

/** A path may be being typed. */
const TYPING_MS = 300;

/** What the image that is chosen has in it. */
export function useSaved({ source, saved }: CreateForm): Answer<Inspection> {
  const path = source === 'clonezilla' ? saved.path.trim() : '';
  const [settled] = useDebouncedValue(path, TYPING_MS);
  return useAnswer((signal) => api.p2v.inspect({ path }, { signal }), {
    subject: path,
    enabled: path !== '' && settled === path,
  });
}
