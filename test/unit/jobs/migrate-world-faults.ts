/** What happens to one call. `…Before`: it is not carried out; `…After`: it is, and nobody sees the answer. */
export const FAULTS = [
  'none',
  'refused',
  'lostBefore',
  'lostAfter',
  'otherLost',
  'daemonBefore',
  'daemonAfter',
  'killedBefore',
  'killedAfter',
] as const;
export type Fault = (typeof FAULTS)[number];

export class Away extends Error {
  override readonly name = 'Away';
}
export class Refused extends Error {
  override readonly name = 'Refused';
}
/** The program ended. */
export class Killed extends Error {
  override readonly name = 'Killed';
}
