import assert from 'node:assert/strict';
import { once } from 'node:events';
import { suite, test, type TestContext } from 'node:test';
import { LibvirtError } from '../../../drivers/rpc/errors.ts';
import { NothingDone } from '../../../main/jobs/engine/step.ts';
import type { FillWay } from '../../../main/storage/steps/fill.ts';
import { settle } from '../hosts/fake-clock.ts';
import { Lost, swap, take, uploaded, uploading, type Call, type Circumstances } from './upload-bench.ts';

const SHA256 = /^[0-9a-f]{64}$/;

/** The link goes at a call's first time, before it is sent. */
const lostAt =
  (what: string, meanwhile: (call: Call) => Promise<void> = () => Promise.resolve()) =>
  async (call: Call): Promise<void> => {
    if (call.name !== what || call.time > 0) return;
    await meanwhile(call);
    throw new Lost();
  };

const made = ({ calls }: { readonly calls: readonly string[] }): number =>
  calls.filter((name) => name === 'storageVolCreateXml').length;

async function wholeAfter(context: TestContext, circumstances: Circumstances): Promise<number> {
  const { digest, noted, ...rest } = await uploaded(context, circumstances);
  assert.match(digest, SHA256);
  assert.equal((noted() as { state: string }).state, 'whole');
  return made(rest);
}

test('an upload goes on in the volume that it made', async (context) => {
  assert.equal(await wholeAfter(context, { before: lostAt('stream') }), 1);
});

test('an upload does not write into another volume that got its name while the link was lost', async (context) => {
  await assert.rejects(
    uploaded(context, { before: lostAt('stream', swap) }),
    /another volume may have got the name sent: nothing more is written/,
  );
});

suite('an upload whose host is away at the wrong moment waits for it', () => {
  test('as it begins', async (context) => {
    assert.equal(await wholeAfter(context, { isAway: true }), 1);
  });
  for (const call of ['storagePoolLookupByUuid', 'storagePoolGetXmlDesc', 'storageVolCreateXml'])
    test(`before ${call} is asked`, async (context) => {
      const made = await wholeAfter(context, { before: lostAt(call) });
      assert.equal(made, call === 'storageVolCreateXml' ? 2 : 1);
    });
  test('as the volume is made, whose answer is lost: it is not made again', async (context) => {
    assert.equal(await wholeAfter(context, { after: lostAt('storageVolCreateXml') }), 1);
  });
  test('as it is looked at right after it was made', async (context) => {
    assert.equal(await wholeAfter(context, { before: lostAt('storageVolGetXmlDesc') }), 1);
  });
  test('as the volume is made, which comes to be only when it is asked for again', async (context) => {
    const late = async (call: Call): Promise<void> => {
      if (call.name !== 'storageVolCreateXml') return;
      if (call.time === 0) throw new Lost();
      const { pool } = await call.client.remote.storagePoolLookupByName({ name: 'default' });
      const xml = `<volume><name>sent</name><capacity>${1 << 20}</capacity><allocation>0</allocation><target><format type='raw'/></target></volume>`;
      await call.client.remote.storageVolCreateXml({ pool, xml, flags: 0 });
    };
    assert.equal(await wholeAfter(context, { before: late }), 2);
  });
  test('when all bytes are sent, before its pool is looked through', async (context) => {
    assert.equal(await wholeAfter(context, { before: lostAt('storagePoolRefresh') }), 1);
  });
  test('when its pool was looked through, before it is known to be whole', async (context) => {
    let isRefreshed = false;
    const after = ({ name }: Call): void => {
      if (name === 'storagePoolRefresh') isRefreshed = true;
    };
    let isLost = false;
    const before = ({ name }: Call): void => {
      if (isLost || !isRefreshed || name !== 'storageVolGetXmlDesc') return;
      isLost = true;
      throw new Lost();
    };
    assert.equal(await wholeAfter(context, { before, after }), 1);
    assert.equal(isLost, true);
  });
});

suite('what an upload makes sure of after its link was lost', () => {
  test('a volume that got its name while the answer was lost is another’s: nothing is written to it', async (context) => {
    const { filled, clock, calls } = await uploading(context, {
      before: lostAt('storageVolCreateXml', take),
    });
    while (clock.pending === 0) await settle();
    await clock.advance(1000);
    await assert.rejects(filled, (error: unknown) => {
      assert.ok(
        !(error instanceof NothingDone),
        'it may have been made: that is looked at when it is taken back',
      );
      assert.match(String(error), /another volume may have got the name sent: nothing more is written/);
      return true;
    });
    assert.ok(!calls.includes('stream'));
  });
  test('a volume that is whole is still its own', async (context) => {
    await assert.rejects(
      uploaded(context, { before: lostAt('storagePoolRefresh', swap) }),
      /another volume may have got the name sent/,
    );
  });
  test('what it asked for once stays known as asked for, whatever libvirt says the second time', async (context) => {
    const refused = ({ name, time }: Call): void => {
      if (name !== 'storageVolCreateXml') return;
      throw time === 0
        ? new Lost()
        : new LibvirtError({ code: 'VIR_ERR_OPERATION_FAILED', message: 'disk full' });
    };
    const { filled, clock, noted } = await uploading(context, { before: refused });
    while (clock.pending === 0) await settle();
    await clock.advance(1000);
    await assert.rejects(filled, /disk full/);
    assert.equal((noted() as { state: string }).state, 'asked');
  });
});

test('where the name is taken as it begins, it has done nothing', async (context) => {
  const taken = async (call: Call): Promise<void> => {
    if (call.name === 'storageVolCreateXml' && call.time === 0) await take(call);
  };
  await assert.rejects(uploaded(context, { before: taken }), NothingDone);
});

const BOOT = '0b6b3f5c-6b1e-4f0e-9d2b-0c6f3d1f2a00';

for (const moment of ['stream', 'storagePoolRefresh'])
  test(`an upload does not go on where the host was started anew (${moment}): what it had taken may be lost`, async (context) => {
    const before = lostAt(moment);
    await assert.rejects(
      uploaded(context, { before, boots: [BOOT, BOOT.replace('0b6b', '1b6b')] }),
      /kvm was started anew while sent was written/,
    );
    const { digest } = await uploaded(context, { before, boots: [BOOT, BOOT] });
    assert.match(digest, SHA256);
  });

test('which start of the host it is, is asked again where the link was lost under that question', async (context) => {
  let streams = 0;
  const before = async (call: Call): Promise<void> => {
    if (call.name !== 'stream' || (streams += 1) > 2) return Promise.resolve();
    return Promise.reject(new Lost());
  };
  await assert.rejects(
    uploaded(context, { before, boots: [null, BOOT, BOOT.replace('0b6b', '1b6b')] }),
    /kvm was started anew while sent was written/,
  );
});

test('a libvirtd that ends each time that it is asked to make the volume is not asked for ever', async (context) => {
  let asked = 0;
  const before = ({ name }: Call): Promise<void> => {
    if (name !== 'storageVolCreateXml') return Promise.resolve();
    asked += 1;
    return Promise.reject(new Lost());
  };
  await assert.rejects(
    uploaded(context, { before }),
    /kvm lost its link each time that it was asked to make sent/,
  );
  assert.equal(asked, 5);
});

test('how a volume looks is noted also while nothing is told of what is written to it', async (context) => {
  let isFilling = false;
  const until = new AbortController();
  const slow: FillWay = {
    async fill() {
      isFilling = true;
      await once(until.signal, 'abort');
    },
  };
  const { filled, clock, noted } = await uploading(context, { direct: slow });
  while (!isFilling) await settle();
  const before = noted();
  await clock.advance(20_000);
  while (noted() === before) await settle();
  until.abort();
  await filled;
  assert.equal(clock.pending, 0);
});

test('one that gets no link for its bytes at first leaves nothing that notes', async (context) => {
  const { filled, clock } = await uploading(context, { refused: 3 });
  let isDone = false;
  void filled.then(() => (isDone = true));
  while (!isDone) await clock.advance(1000);
  assert.equal(clock.pending, 0);
});
