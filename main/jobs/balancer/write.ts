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
 * are in the guest none is put in its place.
 * @throws LibvirtError, LinkError, FailureError LIBVIRT with what the guest said
 */
export async function writeConfig(guest: Guest, changes: readonly FileChange[]): Promise<BalancerSynced> {
  const ending = `.virtlane-${randomBytes(6).toString('hex')}`;
  const staged: string[] = [];
  const written: string[] = [];
  try {
    for (const { path, now, wanted } of changes) {
      const beside = path + ending;
      staged.push(beside);
      if (now !== null) await must(guest, 'cp', ['-p', path, beside]);
      await must(guest, 'tee', [beside], wanted);
      if (now === null) await must(guest, 'chmod', ['0644', beside]);
    }
    for (const { path } of changes) {
      await must(guest, 'mv', ['-f', path + ending, path]);
      written.push(path);
    }
  } catch (error) {
    const left = staged.slice(written.length);
    // The first failure is what is told.
    if (left.length > 0) await guest.run('rm', ['-f', ...left]).catch(() => undefined);
    throw error;
  }
  const { exitCode, said } = await guest.run('traffic_ctl', ['config', 'reload']);
  return { written, reload: { done: exitCode === 0, said } };
}

async function must(guest: Guest, program: string, args: string[], input?: string): Promise<void> {
  const { exitCode, said } = await guest.run(program, args, input);
  if (exitCode === 0) return;
  throw new FailureError({
    code: 'CONFLICT',
    message: `The files of Traffic Server were not all written: ${program} failed in the guest.`,
    ...(said === '' ? {} : { detail: said }),
  });
}
