import assert from 'node:assert/strict';
import { test } from 'node:test';
import { EventNews, isPartOfStart } from '../../../main/inventory/event-news.ts';

const NAMES = ['started/booted', 'resumed/unpaused', 'suspended/paused'];

/** Tells lines `event/detail` of one machine at their milliseconds; gives those that are news. */
function told(lines: readonly (readonly [ms: number, name: string])[]): string[] {
  const news = new EventNews();
  return lines.flatMap(([ms, name]) => {
    const [event = '', detail = ''] = name.split('/');
    return news.isNews('u', { kind: 'lifecycle', event, detail, severity: 'info' }, ms) ? [name] : [];
  });
}

test('a reboot that is told four times is one line, the next reboot another', () => {
  const at = (ms: number): readonly [number, string] => [ms, 'rebooted'];
  assert.equal(told([at(0), at(300), at(600), at(900), at(9000)]).length, 2);
});

test('a start is not told as a resumption too, whichever libvirt tells first', () => {
  const states = ['shutoff', 'running', undefined, 'paused', 'pmsuspended', 'shutdown'] as const;
  assert.deepEqual(
    states.map((state) => isPartOfStart('resumed', state)),
    [true, true, true, false, false, false],
  );
  assert.equal(isPartOfStart('started', 'shutoff'), false);
});

test('what happens quickly one after the other is all told', () => {
  const lines = [
    ...NAMES.map((name, index) => [index * 3000, name] as const),
    [6100, 'resumed/unpaused'] as const,
  ];
  assert.equal(told(lines).length, 4);
});

test('a force off is told as such, not as a guest that shuts down', () => {
  assert.deepEqual(
    told([
      [0, 'shutdown/host'],
      [50, 'stopped/destroyed'],
    ]),
    ['stopped/destroyed'],
  );
});

test('machines are told apart, and one that is gone is forgotten', () => {
  const news = new EventNews();
  const line = { kind: 'lifecycle', event: 'rebooted', detail: '', severity: 'info' } as const;
  assert.deepEqual(
    [news.isNews('u', line, 0), news.isNews('v', line, 0), news.isNews('u', line, 5)],
    [true, true, false],
  );
  news.forget('u');
  assert.equal(news.isNews('u', line, 10), true);
});
