import type { SourceQuestion } from '../../main/contract/p2v-source.ts';
import { createStore, useStore } from './store.ts';

/** What logins to machines that are no hosts ask now (`p2v.questions`). */
export const sourceQuestions = createStore<readonly SourceQuestion[]>([]);

export function useSourceQuestions(): readonly SourceQuestion[] {
  return useStore(sourceQuestions);
}
