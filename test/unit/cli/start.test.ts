import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';

test('a command says first of all that no reader of a shape is compiled: one that was made before compiles its own', () => {
  const source = (name: string): string =>
    readFileSync(new URL(`../../../main/cli/${name}`, import.meta.url), 'utf8');
  const imports = (text: string): string[] => text.match(/^import .*/gm) ?? [];
  assert.equal(imports(source('main.ts'))[0], "import './read-plainly.ts';");
  assert.deepEqual(imports(source('read-plainly.ts')), ["import { z } from 'zod';"]);
});
