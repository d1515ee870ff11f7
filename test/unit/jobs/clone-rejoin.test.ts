import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import type { RemoteApi } from '../../../drivers/libvirt/api.ts';
import type { LibvirtClient } from '../../../drivers/libvirt/client.ts';
import { readDomain, readPool, volumeXml } from '../../../drivers/libvirt/model/index.ts';
import { uuidToString } from '../../../drivers/libvirt/uuid.ts';
import { LibvirtError } from '../../../drivers/rpc/errors.ts';
import { meanwhileName } from '../../../main/jobs/clone/steps/meanwhile-file.ts';
import { snapshotStep } from '../../../main/jobs/clone/steps/snapshot.ts';
import { NothingDone, Stays, type Json, type StepContext } from '../../../main/jobs/engine/step.ts';
import { listVolumes } from '../../../main/storage/read.ts';
import { FakeClock } from '../hosts/fake-clock.ts';
import { connectFleet } from '../simulator/fleet-client.ts';

const refused = (message: string) => new LibvirtError({ code: 'VIR_ERR_OPERATION_FAILED', message });

/** A machine of the demo that writes beside its disk, and what libvirt does with that. */
async function diverted(context: TestContext) {
  const { client } = await connectFleet(context);
  const { remote } = client;
  const { domains } = await remote.connectListAllDomains({ needResults: 1, flags: 0 });
  const { pools } = await remote.connectListAllStoragePools({ needResults: 1, flags: 0 });
  const pool = pools.find(({ name }) => name === 'default') ?? assert.fail('it has no pool');
  const folder = readPool((await remote.storagePoolGetXmlDesc({ pool, flags: 0 })).xml).targetPath ?? '';
  const dom = domains.find(({ id }) => id >= 0) ?? assert.fail('none runs');
  const shown = async () => (await remote.domainGetXmlDesc({ dom, flags: 0 })).xml;
  const first = readDomain(await shown()).disks.find(({ source }) => source?.path !== undefined);
  const base = first?.source?.path ?? assert.fail('it has no file');
  const fileOf = async (token: string) => {
    const volume = meanwhileName(dom.name, 'vda', token);
    const made = { name: volume, capacityBytes: 1 << 20, allocationBytes: 0, format: 'qcow2' };
    await remote.storageVolCreateXml({ pool, xml: volumeXml(made), flags: 0 });
    return { volume, path: `${folder}/${volume}` };
  };
  const own = await fileOf('0123abcd');
  const names = async () => (await listVolumes(client, pool, {})).volumes.map(({ name }) => name);
  /** What libvirt shows, the top one first. */
  const host = { chain: [base], merging: false, asked: [] as string[] };
  const calls: { -readonly [K in keyof RemoteApi]?: RemoteApi[K] } = {
    domainGetXmlDesc: async (args, options) => {
      const { xml } = await remote.domainGetXmlDesc(args, options);
      if (args.dom.name !== dom.name) return { xml };
      const [top = base, ...under] = host.chain;
      const backing = under.map(
        (path) => `<backingStore type='file'><format type='qcow2'/><source file='${path}'/>`,
      );
      const chain = `<source file='${top}'/>${backing.join('')}${'</backingStore>'.repeat(under.length)}`;
      return { xml: xml.replace(new RegExp(`<source file='${base}'.*/>(\\s*<backingStore/>)?`), chain) };
    },
    domainGetBlockJobInfo: () =>
      Promise.resolve({ found: host.merging ? 1 : 0, type: 4, bandwidth: 0n, cur: 1n, end: 1n }),
    domainBlockCommit: () => {
      host.asked.push('commit');
      host.merging = true;
      return Promise.resolve(undefined);
    },
    domainBlockJobAbort: () => {
      host.merging = false;
      host.chain.shift();
      return Promise.resolve(undefined);
    },
    domainSnapshotCreateXml: () => Promise.reject(refused('it is not supported')),
    storageVolResize: () => {
      host.asked.push('resize');
      return Promise.reject(
        refused(
          `Could not open '${own.path}': Could not open backing file: Failed to get shared "write" lock`,
        ),
      );
    },
  };
  const clock = new FakeClock();
  const lines: string[] = [];
  let noted: Json | undefined = { frozen: false, begun: true };
  const step = {
    signal: new AbortController().signal,
    log: (text: string) => lines.push(text),
    noted: () => noted,
    note: (value: Json) => Promise.resolve((noted = value)),
    client: () => ({ remote: { ...remote, ...calls } }) as unknown as LibvirtClient,
  } as unknown as StepContext;
  const disks = [{ disk: 'vda', base, pool: uuidToString(pool.uuid), poolName: 'default', ...own }];
  const params = {
    host: 'h',
    uuid: uuidToString(dom.uuid),
    name: dom.name,
    freeze: false,
    disks,
    others: [],
  };
  const kind = snapshotStep({ clock });
  const undone = async (result: Promise<void> = kind.undo(params, null, step)): Promise<void> => {
    let over = false;
    const ended = result.finally(() => (over = true));
    ended.catch(() => undefined);
    for (let i = 0; i < 2000 && !over; i++) {
      await new Promise(setImmediate);
      await clock.advance(500);
    }
    await ended;
  };
  return { host, calls, own, fileOf, names, base, lines, undone, run: () => kind.run(params, step) };
}

test('what is written beside a disk is merged into it, and the file goes', async (context) => {
  const { host, own, base, names, undone } = await diverted(context);
  host.chain = [own.path, base];
  await undone();
  assert.deepEqual([host.chain, host.asked], [[base], ['commit']]);
  assert.equal((await names()).includes(own.volume), false);
});

test('a merge that libvirt refuses is asked for again for some time, and then told of', async (context) => {
  const { host, calls, own, base, lines, undone } = await diverted(context);
  host.chain = [own.path, base];
  const { domainBlockCommit } = calls;
  let refusals = 20;
  calls.domainBlockCommit = (args, options) => {
    refusals -= 1;
    if (refusals >= 0) return Promise.reject(refused('cannot acquire state change lock'));
    return domainBlockCommit?.(args, options) ?? Promise.resolve(undefined);
  };
  await undone();
  assert.deepEqual(host.chain, [base]);
  assert.equal(lines.filter((line) => line.includes('state change lock')).length, 1);
  host.chain = [own.path, base];
  refusals = Infinity;
  await assert.rejects(
    undone(),
    (error) => error instanceof Stays && error.reason.includes('state change lock'),
  );
});

test('while the file of another job lies over it, that is waited for; what a person laid there stays', async (context) => {
  const { host, own, base, fileOf, lines, names, undone } = await diverted(context);
  const other = await fileOf('beef0123');
  host.chain = [other.path, own.path, base];
  const waiting = undone();
  while (lines.length === 0) await new Promise(setImmediate);
  host.chain.shift();
  await waiting;
  assert.deepEqual([host.chain, lines.length], [[base], 1]);
  assert.match(lines[0] ?? '', /beef0123\.qcow2 lies over .*0123abcd\.qcow2: it is waited for/);
  assert.equal((await names()).includes(own.volume), false);
  host.chain = [(await fileOf('mine')).path, own.path, base];
  await assert.rejects(
    undone(),
    (error) => error instanceof Stays && /mine\.qcow2 by now/.test(error.reason),
  );
});

test('a file that QEMU writes to is not deleted, though libvirt shows the disk under it', async (context) => {
  const { calls, own, names, undone } = await diverted(context);
  calls.storageVolResize = () =>
    Promise.reject(refused(`qemu-img: Could not open '${own.path}': Failed to get "write" lock`));
  await assert.rejects(
    undone(),
    (error) => error instanceof Stays && error.reason.includes('qemu-img commit'),
  );
  assert.ok((await names()).includes(own.volume));
});

test('one that nobody writes to is deleted where libvirt shows the disk under it', async (context) => {
  const { host, own, names, undone } = await diverted(context);
  await undone();
  assert.deepEqual(host.asked, ['resize']);
  assert.equal((await names()).includes(own.volume), false);
});

test('libvirt refuses a snapshot that QEMU has made: that is something to take back', async (context) => {
  const { host, calls, own, base, run, undone } = await diverted(context);
  await assert.rejects(run(), NothingDone);
  calls.domainSnapshotCreateXml = () => {
    host.chain = [own.path, base];
    return Promise.reject(refused('cannot write the status: No space left on device'));
  };
  await assert.rejects(run(), LibvirtError);
  await undone();
  assert.deepEqual(host.chain, [base]);
});

test('while a machine writes beside its disks nothing writes to what the job made: whose it is can be proved', () => {
  assert.equal(snapshotStep({ clock: new FakeClock() }).writes, undefined);
});
