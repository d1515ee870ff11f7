import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import type { LibvirtClient } from '../../../drivers/libvirt/client.ts';
import { volumeXml } from '../../../drivers/libvirt/model/index.ts';
import { uuidToString } from '../../../drivers/libvirt/uuid.ts';
import { LinkError } from '../../../drivers/rpc/errors.ts';
import { firmwareStep } from '../../../main/jobs/clone/steps/firmware.ts';
import type { Json, StepContext } from '../../../main/jobs/engine/step.ts';
import { OfferedFiles } from '../../../main/storage/offered-files.ts';
import { storageSteps } from '../../../main/storage/steps/index.ts';
import { until } from '../../support/wait.ts';
import { FakeClock } from '../hosts/fake-clock.ts';
import { connectFleet } from '../simulator/fleet-client.ts';

/** The client of a host that tells of its volume `image.img` another time of its last bytes with every question, or of its owner alone. */
function touching(client: LibvirtClient, what: 'mtime' | 'ctime'): LibvirtClient {
  let second = 1;
  const storageVolGetXmlDesc: LibvirtClient['remote']['storageVolGetXmlDesc'] = async (args, options) => {
    const { xml } = await client.remote.storageVolGetXmlDesc(args, options);
    if (args.vol.name !== 'image.img') return { xml };
    second += 1;
    const times = { mtime: 1, ctime: second, [what]: second };
    const told = `<timestamps><mtime>${times.mtime}</mtime><ctime>${times.ctime}</ctime></timestamps>`;
    return { xml: xml.replace(/<timestamps>[^]*<.timestamps>/, told) };
  };
  const openStream = client.openStream.bind(client);
  return { openStream, remote: { ...client.remote, storageVolGetXmlDesc } } as unknown as LibvirtClient;
}

/** What copies `image.img` of a host whose answers `seenBy` may change. */
async function copying(context: TestContext, seenBy: (client: LibvirtClient) => LibvirtClient) {
  const { client } = await connectFleet(context);
  const { pools } = await client.remote.connectListAllStoragePools({ needResults: 1, flags: 0 });
  const home = pools.find(({ name }) => name === 'default');
  assert.ok(home !== undefined);
  const xml = volumeXml({ name: 'image.img', capacityBytes: 1 << 20, allocationBytes: 0, format: 'raw' });
  await client.remote.storageVolCreateXml({ pool: home, xml, flags: 0 });
  const seen = seenBy(client);
  const clock = new FakeClock();
  const kinds = storageSteps({ clock, files: new OfferedFiles() });
  const copy = kinds.find(({ name }) => name === 'volume.copy');
  assert.ok(copy !== undefined);
  const nothing = (): undefined => undefined;
  const notes: Json[] = [];
  const step = {
    signal: new AbortController().signal,
    log: nothing,
    progress: nothing,
    note: (value: Json) => Promise.resolve(void notes.push(value)),
    noted: () => notes.at(-1),
    untilBack: () => Promise.resolve(),
    written: () => 'never',
    client: () => seen,
    session: () => ({ client: seen, bulkClient: () => Promise.resolve(seen) }),
  } as unknown as StepContext;
  const place = { host: 'h', pool: uuidToString(home.uuid), poolName: 'default' };
  const from = { ...place, name: 'image.img' };
  const firmware = firmwareStep({ clock });
  return {
    clock,
    notes,
    copy: () => copy.run({ ...place, name: 'copy.img', capacityBytes: 1 << 20, format: 'raw', from }, step),
    firmware: () =>
      firmware.run(
        { ...place, name: 'copy.fd', from: from.name, claim: { machine: 'web', format: 'raw' } },
        step,
      ),
  };
}

for (const what of ['mtime', 'ctime'] as const)
  test(`a copy of what ${what === 'mtime' ? 'was written to meanwhile is not whole' : 'got another owner meanwhile is'}`, async (context) => {
    for (const kind of ['copy', 'firmware'] as const) {
      const run = (await copying(context, (client) => touching(client, what)))[kind];
      if (what === 'mtime') await assert.rejects(run(), /image\.img was written to while it was copied/);
      else await run();
    }
  });

test('what was written to when the link was lost as the copy was made, may have been only then: that is said', async (context) => {
  let looks = 0;
  /** It is looked at before it is copied, and then in vain, and then once the link is back: it was written to. */
  const losing = (client: LibvirtClient): LibvirtClient => {
    const ask = client.remote.storageVolGetXmlDesc;
    context.mock.method(client.remote, 'storageVolGetXmlDesc', async (...asked: Parameters<typeof ask>) => {
      const { xml } = await ask(...asked);
      if (asked[0].vol.name !== 'image.img') return { xml };
      looks += 1;
      if (looks === 2) throw new LinkError('LINK_CLOSED', 'the link was closed');
      const told = `<timestamps><mtime>${looks}</mtime><ctime>1</ctime></timestamps>`;
      return { xml: xml.replace(/<timestamps>[^]*<.timestamps>/, told) };
    });
    return client;
  };
  const { copy, clock } = await copying(context, losing);
  const copied = assert.rejects(
    copy(),
    /image\.img was written to while it was copied, or later while the host was away: the copy may not be whole/,
  );
  await until(() => looks === 2, 'the link is lost');
  await clock.advance(1000);
  await copied;
});

test('a link that is lost when the host has made a copy costs nobody the copy', async (context) => {
  let isLost = false;
  const losing = (client: LibvirtClient): LibvirtClient => {
    const ask = client.remote.storageVolGetInfo;
    context.mock.method(client.remote, 'storageVolGetInfo', (...args: Parameters<typeof ask>) => {
      if (isLost) return ask(...args);
      isLost = true;
      return Promise.reject(new LinkError('LINK_CLOSED', 'the link was closed'));
    });
    return client;
  };
  const { copy, clock, notes } = await copying(context, losing);
  const copied = copy();
  await until(() => isLost, 'the link is lost');
  await clock.advance(1000);
  await copied;
  assert.match(JSON.stringify(notes.at(-1)), /"whole"/);
});
