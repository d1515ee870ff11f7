import assert from 'node:assert/strict';
import { randomBytes, randomUUID } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { after, before, suite, test } from 'node:test';
import { FailureError } from '../../main/hosts/failures.ts';
import type { Json } from '../../main/jobs/engine/step.ts';
import { DiskFiles, liveCopying, MIB, SIZE, type Mishaps } from './live-copying.ts';

const SEGMENT = 8 * MIB;
const BOOTS = [randomUUID(), randomUUID()] as const;

/** As a program that is killed: nothing of it does anything any more. */
class Killed extends Error {}
const die = (): never => {
  throw new Killed('killed');
};

// A simulated host; its disk is a file, and the programs of the source run here.
suite('Virtlane dies while it reads a disk, and goes on within it', { timeout: 240_000 }, () => {
  let disks: DiskFiles;
  before(async () => {
    disks = await DiskFiles.make();
  });
  after(() => disks.remove());

  /** Bytes, zeros, bytes, zeros: so that a hole lies behind what was written. */
  const mixed = (): Buffer =>
    Buffer.concat([randomBytes(9 * MIB), Buffer.alloc(4 * MIB), randomBytes(5 * MIB), Buffer.alloc(4 * MIB)]);

  /** A disk is read by a program that meets mishaps until it dies, and by the next one. */
  async function readTwice(
    context: Parameters<typeof liveCopying>[0],
    mishaps: Mishaps,
    meanwhile = () => Promise.resolve(),
  ) {
    let isFirst = true;
    const { onNote, onRead, ...others } = mishaps;
    const job = await liveCopying(context, () => Promise.resolve(), [disks.facts()], {
      segmentBytes: SEGMENT,
      hostBoot: () => BOOTS[0],
      ...others,
      onNote: (side, value) => void (isFirst && onNote?.(side, value)),
      onRead: (bytes) => void (isFirst && onRead?.(bytes)),
    });
    const isKilled = await job.read().then(
      () => false,
      (error: unknown) => (error instanceof Killed ? true : Promise.reject(error)),
    );
    isFirst = false;
    const sentBefore = job.sent();
    await meanwhile();
    if (isKilled) await job.readOn();
    await job.look('changes');
    const isSame = (await job.volume())?.equals(await readFile(disks.at())) ?? false;
    return { isKilled, isSame, log: job.log.join('\n'), sent: job.sent() - sentBefore, job };
  }

  test('at each line of its journal, before it is written and after', async (context) => {
    await writeFile(disks.at(), mixed());
    for (const side of ['before', 'after'] as const)
      for (let at = 1, isKilled = true; isKilled; at += 1) {
        let lines = 0;
        let confirmed = 0;
        const found = await readTwice(context, {
          onNote: (now, value) => {
            if (now === 'after') confirmed = Math.max(confirmed, bytesIn(value));
            if (now === side && (lines += 1) === at) die();
          },
        });
        ({ isKilled } = found);
        const said = `${side} line ${at}: ${found.log}`;
        assert.ok(found.isSame, said);
        assert.equal(
          found.log.includes(`${confirmed} of ${SIZE} bytes are on the host`),
          isKilled && confirmed > 0,
          said,
        );
        // A line of its own for what was added, one for how far it is, of each 8 MiB.
        assert.ok(isKilled || at > 8, said);
        await found.job.undo();
        assert.equal(await found.job.volume(), null, said);
      }
  });

  test('what the source has written meanwhile is in the copy, also where bytes are zeros now', async (context) => {
    const content = mixed();
    await writeFile(disks.at(), content);
    const found = await readTwice(
      context,
      { onRead: (bytes) => void (bytes > 13 * MIB + 512 * 1024 && die()) },
      async () => {
        content.fill(1, MIB, MIB + 3);
        // It was on its way to the host.
        content.fill(0, 8 * MIB, 9 * MIB);
        content.fill(0, 13 * MIB, 14 * MIB);
        await writeFile(disks.at(), content);
      },
    );
    assert.ok(found.isKilled && found.isSame, found.log);
    assert.match(found.log, new RegExp(`${8 * MIB} of ${SIZE} bytes are on the host, and it goes on there`));
    assert.match(found.log, new RegExp(`${4 * MIB} bytes changed meanwhile`));
    await found.job.undo();
  });

  test('a source that is started anew once it was found to be the same is refused', async (context) => {
    await writeFile(disks.at(), mixed());
    const file = disks.at('boot_id');
    await writeFile(file, BOOTS[0]);
    let isSecond = false;
    await assert.rejects(
      readTwice(
        context,
        {
          onRead: (bytes) => void (bytes > 10 * MIB && die()),
          boot: { file, onTold: () => void (isSecond && writeFileSync(file, BOOTS[1])) },
        },
        () => Promise.resolve(void (isSecond = true)),
      ),
      (error) => error instanceof FailureError && /was started anew/.test(error.failure.detail ?? ''),
    );
  });

  let boots: 0 | 1 = 0;
  for (const [what, mishap, why] of [
    ['the source was started anew', { isFirstBoot: true }, /copied anew: cellar was started anew/],
    ['the host was started anew', { hostBoot: () => BOOTS[boots] }, /copied anew: the host was started anew/],
    [
      'the host tells nothing',
      { hostBoot: () => null },
      /copied anew: the host was started anew meanwhile, or does not tell/,
    ],
    [
      'the host tells more than an id, of which the journal would become too long',
      { hostBoot: () => BOOTS[0].repeat(1000) },
      /copied anew: the host was started anew meanwhile, or does not tell/,
    ],
  ] as const)
    test(`it is read anew where ${what}, which is said`, async (context) => {
      boots = 0;
      await writeFile(disks.at(), mixed());
      const found = await readTwice(
        context,
        { ...mishap, onRead: (bytes) => void (bytes > 10 * MIB && die()) },
        () => {
          boots = 1;
          return Promise.resolve();
        },
      );
      assert.ok(found.isKilled && found.isSame, found.log);
      assert.match(found.log, why);
      await found.job.undo();
    });
});

function bytesIn(value: Json): number {
  const isProgress =
    typeof value === 'object' && value !== null && !Array.isArray(value) && 'pieces' in value;
  return isProgress ? Number(value['bytes']) : 0;
}
