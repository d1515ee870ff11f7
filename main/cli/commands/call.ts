import type { AnyContractRouter } from '@orpc/contract';
import { UsageError } from '../errors.ts';
import type { FleetSession } from '../fleet-session.ts';

/** Every method of the contract, as `call` takes it. */
export async function methodNames(): Promise<string[]> {
  // Loaded when it is needed: no other command goes through the whole contract.
  const [{ contract }, { isContractProcedure }] = await Promise.all([
    import('../../contract/contract.ts'),
    import('@orpc/contract'),
  ]);
  const walk = (router: AnyContractRouter, path: string): string[] => {
    if (isContractProcedure(router)) return [path];
    return Object.entries(router).flatMap(([name, inner]) =>
      walk(inner, path === '' ? name : `${path}.${name}`),
    );
  };
  return walk(contract, '');
}

/** Any method of the contract with its input as JSON. A subscription prints one JSON value a line. */
export async function callMethod(
  session: FleetSession,
  method: string,
  inputText: string | undefined,
): Promise<void> {
  const methods = await methodNames();
  if (!methods.includes(method))
    throw new UsageError(`There is no method ${method}. These are: ${methods.join(', ')}.`);
  const input = parseInput(inputText);
  if (needsHosts(method)) await session.connect(hostIn(input, session));
  let target: unknown = session.client;
  for (const name of method.split('.')) target = (target as Record<string, unknown>)[name];
  const answer: unknown = await (target as (input: unknown) => Promise<unknown>)(input);
  if (isIterable(answer)) for await (const value of answer) session.output.record(value);
  else session.output.value(answer ?? null);
}

/** What is about the application or the list of hosts itself waits for none of them: the first one is added so, and a dead one removed. */
function needsHosts(method: string): boolean {
  return method === 'host.list' || !/^(?:app|host)\./.test(method);
}

/** The one host that the input is about; null: all. */
function hostIn(input: unknown, session: FleetSession): ReadonlySet<string> | null {
  if (typeof input !== 'object' || input === null || !('host' in input)) return null;
  const named = session.hosts.filter(({ id }) => id === input.host);
  return named.length === 0 ? null : new Set(named.map(({ id }) => id));
}

function parseInput(text: string | undefined): unknown {
  if (text === undefined) return undefined;
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new UsageError(`The input is not JSON: ${error instanceof Error ? error.message : 'unreadable'}.`);
  }
}

function isIterable(value: unknown): value is AsyncIterable<unknown> {
  return typeof value === 'object' && value !== null && Symbol.asyncIterator in value;
}
