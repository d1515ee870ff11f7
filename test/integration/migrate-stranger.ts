import assert from 'node:assert/strict';
import type { Lab } from '../lab/lab.ts';
import { TestCore } from '../support/core.ts';
import { other, type At } from './migrate-lab.ts';

/**
 * A Virtlane that knows nothing of the migration does not resume what stands still on a host: neither while it has no other host, nor with the one that the machine runs on.
 * @param alone what it says before it has the other host
 */
export async function strangerRefuses(
  lab: Lab,
  { at, uuid }: { readonly at: At; readonly uuid: string },
  alone: RegExp,
): Promise<void> {
  const stranger = await TestCore.open({ lab });
  try {
    const host = await stranger.connect(`root@${lab.address(at)}`);
    const left = { host, uuid };
    await stranger.machine(host, uuid, ({ state }) => state === 'paused');
    await assert.rejects(stranger.client.domain.resume(left), alone);
    await stranger.connect(`root@${lab.address(other(at))}`);
    await assert.rejects(stranger.client.domain.resume(left), /is left from its migration/);
  } finally {
    await stranger.close();
  }
}
