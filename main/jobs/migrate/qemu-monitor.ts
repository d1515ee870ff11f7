import { z } from 'zod';
import type { LibvirtClient } from '../../../drivers/libvirt/client.ts';
import type { DomainRef } from '../../../drivers/libvirt/protocol/structs.ts';

/** A QEMU whose main loop stands still does not answer: then it is tried again. */
export const MONITOR_MS = 3000;

export interface Monitored {
  /** The host's. @throws FailureError HOST_UNREACHABLE while it is not connected */
  readonly client: () => LibvirtClient;
  readonly dom: DomainRef;
}

/** QEMU's own words, as of one that does not know how; no answer, or a busy libvirt, is none. */
export class QemuError extends Error {
  override readonly name = 'QemuError';
}

/** QEMU's answers (QMP): what was asked for, or what is wrong. */
const refusal = z.object({ error: z.object({ desc: z.string().max(1000) }) });

/**
 * Tells a machine's QEMU something by its monitor. libvirt notes that it was used so.
 * @param command `{ execute, arguments }` @returns its answer, unchecked
 * @throws QemuError; what libvirt or the link say; the signal's reason
 */
export async function tellQemu(
  { client, dom }: Monitored,
  command: { readonly execute: string; readonly arguments?: object },
  over: AbortSignal,
): Promise<unknown> {
  over.throwIfAborted();
  const args = { dom, cmd: JSON.stringify(command), flags: 0 };
  const options = { timeoutMs: MONITOR_MS, signal: over };
  const answer: unknown = JSON.parse((await client().qemu.domainMonitorCommand(args, options)).result);
  const refused = refusal.safeParse(answer);
  if (refused.success) throw new QemuError(refused.data.error.desc);
  return answer;
}
