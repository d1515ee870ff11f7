import type { Domain } from '../../contract/domain.ts';
import { eachOnce, tagsProblem } from '../../contract/tags.ts';
import { CliError, UsageError } from '../errors.ts';
import type { FleetSession } from '../fleet-session.ts';
import { seenBy } from './actions.ts';
import { domainJson } from './list.ts';

/** How long the host is asked for the machine's tags. */
const TAGS_LIMIT_MS = 30_000;

/** Adds tags (`+web`) to a machine and takes others from it (`-old`); without any it shows them. */
export async function tagMachine(session: FleetSession, vm: string, words: readonly string[]): Promise<void> {
  const changes = words.map(changeOf);
  await session.connectFor([vm]);
  const domain = session.find(vm);
  const { host, uuid } = domain;
  const before = await readTags(session, domain);
  const removed = new Set(changes.filter(({ add }) => !add).map(({ tag }) => tag));
  const added = changes.filter(({ add }) => add).map(({ tag }) => tag);
  const tags = eachOnce([...before.filter((tag) => !removed.has(tag)), ...added]);
  const wanted = tags.join(' ');
  if (wanted !== before.join(' ')) {
    await session.client.domain.setTags({ host, uuid, tags });
    await seenBy(session, domain, { name: 'tagged so', seen: (now) => now?.tags?.join(' ') === wanted });
  }
  session.output.either({ ...domainJson(session, domain), tags }, () => {
    session.output.line(`${domain.name} (${session.hostName(host)}): ${wanted === '' ? 'no tags' : wanted}`);
  });
}

/** @throws {UsageError} */
function changeOf(word: string): { add: boolean; tag: string } {
  const [, sign, tag = ''] = /^([+-])(.*)$/s.exec(word) ?? [];
  if (sign === undefined) throw new UsageError(`Write +${word} to add the tag, or -${word} to take it away.`);
  const wrong = tagsProblem([tag]);
  if (wrong !== null) throw new UsageError(wrong);
  return { add: sign === '+', tag };
}

/** No list of libvirt has them: they are read after it. @throws {CliError} TIMEOUT */
async function readTags(session: FleetSession, { host, uuid, name }: Domain): Promise<readonly string[]> {
  const tags = await session.mirror.until(() => session.mirror.domain(host, uuid)?.tags, TAGS_LIMIT_MS);
  if (tags !== null) return tags;
  const at = { id: host, name: session.hostName(host) };
  const message = `${at.name} did not tell the tags of ${name} within ${TAGS_LIMIT_MS / 1000} s.`;
  throw new CliError({ code: 'TIMEOUT', message, host: at });
}
