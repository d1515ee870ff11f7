import { z } from 'zod';
import type { StepContext } from '../../../engine/step.ts';
import { programsOf } from '../../../host-commands.ts';
import type { Clock } from '../../../../hosts/clock.ts';
import { firstBoot, type SourceHost } from '../source-host.ts';
import { packing, sourceParams, taggedParams } from '../source-params.ts';

/** Of the steps that open and close the way from a source to a host. */
export const wayParams = taggedParams.extend({
  host: z.string(),
  /** As a person knows it. */
  hostName: z.string(),
});
export type WayParams = z.infer<typeof wayParams>;

/** What the source has of the way: an `ssh` and a key of its own; `why`: it has none. */
export const keyResult = z.union([
  z.object({
    key: z.object({
      /** `ssh-ed25519 AAAA…` */
      public: z.string(),
      /** Of the host, as the source reaches it. */
      address: z.string(),
      port: z.number(),
      user: z.string(),
      /** Of the source, as it reaches that. */
      from: z.string(),
      /** Programs that pack, as far as it has them. */
      packers: z.array(z.string()),
    }),
  }),
  z.object({ why: z.string() }),
]);
export type KeyResult = z.infer<typeof keyResult>;
export type SourceKey = Extract<KeyResult, { key: unknown }>['key'];

/** The way that was tried and is open; `why`: it is not. */
export const directResult = z.union([
  z.object({
    open: z.object({ address: z.string(), port: z.number(), user: z.string(), packing }),
  }),
  z.object({ why: z.string() }),
]);
export type DirectResult = z.infer<typeof directResult>;
export type OpenWay = Extract<DirectResult, { open: unknown }>['open'];

/** How a step that reads a disk names the way that earlier ones have opened. */
export const wayOfStep = wayParams
  .omit({ source: true, host: true })
  .extend({ /** Id of the step that opened it. */ step: z.string() });

export const shutParams = sourceParams.merge(wayParams).extend({
  /** Id of the step that has put the line. */
  direct: z.string(),
});
export type ShutParams = z.infer<typeof shutParams>;

/** Of the source, with the key; of root alone. */
export function keyFolder(tag: string): string {
  return `/run/${tag}.key`;
}

/** Of the host, with the program that receives. */
export function receiverFolder(tag: string): string {
  return `/run/${tag}.receiver`;
}

/** The host that the new machine is for, as one runs programs on a source: it is waited for while it is away. */
export function hostOfPlan(
  { host, hostName }: Pick<WayParams, 'host' | 'hostName'>,
  step: Pick<StepContext, 'session' | 'outside'>,
  clock: Clock,
): SourceHost {
  return {
    name: hostName,
    clock,
    boot: firstBoot(hostName),
    use: async (_signal, work) => work(programsOf(step.session(host))),
    onAway: (isAway) => step.outside(isAway ? hostName : null),
  };
}
