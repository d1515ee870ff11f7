import type { LibvirtClient } from '../../drivers/libvirt/client.ts';
import type { CallOptions } from '../../drivers/rpc/errors.ts';
import type { VolumeUser } from '../contract/storage.ts';
import { namedInShort } from '../contract/named-in-short.ts';
import { FailureError } from '../hosts/failures.ts';
import { readFileUsers } from './users.ts';

/** Who needs some files that are to be lost. */
export interface Needed {
  readonly users: readonly VolumeUser[];
  readonly breaks: readonly string[];
  readonly unseen: readonly string[];
}

/** How they are lost: with a disk of its own that is off a machine can still start when it was overwritten. */
export type Loss = 'deleted' | 'wiped';

export interface LossRequest {
  /** “web.qcow2”, “Volumes of images” */
  readonly what: string;
  readonly loss: Loss;
  /**
   * Sentences of `unseen` that a person has read and agreed to; null: it is the job's own, with a name that nobody else knows, and what is
   * not seen does not matter.
   */
  readonly accepted: readonly string[] | null;
}

/** Asks the host now. */
export async function readNeeded(
  client: LibvirtClient,
  paths: ReadonlySet<string>,
  options: CallOptions,
): Promise<Needed> {
  const { users, breaks, unseen } = await readFileUsers(client, paths, options);
  return { users: [...users.values()].flat(), breaks, unseen };
}

/** Why they cannot be lost, in one sentence; null when nothing that is seen speaks against it. Pure. */
export function whyNeeded(
  { users, breaks }: Needed,
  { what, loss }: Omit<LossRequest, 'accepted'>,
): string | null {
  const suffering =
    loss === 'deleted' ? users : users.filter(({ running, via }) => running || via !== 'disk');
  const names = [...suffering.map(({ name }) => name), ...breaks];
  return names.length === 0 ? null : `${what} cannot be ${loss}: needed by ${namedInShort(names)}.`;
}

/**
 * The one judge of whether files may be lost, before it is planned and again when the time has come.
 * @throws FailureError CONFLICT
 */
export function refuseNeeded(needed: Needed, request: LossRequest): void {
  const why = whyNeeded(needed, request);
  if (why !== null) throw new FailureError({ code: 'CONFLICT', message: why });
  refuseUnseen(needed, request);
}

/** @throws FailureError CONFLICT where something may need them that cannot be seen, and nobody has agreed to that */
export function refuseUnseen(
  { unseen }: Pick<Needed, 'unseen'>,
  { what, loss, accepted }: LossRequest,
): void {
  const unread = accepted === null ? [] : unseen.filter((sentence) => !accepted.includes(sentence));
  if (unread.length === 0) return;
  throw new FailureError({
    code: 'CONFLICT',
    message: `${what} is not ${loss}: whether something needs it cannot be known. ${unread.join(' ')}`,
    unless: 'accepted',
  });
}
