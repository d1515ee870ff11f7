import assert from 'node:assert/strict';
import { test } from 'node:test';
import { leavingHome, livesElsewhere } from '../../../main/service/leaving-home.ts';
import { Homes } from '../../../main/settings/homes.ts';

const URI = 'qemu+ssh://kvm-a/system';
const HOSTS = [
  { id: 'a', name: 'kvm-a', uri: URI },
  { id: 'b', name: 'kvm-b', uri: '' },
] as const;

/** Rounds of two programs that share what is kept, and what `on their way` says of jobs. */
function programs(onTheirWay: ReadonlySet<string>) {
  const homes = new Homes({ dataDir: '', transient: true, onBroken: () => assert.fail() });
  const open = (kind: string, uuid: string) =>
    Promise.resolve(
      onTheirWay.has(uuid)
        ? { plan: { kind, name: uuid, uuid, hosts: HOSTS }, unreadable: null, isHeld: true }
        : null,
    );
  const round = () => leavingHome({ homes, workflows: { open } }, URI);
  return { homes, rounds: [round(), round()] as const };
}

test('a machine that another program moves after all keeps its home, whichever of them kept it first', async () => {
  const { homes, rounds } = programs(new Set(['web']));
  const [one, other] = rounds;
  await one.leaves('web');
  await other.leaves('web');
  await one.stayed('web');
  assert.deepEqual(await homes.of(URI), ['web']);
});

test('of one that nobody moves any more it is forgotten, and of one that was away it is not', async () => {
  const { homes, rounds } = programs(new Set());
  const [one, other] = rounds;
  await one.leaves('web');
  await one.stayed('web');
  assert.deepEqual(await homes.of(URI), []);
  await one.leaves('db');
  await other.leaves('db');
  await other.stayed('db');
  assert.deepEqual(await homes.of(URI), ['db']);
});

test('one that goes by itself lives elsewhere; where that cannot be written its move goes on, and says so', async () => {
  const homes = new Homes({ dataDir: '', transient: true, onBroken: () => assert.fail() });
  await homes.leave('web', URI);
  const left = { uuid: 'web', name: 'web', host: { name: 'kvm-a', uri: URI } };
  const lines: string[] = [];
  const log = (text: string): void => void lines.push(text);
  const full = { of: homes.of.bind(homes), forget: () => Promise.reject(new Error('ENOSPC: no space left')) };
  await livesElsewhere(full, left, { log });
  assert.deepEqual(await homes.of(URI), ['web']);
  assert.match(lines[0] ?? '', /^web may still be offered to be brought home to kvm-a, .*ENOSPC/);
  await livesElsewhere(homes, left, { log });
  assert.deepEqual([await homes.of(URI), lines.length], [[], 1]);
});
