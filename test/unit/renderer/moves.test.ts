import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Domain } from '../../../main/contract/domain.ts';
import { Follower, movesByState } from '../../../renderer/state/moves.ts';

const seen = (
  host: string,
  state: Domain['state'],
  reason: string,
  since: number | null,
  uuid = 'u',
): Domain => ({ host, uuid, id: state === 'shutoff' ? null : 1, state, reason, since }) as Domain;
const moves = (...domains: Domain[]) => [...movesByState(domains)];
const AB = [['u', { from: 'a', to: 'b' }]];

test('a machine that runs here and is taken in there goes there, whoever moves it', () => {
  assert.deepEqual(moves(seen('a', 'running', 'booted', 1), seen('b', 'paused', 'migration', 2)), AB);
  assert.deepEqual(moves(seen('b', 'paused', 'migration', 2), seen('a', 'paused', 'user', 1)), AB);
  // It came to its present host by a move itself, and both were there before this window.
  assert.deepEqual(moves(seen('a', 'running', 'migrated', null), seen('b', 'paused', 'migration', null)), AB);
});

test('by post-copy it runs on the target while its source stands still', () => {
  assert.deepEqual(moves(seen('a', 'paused', 'postcopy', 2), seen('b', 'running', 'postcopy', 2)), AB);
});

test('one that has arrived, a shell that a move has left, and two machines are on no way', () => {
  assert.deepEqual(moves(seen('a', 'paused', 'migration', 5), seen('b', 'running', 'migrated', 6)), []);
  assert.deepEqual(moves(seen('a', 'shutoff', 'migrated', 5), seen('b', 'paused', 'migration', 4)), []);
  assert.deepEqual(moves(seen('b', 'paused', 'migration', 4)), []);
  assert.deepEqual(moves(seen('a', 'running', 'booted', 1), seen('b', 'running', 'booted', 1)), []);
  assert.deepEqual(
    moves(seen('a', 'running', 'booted', 1), seen('b', 'paused', 'migration', 2, 'other')),
    [],
  );
});

test('what a host that is away held for a move, as one that was given up, is none any more', () => {
  const both = [seen('a', 'running', 'booted', 1), seen('b', 'paused', 'migration', 2)];
  assert.deepEqual([...movesByState(both, new Set(['b']))], []);
  // The one that is to have it tells of the move still.
  assert.deepEqual([...movesByState(both, new Set(['a']))], AB);
});

test('a machine that is looked at is followed where a move took it, and nowhere else', () => {
  const at = (...hosts: string[]) => hosts.map((host) => ({ host, uuid: 'u' }));
  const going = new Map([['u', { from: 'a', to: 'b' }]]);
  const moved = new Follower();
  assert.equal(moved.next('a/u', at('a', 'b'), going), null);
  assert.equal(moved.next('a/u', at('a', 'b'), new Map()), null);
  assert.equal(moved.next('a/u', at('b'), new Map()), 'b/u');
  // Deleted beside one of the same UUID, or not seen yet: hosts tell theirs one after the other.
  const deleted = new Follower();
  assert.equal(deleted.next('a/u', at('a', 'b'), new Map()), null);
  assert.equal(deleted.next('a/u', at('b'), new Map()), null);
  assert.equal(new Follower().next('a/u', at('b'), going), null);
});
