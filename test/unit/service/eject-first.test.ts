import assert from 'node:assert/strict';
import { test } from 'node:test';
import { LibvirtError } from '../../../drivers/rpc/errors.ts';
import { FailureError } from '../../../main/hosts/failures.ts';
import { ejectFirst } from '../../../main/service/eject-first.ts';

const LOCKED = new LibvirtError({ code: 'VIR_ERR_OPERATION_FAILED', message: 'Tray of device is locked' });

/** A machine with two CDs: those that came out, and the failure; null: its move began. */
async function ended({
  stuck,
  begin,
}: {
  stuck?: string;
  begin: () => Promise<string>;
}): Promise<{ out: string[]; message: string | null; code: string | null }> {
  const out: string[] = [];
  const move = ejectFirst({
    name: 'web',
    host: { id: 'a', name: 'kvm-a' },
    media: ['sda', 'sdb'].map((target) => ({ target, path: `/iso/${target}.iso` })),
    eject: (target) => (target === stuck ? Promise.reject(LOCKED) : Promise.resolve(void out.push(target))),
    begin,
  });
  return move.then(
    () => ({ out, message: null, code: null }),
    (error: unknown) =>
      error instanceof FailureError
        ? { out, message: error.failure.message, code: error.failure.code }
        : { out, message: String(error), code: null },
  );
}

test('media are out of their drives before the move begins', async () => {
  const end = await ended({ begin: () => Promise.resolve('job') });
  assert.deepEqual(end, { out: ['sda', 'sdb'], message: null, code: null });
});

test('a move that does not begin says which media are out of their drives, and for what it keeps its reason', async () => {
  const refusal = new FailureError({ code: 'CONFLICT', message: 'web is not moved, as it is copied.' });
  const end = await ended({ begin: () => Promise.reject(refusal) });
  assert.deepEqual(end, {
    out: ['sda', 'sdb'],
    message:
      'web is not moved, as it is copied. /iso/sda.iso is out of its drive (sda of web). /iso/sdb.iso is out of its drive (sdb of web).',
    code: 'CONFLICT',
  });
});

test('so does one that is cancelled then, and one whose second drive the guest holds shut; with none out nothing is added', async () => {
  const cancelled = await ended({ begin: () => Promise.reject(new DOMException('', 'AbortError')) });
  assert.equal(cancelled.code, 'CANCELLED');
  assert.match(cancelled.message ?? '', /^web was not moved on kvm-a\. .*sda of web.*sdb of web/);
  const begin = () => assert.fail('it began');
  const second = await ended({ stuck: 'sdb', begin });
  assert.match(
    second.message ?? '',
    /not moved on kvm-a\. \/iso\/sda\.iso is out of its drive \(sda of web\)\.$/,
  );
  assert.doesNotMatch((await ended({ stuck: 'sda', begin })).message ?? '', /out of its drive/);
});
