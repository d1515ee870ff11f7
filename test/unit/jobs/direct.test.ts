import assert from 'node:assert/strict';
import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { suite, test } from 'node:test';
import { until } from '../../support/wait.ts';
import type { Plan } from '../../../main/jobs/engine/step.ts';
import { bench, planOf } from './engine-bench.ts';
import { TAG } from './p2v-live-cellar.ts';
import { KEYS, KEYS_BEFORE, Pair } from './direct-pair.ts';

const host = 'h';
const thing = (name: string) => ({ id: name, kind: 'thing.create', host, title: name, params: { name } });
/** The plan of a machine out of one that runs, or of one like another. */
const planFor = ({ of, sourceOfPlan: source }: Pair): Plan => {
  const way = { source, tag: TAG, host, hostName: 'kvm-a' };
  const { hosts } = planOf();
  return planOf({
    hosts:
      of === 'clone' ? [...hosts, { id: 's', name: 'root@cellar', uri: 'qemu+ssh://cellar/system' }] : hosts,
    steps: [
      { id: 'key', kind: `${of}.key`, host: of === 'clone' ? 's' : host, title: 'key', params: way },
      { id: 'direct', kind: `${of}.direct`, host, title: 'direct', params: { ...way, key: 'key' } },
      thing('read'),
      {
        id: 'shut',
        kind: `${of}.shut`,
        host,
        title: 'shut',
        params: { ...way, direct: 'direct', key: 'key' },
        optional: true,
      },
      thing('define'),
    ],
  });
};

/** What no program's arguments, no journal and no log may have of a key. */
function halvesOf(key: string): string[] {
  const lines = key.split('\n').slice(1, -2);
  return lines.slice(2);
}

async function ran(pair = new Pair()) {
  const { start, world, dir } = await bench();
  const { workflows, jobs, find } = start(pair.kinds, pair.hosts);
  const id = await workflows.start(planFor(pair));
  await jobs.settled(id);
  return { pair, job: find(id), world, dir };
}

suite('a source is let write to a host itself', () => {
  test('where no key was put nothing is taken from the source again', async () => {
    const pair = new Pair('clone');
    pair.sourceUser = '1000';
    const { job } = await ran(pair);
    assert.equal(job.state, 'done', JSON.stringify(job));
    assert.deepEqual(
      pair.seen.filter((words) => words.startsWith('rm ')),
      [],
    );
    assert.doesNotMatch(JSON.stringify(job.log), /has no way to|not done/);
  });

  test('where other jobs put their lines there at the same time, it puts its own once more', async () => {
    const pair = new Pair();
    pair.others = ['\nlineA virtlane-a\n', 'lineB virtlane-b\n'];
    const { job } = await ran(pair);
    assert.match(JSON.stringify(job.log), /straight to kvm-a/);
    assert.equal(
      pair.host.files.get(KEYS),
      `${KEYS_BEFORE}\nlineA virtlane-a\nlineB virtlane-b\n`,
      'its own is gone, theirs are there',
    );
  });

  test('by one line, which is good for one program, one address and a day', async () => {
    const { pair, job } = await ran();
    assert.equal(job.state, 'done', JSON.stringify(job));
    pair.assertAsItWas('it is done');
    assert.match(
      pair.lines.join('\n'),
      /^restrict,from="192\.0\.2\.99",expiry-time="20261128101500",command="exec sh \/run\/virtlane-1\.receiver\/receive gzip -dc" ssh-ed25519 \S+ virtlane-1$/,
    );
    assert.match(JSON.stringify(job.log), /go from root@cellar straight to kvm-a \(192\.0\.2\.7\)/);
  });

  for (const [what, change, why] of [
    ['a host whose login is not root’s', { user: '1000' }, /the login to kvm-a is not root's/],
    ['a host whose login has no program for it', { programs: ['dd'] }, /kvm-a has no flock, fallocate, /],
    ['a source whose login is not root’s', { sourceUser: '1000' }, /the login to root@cellar is not root's/],
    [
      'a host that is not reached',
      { refusal: 'timed out\n' },
      /does not reach kvm-a at 192\.0\.2\.7 \(timed out\)/,
    ],
  ] as const)
    test(`${what}: the bytes go through this computer, and the job says so`, async () => {
      const { pair, job } = await ran(Object.assign(new Pair(), change));
      assert.equal(job.state, 'done', JSON.stringify(job));
      pair.assertAsItWas('it is done');
      assert.match(JSON.stringify(job.log), why);
    });

  for (const [of, fault] of all('lost before', 'lost after'))
    test(`${of}: a link is ${fault} whichever program of the two has done its work: both are as they were`, async () => {
      const { calls } = (await ran(new Pair(of))).pair;
      assert.ok(calls > 12, `${calls} programs`);
      for (let at = 1; at <= calls; at += 1) {
        const pair = new Pair(of);
        pair.meets(fault, at);
        const { job, world } = await ran(pair);
        const said = `${fault} program ${at} of ${calls}: ${JSON.stringify(job)}`;
        assert.equal(job.state, 'done', said);
        assert.deepEqual([...world.things], ['read', 'define'], said);
        pair.assertAsItWas(said);
      }
    });

  test('a host that is away from then on: the key is gone from the source before it is back, and the line afterwards', async () => {
    const { start, world } = await bench();
    const pair = new Pair();
    world.faults.set('read', 'lostBefore');
    const { workflows, jobs, find, clock } = start(pair.kinds, {
      ...pair.hosts,
      session: (id) => {
        world.assertConnected();
        return pair.hosts.session(id);
      },
      connected: (_, signal) => world.untilConnected(signal),
    });
    const id = await workflows.start(planFor(pair));
    await until(() => find(id).state === 'waiting', 'it waits for the host');
    assert.deepEqual([pair.source.folders.size, pair.host.folders.size], [0, 1]);
    world.comeBack();
    await clock.advance(4000);
    await jobs.settled(id);
    assert.deepEqual([find(id).state, find(id).mayBeLeft], ['failed', []]);
    pair.assertAsItWas('it is taken back');
  });

  for (const [of, fault] of all('dies before', 'dies after'))
    for (const choice of ['goOn', 'undo'] as const)
      test(`${of}: Virtlane ${fault} it has done its work; then: ${choice}`, async () => {
        const { calls } = (await ran(new Pair(of))).pair;
        for (let at = 1; at <= calls; at += 1) {
          const { start, dir, journals } = await bench();
          const pair = new Pair(of);
          pair.meets(fault, at);
          const first = start(pair.kinds, pair.hosts);
          const id = await first.workflows.start(planFor(pair));
          await until(() => pair.isHanging, 'a program runs');
          first.workflows.close();
          await first.jobs.settled(id);
          const kept = await textOf(dir);
          const second = start(pair.kinds, pair.hosts);
          await second.workflows.recover();
          await second.workflows.resume(id, choice);
          await second.jobs.settled(id);
          second.workflows.close();
          const job = second.find(id);
          const said = `${fault} program ${at} of ${calls}: ${JSON.stringify(job)}`;
          assert.equal(job.state, choice === 'goOn' ? 'done' : 'cancelled', said);
          pair.assertAsItWas(said);
          assert.deepEqual(await journals(), [], said);
          for (const half of pair.secrets.flatMap(halvesOf))
            for (const text of [kept, said, ...pair.seen]) assert.ok(!text.includes(half), said);
        }
      });
});

/** Each fault to each of the two workflows. */
function all<const F>(...faults: F[]): [of: Pair['of'], fault: F][] {
  return faults.flatMap((fault): [Pair['of'], F][] => [
    ['p2v', fault],
    ['clone', fault],
  ]);
}

async function textOf(dir: string): Promise<string> {
  const texts = (await readdir(dir)).map((name) => readFile(path.join(dir, name), 'utf8'));
  return (await Promise.all(texts)).join('\n');
}
