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
  if (!method.startsWith('app.')) await session.connect();
  let target: unknown = session.client;
  for (const name of method.split('.')) target = (target as Record<string, unknown>)[name];
  const answer: unknown = await (target as (input: unknown) => Promise<unknown>)(input);
  if (isIterable(answer)) for await (const value of answer) session.output.record(value);
  else session.output.value(answer ?? null);
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
