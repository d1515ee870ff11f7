import { randomBytes } from 'node:crypto';
import type { BalancerSynced } from '../../contract/balancer.ts';
import { FailureError } from '../../hosts/failures.ts';
import type { Guest } from './guest.ts';

export interface FileChange {
  readonly path: string;
  /** Null: it is not there. */
  readonly now: string | null;
  readonly wanted: string;
}

/**
 * Puts files in the places of others, each at once and with the other's owner and mode, then has Traffic Server read them. Until all of them
 * are in the guest none is put in its place. A link stays one: the file that it points to is written.
 * @throws LibvirtError, LinkError, FailureError LIBVIRT with what the guest said
 */
export async function writeConfig(guest: Guest, changes: readonly FileChange[]): Promise<BalancerSynced> {
  const ending = `.virtlane-${randomBytes(6).toString('hex')}`;
  const staged: { readonly path: string; readonly place: string; readonly beside: string }[] = [];
  const written: string[] = [];
  try {
    for (const { path, now, wanted } of changes) {
      const place = now === null ? path : await placeOf(guest, path);
      const beside = place + ending;
      staged.push({ path, place, beside });
      if (now !== null) await must(guest, 'cp', ['-p', place, beside]);
      await must(guest, 'tee', [beside], wanted);
      if (now === null) await must(guest, 'chmod', ['0644', beside]);
    }
    for (const { path, place, beside } of staged) {
      await must(guest, 'mv', ['-f', beside, place]);
      written.push(path);
    }
  } catch (error) {
    const left = staged.slice(written.length).map(({ beside }) => beside);
    // The first failure is what is told.
    if (left.length > 0) await guest.run('rm', ['-f', ...left]).catch(() => undefined);
    throw error;
  }
  const { exitCode, said } = await guest.run('traffic_ctl', ['config', 'reload']);
  return { written, reload: { done: exitCode === 0, said } };
}

/** Where a file lies that a path may lead to by links. */
async function placeOf(guest: Guest, path: string): Promise<string> {
  const place = await must(guest, 'readlink', ['-f', path]);
  return place.startsWith('/') && !place.includes('\n') ? place : path;
}

/** What the program said. */
async function must(guest: Guest, program: string, args: string[], input?: string): Promise<string> {
  const { exitCode, said } = await guest.run(program, args, input);
  if (exitCode === 0) return said;
  throw new FailureError({
    code: 'CONFLICT',
    message: `The files of Traffic Server were not all written: ${program} failed in the guest.`,
    ...(said === '' ? {} : { detail: said }),
  });
}
