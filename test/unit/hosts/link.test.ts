import assert from 'node:assert/strict';
import { test } from 'node:test';
import { memoryPair } from '../../../drivers/transport/memory.ts';
import { LinkEnd } from '../../../main/hosts/link.ts';

test('what was opened through a link ends with it', async () => {
  const end = new LinkEnd();
  const [inside, outside] = memoryPair();
  const [gone] = memoryPair();
  end.track(inside);
  end.track(gone).destroy();
  end.close();
  assert.equal(inside.destroyed, true);
  await new Promise((resolve) => outside.once('close', resolve).resume());
  assert.equal(await end.closed, undefined);
});
