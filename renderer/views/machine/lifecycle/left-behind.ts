import type { Domain } from '../../../../main/contract/domain.ts';

/** A migration paused it: it may run on the host that it was going to. */
export function isLeftBehind({ state, reason }: Pick<Domain, 'state' | 'reason'>): boolean {
  return state === 'paused' && reason === 'migration';
}
