import { z } from 'zod';
import { LibvirtError } from '../../../drivers/rpc/errors.ts';
import type { Json, Plan, PlannedStep } from './step.ts';

/** What a step gives that libvirt refuses, where the plan has another way: its words. */
const refused = z.strictObject({ refused: z.string() });

/** Whether there are steps for when libvirt refuses this one. */
export function hasOtherWay({ steps }: Pick<Plan, 'steps'>, { id }: Pick<PlannedStep, 'id'>): boolean {
  return steps.some(({ ifRefused }) => ifRefused === id);
}

/** Libvirt's no, as the result of the step; null: it was something else that went wrong. */
export function refusal(error: unknown): { readonly refused: string } | null {
  return error instanceof LibvirtError ? { refused: error.message } : null;
}

/** Whether the step that gave it was refused, and another way was gone. */
export function isRefusal(result: Json | undefined): boolean {
  return refused.safeParse(result).success;
}

/** Whether a step is for another way than the one that is gone. */
export function isSkipped(
  { ifRefused }: Pick<PlannedStep, 'ifRefused'>,
  results: ReadonlyMap<string, Json>,
): boolean {
  return ifRefused !== undefined && !isRefusal(results.get(ifRefused));
}
