import { randomUUID } from 'node:crypto';
import { FormatError } from '../../../../drivers/formats/errors.ts';
import { FailureError } from '../../../hosts/failures.ts';
import type { SourceFacts } from './model.ts';
import { readProbe } from './probe/read-probe.ts';
import { PROBE_BYTES, PROBE_SCRIPT } from './probe/script.ts';
import type { SourceLogin } from './source-logins.ts';

/** On a slow machine the initramfs alone takes half a minute. */
const LIMIT_MS = 10 * 60_000;

/**
 * Looks at a running machine: one program, which changes nothing there.
 * @throws FailureError where what it tells cannot be read; TransportError
 */
export function probeSource(login: Login, signal: AbortSignal): Promise<SourceFacts> {
  return probe(login, 'all', signal);
}

/** Its disks and what is on them alone, which is quicker. @throws as probeSource */
export function probeDisks(
  login: Login,
  signal: AbortSignal,
): Promise<Pick<SourceFacts, 'disks' | 'groups'>> {
  return probe(login, 'disks', signal);
}

type Login = Pick<SourceLogin, 'exec' | 'name'>;

async function probe(
  { exec, name }: Login,
  what: 'all' | 'disks',
  signal: AbortSignal,
): Promise<SourceFacts> {
  const mark = randomUUID();
  const chunks: Buffer[] = [];
  let bytes = 0;
  const late = AbortSignal.timeout(LIMIT_MS);
  const onStdout = (chunk: Buffer): void => {
    bytes += chunk.length;
    if (bytes > PROBE_BYTES) throw unreadable(name, 'It tells more than is read');
    chunks.push(chunk);
  };
  const options = { stdin: PROBE_SCRIPT, signal: AbortSignal.any([signal, late]), onStdout };
  const { stderr } = await exec(['sh', '-s', mark, what], options).catch((error: unknown) => {
    throw late.aborted && !signal.aborted ? unreadable(name, 'It was not done within ten minutes') : error;
  });
  try {
    return readProbe(Buffer.concat(chunks).toString('utf8'), mark);
  } catch (error) {
    if (!(error instanceof FormatError)) throw error;
    throw unreadable(name, error.message, stderr.trim());
  }
}

function unreadable(name: string, why: string, detail = ''): FailureError {
  return new FailureError({
    code: 'UNSUPPORTED',
    message: `What ${name} tells of itself cannot be read: ${why}.`,
    ...(detail === '' ? {} : { detail }),
  });
}
