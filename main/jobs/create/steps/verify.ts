import { createHash } from 'node:crypto';
import { z } from 'zod';
import { FailureError } from '../../../hosts/failures.ts';
import { downloadVolume } from '../../../storage/download.ts';
import { hostDigest } from '../../../storage/host-digest.ts';
import { volumeAt, volumeParams } from '../../../storage/steps/volume-calls.ts';
import { hashPart } from '../../../storage/zero-bytes.ts';
import type { StepContext } from '../../engine/step.ts';
import { stepKind } from '../../engine/step-kinds.ts';

const verifyParams = volumeParams.extend({
  algorithm: z.enum(['sha256', 'sha512']),
  hex: z.string(),
});
type VerifyParams = z.infer<typeof verifyParams>;

/** Sees that a volume which is there already is what was asked for: anybody can have given it its name. */
export const verifyStep = stepKind({
  name: 'create.verify',
  params: verifyParams,
  check: () => Promise.resolve(),
  async run(params, step) {
    if (step.session(params.host).link.simulated === true) {
      step.log('The host is simulated: what stands for the file has no checksum');
      return null;
    }
    const { host, algorithm } = params;
    const { signal } = step;
    const onHost = await hostDigest(step.session(host), params, { algorithm, signal });
    const digest = onHost ?? (await throughApp(params, step));
    if (digest === params.hex.toLowerCase()) return null;
    throw new FailureError({
      code: 'CONFLICT',
      message: `The pool ${params.poolName} has a volume ${params.name} already, and it is not what was asked for: its checksum is another one. Delete it, and it is fetched anew.`,
      detail: `expected ${params.hex}\nfound    ${digest}`,
    });
  },
  settle: () => Promise.resolve({ done: false }),
  undo: () => Promise.resolve(),
  leaves: () => null,
});

async function throughApp({ host, algorithm, ...place }: VerifyParams, step: StepContext): Promise<string> {
  const client = await step.session(host).bulkClient();
  const vol = await volumeAt(client, place);
  const hash = createHash(algorithm);
  const all = { vol, offset: 0, length: 0, sparse: false, signal: step.signal };
  for await (const part of downloadVolume(client, all)) await hashPart(hash, part);
  return hash.digest('hex');
}
