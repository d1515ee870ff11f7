import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { z } from 'zod';
import { machineSpec } from '../../../main/contract/machine-spec.ts';
import { networkMethods } from '../../../main/contract/network-methods.ts';
import { poolInput } from '../../../main/contract/storage.ts';

const wordsOf = (schema: z.ZodType, value: unknown): string[] =>
  (schema.safeParse(value).error?.issues ?? []).map(({ path, message }) => `${path.join('.')}: ${message}`);

test('what a method refuses is said with the field and what it wants, and without the value', () => {
  // Whoever knows the contract has its words.
  assert.ok(networkMethods.network.restart !== undefined);
  const hosts = [{ name: 'nas', port: 70_000 }];
  assert.deepEqual(
    wordsOf(poolInput, { name: 'a'.repeat(5000), type: 'fat', path: 5, hosts, build: 'secret' }),
    [
      'host: it is missing (a text)',
      `name: it must have at most ${poolInput.shape.name.maxLength} characters`,
      `type: it must be ${poolInput.shape.type.options.join(' or ')}`,
      'path: it must be a text',
      'hosts.0.port: it must be at most 65535',
      'build: it must be true or false',
    ],
  );
  assert.match(wordsOf(machineSpec, {})[0] ?? '', /^\w+: it is missing \(/);
});
