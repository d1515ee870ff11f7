import type { Failure } from '../contract/failure.ts';
import { CliError } from './errors.ts';
import { EXIT } from './exit-codes.ts';
import type { FleetSession } from './fleet-session.ts';

/**
 * Does work that logs in to a running machine, and answers what the login asks meanwhile: at the terminal, one after another.
 * @throws CliError where something is asked and there is no terminal
 */
export async function answeringSources<T>(session: FleetSession, work: () => Promise<T>): Promise<T> {
  const over = new AbortController();
  const { signal } = over;
  let unanswered: Failure | null = null;
  const answering = async (): Promise<void> => {
    const answered = new Set<string>();
    for await (const questions of await session.client.p2v.questions(undefined, { signal }))
      for (const { source, prompt } of questions) {
        if (answered.has(prompt.id)) continue;
        answered.add(prompt.id);
        const { answer, failure } = await session.answerTo(prompt, source);
        unanswered ??= failure;
        // The question may be gone by now: the server gave up waiting.
        await session.client.p2v.answer({ promptId: prompt.id, answer }).catch(() => undefined);
      }
  };
  const asked = answering().catch((error: unknown) => {
    if (!signal.aborted) throw error;
  });
  try {
    // Where nothing can be answered any more, nobody waits for the login.
    const never = new Promise<never>((_resolve, reject) => void asked.catch(reject));
    return await Promise.race([work(), never]);
  } catch (error) {
    throw unanswered === null ? error : new CliError(unanswered, EXIT.unreachable);
  } finally {
    over.abort();
    await asked.catch(() => undefined);
  }
}
