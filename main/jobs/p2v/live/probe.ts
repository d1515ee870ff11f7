import { randomUUID } from 'node:crypto';
import { FormatError } from '../../../../drivers/formats/errors.ts';
import { FailureError } from '../../../hosts/failures.ts';
import type { SourceFacts } from './model.ts';
import { readProbe } from './probe/read-probe.ts';
import { PROBE_BYTES, PROBE_SCRIPT } from './probe/script.ts';
import type { SourceLogin } from './source-logins.ts';

/**
 * Looks at a running machine: one program, which changes nothing there.
 * @throws FailureError where what it tells cannot be read; TransportError
 */
export async function probeSource(
  { exec, name }: Pick<SourceLogin, 'exec' | 'name'>,
  signal: AbortSignal,
): Promise<SourceFacts> {
  const mark = randomUUID();
  const chunks: Buffer[] = [];
  let bytes = 0;
  const onStdout = (chunk: Buffer): void => {
    bytes += chunk.length;
    if (bytes <= PROBE_BYTES) chunks.push(chunk);
  };
  const { stderr } = await exec(['sh', '-s', mark], { stdin: PROBE_SCRIPT, signal, onStdout });
  try {
    return readProbe(Buffer.concat(chunks).toString('utf8'), mark);
  } catch (error) {
    if (!(error instanceof FormatError)) throw error;
    throw new FailureError(
      {
        code: 'UNSUPPORTED',
        message: `What ${name} tells of itself cannot be read: ${error.message}.`,
        ...(stderr.trim() === '' ? {} : { detail: stderr.trim() }),
      },
      error,
    );
  }
}
