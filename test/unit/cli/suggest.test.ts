import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { distance, nearest } from '../../../main/cli/suggest.ts';

suite('what a mistyped word stands for', () => {
  for (const [a, b, edits] of [
    ['list', 'list', 0],
    ['lsit', 'list', 1],
    ['lst', 'list', 1],
    ['lisst', 'list', 1],
    ['lost', 'list', 1],
    ['', 'list', 4],
    ['rescue', 'reset', 3],
    ['ca', 'abc', 3],
  ] as const)
    test(`${a} and ${b}: ${edits} edits`, () => assert.equal(distance(a, b), edits));

  test('the nearest within the limit', () => {
    assert.equal(nearest('statz', ['start', 'stats', 'save']), 'stats');
    assert.equal(nearest('screnshoot', ['screenshot', 'start']), 'screenshot');
  });

  test('nothing that is as far away as another word', () => {
    assert.equal(nearest('rescue', ['reset', 'resume', 'restore']), null);
    assert.equal(nearest('ls', ['list', 'xml']), null);
  });

  test('nothing when two are as near', () => assert.equal(nearest('sta', ['star', 'stat']), null));

  test('case is no difference', () => assert.equal(nearest('Web-01', ['web-01']), 'web-01'));

  test('a number is no slip of another number', () => {
    assert.equal(nearest('web-3', ['web-1', 'mail']), null);
    assert.equal(nearest('web-12', ['web-1', 'web-2']), null);
    assert.equal(nearest('wbe-1', ['web-1', 'web-2']), 'web-1');
  });
});
