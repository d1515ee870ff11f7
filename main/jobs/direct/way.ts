import { z } from 'zod';
import type { Clock } from '../../hosts/clock.ts';
import type { Pool } from '../../contract/storage.ts';
import type { HostWait } from '../../storage/steps/deps.ts';
import type { StepContext } from '../engine/step.ts';
import { programsOf } from '../host-commands.ts';
import { packing } from '../source/devices.ts';
import { jobTag } from '../source/lease.ts';
import { firstBoot, type SourceHost } from '../source/source-host.ts';

const outsider = z.object({ target: z.string(), keyFile: z.string().nullable() });
/** The machine that has the bytes: one that is logged in to for the job, or a host of the plan. */
export const waySource = z.union([outsider, z.object({ host: z.string(), hostName: z.string() })]);
export type WaySource = z.infer<typeof waySource>;
/** A source, whose waiting is told in the job and its log. */
export type WaySourceOf = (source: WaySource, step: StepContext) => SourceHost;

/** Of the steps that open and close the way from a source to a host. */
export const wayParams = z.object({
  source: waySource,
  tag: jobTag,
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

/** How a step that sends a disk names the way that earlier ones have opened. */
export const wayOfStep = wayParams
  .omit({ source: true, host: true })
  .extend({ /** Id of the step that opened it. */ step: z.string() });
export type WayOfStep = z.infer<typeof wayOfStep>;

export const shutParams = wayParams.extend({
  /** Id of the step that has put the line. */
  direct: z.string(),
  /** Of the one that has put the key; null: the plan is of an older program, which did not say it. */
  key: z.string().nullable().default(null),
});
export type ShutParams = z.infer<typeof shutParams>;

/** Whose steps these are. */
export interface WayKinds {
  /** Their names in a journal begin so. */
  readonly of: 'p2v' | 'clone';
  readonly wait: HostWait;
  readonly sourceOf: WaySourceOf;
  /** It is no host of the plan (`StepKind.apart`). */
  readonly apart: boolean;
}

/** Of the source, with the key; of root alone. */
export function keyFolder(tag: string): string {
  return `/run/${tag}.key`;
}

/** Of the host, with the program that receives. */
export function receiverFolder(tag: string): string {
  return `/run/${tag}.receiver`;
}

/** Its volumes are files of the host's own, at a path that may be written to. */
export function takesDirect(pool: Pick<Pool, 'type'> | undefined): boolean {
  return pool?.type === 'dir' || pool?.type === 'fs';
}

/** As a person knows it. */
export function sourceName(source: WaySource): string {
  return 'target' in source ? source.target : source.hostName;
}

/** A host of the plan, as one runs programs on a source: it is waited for while it is away. */
export function hostOfPlan(
  { host, hostName }: { readonly host: string; readonly hostName: string },
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

/** A machine that is logged in to. */
export type LoggedIn = (source: z.infer<typeof outsider>, step: StepContext) => SourceHost;

export function waySourceOf(loggedIn: LoggedIn, clock: Clock): WaySourceOf {
  return (source, step) => ('target' in source ? loggedIn(source, step) : hostOfPlan(source, step, clock));
}

/** The same, which the engine waits for: it takes back meanwhile what is not there. */
export function unawaited(host: SourceHost): SourceHost {
  return { ...host, awaited: false };
}
