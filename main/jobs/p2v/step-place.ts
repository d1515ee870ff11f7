import { z } from 'zod';
import type { HostWait } from '../../storage/steps/deps.ts';
import type { StepContext } from '../engine/step.ts';
import { programsOf } from '../host-commands.ts';
import { hostPlace } from './host-place.ts';
import { programsOver } from './live/source-programs.ts';
import type { SourceLogins } from './live/source-logins.ts';
import { localPlace } from './local-place.ts';
import type { Place } from './place.ts';

/** Where a step reads a saved machine: on a host of its plan, or another machine that SSH reaches. */
const savedStepOn = z.union([
  z.object({ host: z.string() }),
  z.object({ ssh: z.string(), keyFile: z.string().nullable().default(null) }),
]);
export type SavedStepOn = z.infer<typeof savedStepOn>;

/** Null, and in older journals nothing: on this computer. */
export const stepOnParam = savedStepOn.nullable().default(null);

/** What the steps that read a saved machine work with. */
export interface SavedStepDeps extends HostWait {
  readonly sources: Pick<SourceLogins, 'use'>;
}

/** Hosts that are waited for when their link is lost. */
export function waitedFor(on: SavedStepOn | null): string[] {
  return on !== null && 'host' in on ? [on.host] : [];
}

/** @throws FailureError HOST_UNREACHABLE while the host is not connected */
export function stepPlace(
  on: SavedStepOn | null,
  step: StepContext,
  sources: SavedStepDeps['sources'],
): Place {
  if (on === null) return localPlace;
  const { signal } = step;
  if ('ssh' in on) {
    const address = { target: on.ssh, keyFile: on.keyFile };
    return hostPlace({ name: on.ssh, exec: () => programsOver(sources, address), signal });
  }
  const { name } = step.session(on.host);
  return hostPlace({ name, exec: () => programsOf(step.session(on.host)), signal });
}
