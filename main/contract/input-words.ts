import type { z } from 'zod';

type Issue = z.core.$ZodRawIssue;

/** What is wanted, for a person who types it. */
const WANTED: Readonly<Record<string, string>> = {
  string: 'a text',
  number: 'a number',
  int: 'a whole number',
  bigint: 'a whole number',
  boolean: 'true or false',
  array: 'a list',
  object: 'an object',
  record: 'an object',
  null: 'null',
};

/**
 * What a schema says of input that it refuses, after the name of the field. Values are left out, as they may be secrets. Undefined: zod's own
 * words.
 */
export function inputWords(issue: Issue): string | undefined {
  switch (issue.code) {
    case 'invalid_type': {
      const wanted = WANTED[issue.expected] ?? issue.expected;
      return issue.input === undefined ? `it is missing (${wanted})` : `it must be ${wanted}`;
    }
    case 'invalid_value':
      return issue.input === undefined
        ? `it is missing (${listOf(issue.values)})`
        : `it must be ${listOf(issue.values)}`;
    case 'too_big':
      return issue.inclusive === false
        ? `it must be less than ${issue.maximum}`
        : `it must ${amount(issue.origin, 'at most', issue.maximum)}`;
    case 'too_small':
      return issue.inclusive === false
        ? `it must be more than ${issue.minimum}`
        : `it must ${amount(issue.origin, 'at least', issue.minimum)}`;
    case 'unrecognized_keys':
      return `there is no field ${issue.keys.join(', ')} here`;
    case 'invalid_union':
      return 'it is none of the forms that it can have';
    case 'invalid_format':
      return 'it is not written as it must be';
    default:
      return undefined;
  }
}

function listOf(values: readonly unknown[]): string {
  return values.map(String).join(' or ');
}

function amount(origin: string, how: string, bound: number | bigint): string {
  if (origin === 'string') return `have ${how} ${bound} ${bound === 1 ? 'character' : 'characters'}`;
  if (origin === 'array') return `have ${how} ${bound} ${bound === 1 ? 'entry' : 'entries'}`;
  return `be ${how} ${bound}`;
}
