import assert from 'node:assert/strict';
import { suite, test, type TestContext } from 'node:test';
import type { LibvirtClient } from '../../../drivers/libvirt/client.ts';
import { volumeXml } from '../../../drivers/libvirt/model/index.ts';
import { uuidToString } from '../../../drivers/libvirt/uuid.ts';
import { LibvirtError, LinkError } from '../../../drivers/rpc/errors.ts';
import { fetchStep } from '../../../main/jobs/create/steps/fetch.ts';
import { markOf } from '../../../main/jobs/create/steps/fetch-mark.ts';
import { defineStep, startStep } from '../../../main/jobs/create/steps/machine.ts';
import { NothingDone, Stays, type Json, type StepContext } from '../../../main/jobs/engine/step.ts';
import { OfferedFiles } from '../../../main/storage/offered-files.ts';
import { volumeByName } from '../../../main/storage/read.ts';
import { storageSteps } from '../../../main/storage/steps/index.ts';
import { makeVolume } from '../../../main/storage/steps/own-volume.ts';
import { takeBack } from '../../../main/storage/steps/volume-calls.ts';
import { gate } from '../../support/gate.ts';
import { until } from '../../support/wait.ts';
import { FakeClock } from '../hosts/fake-clock.ts';
import { connectFleet } from '../simulator/fleet-client.ts';

const MIB = 1 << 20;

/** A step of a job on the demo's first host, whose pool `archive` is stopped; what it notes stays from one call to the next, as in a journal. */
async function bench(context: TestContext) {
  const { client } = await connectFleet(context);
  const { pools } = await client.remote.connectListAllStoragePools({ needResults: 1, flags: 0 });
  const [home] = pools.filter(({ name }) => name === 'default');
  assert.ok(home !== undefined);
  const pool = uuidToString(home.uuid);
  const cancel = new AbortController();
  const notes = new Map<string, Json>();
  const log: string[] = [];
  const state: { written: ReturnType<StepContext['written']> } = { written: 'never' };
  const session = { client, bulkClient: () => Promise.resolve(client) };
  const step: StepContext = {
    signal: cancel.signal,
    log: (text) => log.push(text),
    progress: () => undefined,
    session: () => session as unknown as ReturnType<StepContext['session']>,
    client: () => client,
    secret: () => Promise.reject(new Error('no secrets here')),
    result: () => undefined,
    note: (value, id = 'own') => Promise.resolve(void notes.set(id, value)),
    noted: (id = 'own') => notes.get(id),
    settling: () => Promise.resolve(),
    untilBack: () => Promise.resolve(),
    silent: () => undefined,
    outside: () => undefined,
    written: () => state.written,
  };
  const clock = new FakeClock();
  const kinds = storageSteps({ clock, files: new OfferedFiles() });
  const kind = (name: string) => {
    const found = kinds.find((one) => one.name === name);
    assert.ok(found !== undefined, name);
    return found;
  };
  const place = (name: string) => ({ host: 'h', pool, poolName: 'default', name });
  const make = async (name: string, more: Partial<Parameters<typeof volumeXml>[0]> = {}, at = home) => {
    const xml = volumeXml({ name, capacityBytes: 8 * MIB, allocationBytes: 0, format: 'qcow2', ...more });
    return (await client.remote.storageVolCreateXml({ pool: at, xml, flags: 0 })).vol;
  };
  const isThere = async (name: string) => (await volumeByName(client, { pool, name })) !== null;
  const elsewhere = async () => {
    const xml = '<pool type="dir"><name>other</name><target><path>/srv/other</path></target></pool>';
    const other = (await client.remote.storagePoolDefineXml({ xml, flags: 0 })).pool;
    await client.remote.storagePoolBuild({ pool: other, flags: 0 });
    await client.remote.storagePoolCreate({ pool: other, flags: 0 });
    return other;
  };
  return { client, step, state, notes, log, cancel, clock, kind, place, make, isThere, elsewhere };
}
type Bench = Awaited<ReturnType<typeof bench>>;

const creation = (place: Json) => ({
  ...(place as object),
  capacityBytes: 8 * MIB,
  format: 'qcow2',
  preallocation: 'none',
  backing: null,
  secretUuid: null,
  machine: null,
});
const copyOf = (bench: Bench, from: string, to: string) => ({
  ...bench.place(to),
  capacityBytes: 8 * MIB,
  format: 'qcow2',
  from: bench.place(from),
});
const asked = (bench: Bench, more: object = {}) => {
  const wanted = { capacityBytes: 8 * MIB, format: 'qcow2', empty: true, ...more };
  return bench.step.note({ state: 'asked', wanted, when: { from: 0, to: 4e9 } });
};
const stays = (reason: RegExp) => (error: unknown) => error instanceof Stays && reason.test(error.reason);
const nothingDone = (error: unknown) => error instanceof NothingDone;

/** As of a pool whose volumes are no files. */
function hideTimes({ mock }: TestContext, { client: { remote } }: Bench): void {
  const describe = remote.storageVolGetXmlDesc.bind(remote);
  mock.method(remote, 'storageVolGetXmlDesc', async (args: Parameters<typeof describe>[0]) => ({
    xml: (await describe(args)).xml.replace(/<timestamps>[^]*<.timestamps>/, ''),
  }));
}

/** As while QEMU has not made the file. */
function hideOnce({ mock }: TestContext, { client: { remote } }: Bench): void {
  const message = 'cannot stat file: No such file or directory';
  const describe = mock.method(remote, 'storageVolGetXmlDesc').mock;
  describe.mockImplementationOnce(() =>
    Promise.reject(new LibvirtError({ code: 'VIR_ERR_NO_STORAGE_VOL', message })),
  );
}

/** Puts a machine that is off onto a file. */
async function defineOn(client: LibvirtClient, name: string, path: string, format = 'qcow2'): Promise<void> {
  const disk = `<disk type="file" device="disk"><driver name="qemu" type="${format}"/><source file="${path}"/><target dev="vda" bus="virtio"/></disk>`;
  const xml = `<domain type="kvm"><name>${name}</name><memory unit="MiB">64</memory><os><type arch="x86_64">hvm</type></os><devices>${disk}</devices></domain>`;
  await client.remote.domainDefineXml({ xml });
}

suite('a volume is taken back by the job that made it, and by no other', () => {
  test('who comes second to a name has done nothing, and the first one’s volume stays', async (context) => {
    const b = await bench(context);
    await b.make('image.qcow2');
    await b.make('new.qcow2');
    await assert.rejects(
      b.kind('volume.copy').run(copyOf(b, 'image.qcow2', 'new.qcow2'), b.step),
      nothingDone,
    );
    await assert.rejects(b.kind('volume.create').run(creation(b.place('new.qcow2')), b.step), nothingDone);
  });

  test('the program died before libvirt was asked: what is there by now is another’s', async (context) => {
    const b = await bench(context);
    await b.make('web.qcow2');
    for (const [name, params] of [
      ['volume.create', creation(b.place('web.qcow2'))],
      ['volume.copy', copyOf(b, 'image.qcow2', 'web.qcow2')],
    ] as const) {
      await b.kind(name).undo(params, null, b.step);
      assert.deepEqual(await b.kind(name).settle(params, b.step), { done: false });
    }
    assert.ok(await b.isThere('web.qcow2'));
  });

  test('whose end nobody saw goes when it is empty, as it was wanted, and nobody needs it, if its pool tells when it was made', async (context) => {
    const b = await bench(context);
    await b.make('web.qcow2');
    await asked(b);
    hideTimes(context, b);
    await assert.rejects(takeBack(b.place('web.qcow2'), b.step, b), stays(/does not tell when/));
    const facts = { key: '/var/lib/libvirt/images/web.qcow2', physicalBytes: null, changed: null };
    await b.step.note({ state: 'whole', facts });
    await assert.rejects(takeBack(b.place('web.qcow2'), b.step, b), stays(/nothing by which it is known/));
    await asked(b);
    context.mock.restoreAll();
    await takeBack(b.place('web.qcow2'), b.step, b);
    assert.ok(!(await b.isThere('web.qcow2')));
  });

  test('whose end nobody saw stays when it is not as it was wanted', async (context) => {
    const b = await bench(context);
    await b.make('larger.qcow2', { capacityBytes: 9 * MIB });
    await b.make('raw.img', { format: 'raw' });
    await b.make('full.img', { format: 'raw', allocationBytes: 8 * MIB });
    for (const [name, more] of [
      ['larger.qcow2', {}],
      ['raw.img', {}],
      ['full.img', { format: 'raw' }],
    ] as const) {
      await asked(b, more);
      await assert.rejects(takeBack(b.place(name), b.step, b), stays(/nobody saw who made it/));
      assert.ok(await b.isThere(name));
    }
  });

  test('what another step took back is not the maker’s any more: what has its name by then is another’s', async (context) => {
    const b = await bench(context);
    await b.kind('volume.create').run(creation(b.place('web.qcow2')), b.step);
    b.notes.set('maker', b.notes.get('own') ?? null);
    await takeBack(b.place('web.qcow2'), b.step, { clock: b.clock, by: 'maker' });
    assert.ok(!(await b.isThere('web.qcow2')));
    await b.make('web.qcow2');
    // A path is no proof, and where a machine may have written the time of a change is none.
    b.state.written = 'begun';
    await takeBack(b.place('web.qcow2'), b.step, { clock: b.clock, by: 'maker' });
    assert.ok(await b.isThere('web.qcow2'));
  });

  test('what libvirt did not make for the job stays', async (context) => {
    const b = await bench(context);
    await b.make('web.qcow2');
    await b.step.note({ state: 'refused' });
    await assert.rejects(takeBack(b.place('web.qcow2'), b.step, b), stays(/did not make it/));
  });

  test('a disk of a machine stays, whoever made it', async (context) => {
    const b = await bench(context);
    await b.kind('volume.create').run(creation(b.place('web.qcow2')), b.step);
    await defineOn(b.client, 'precious', '/var/lib/libvirt/images/web.qcow2');
    for (const state of ['noted', 'asked']) {
      if (state === 'asked') await asked(b);
      await assert.rejects(
        b.kind('volume.create').undo(creation(b.place('web.qcow2')), null, b.step),
        stays(/^precious needs it$/),
      );
    }
    assert.ok(await b.isThere('web.qcow2'));
  });

  test('a file that another one lies on stays, also in another pool', async (context) => {
    const b = await bench(context);
    await b.kind('volume.create').run(creation(b.place('base.qcow2')), b.step);
    const backing = { path: '/var/lib/libvirt/images/base.qcow2', format: 'qcow2' };
    await b.make('over.qcow2', { backing }, await b.elsewhere());
    await assert.rejects(
      takeBack(b.place('base.qcow2'), b.step, b),
      stays(/^\/srv\/other\/over\.qcow2 needs it$/),
    );
  });

  test('one that others may share stays while a stopped pool may hold what lies on it; one of the job’s own goes', async (context) => {
    const b = await bench(context);
    await b.kind('volume.create').run(creation(b.place('base.qcow2')), b.step);
    const shared = takeBack(b.place('base.qcow2'), b.step, { ...b, shared: true });
    await assert.rejects(shared, stays(/cannot be known .*: archive\./));
    assert.ok(await b.isThere('base.qcow2'));
    await takeBack(b.place('base.qcow2'), b.step, b);
    assert.ok(!(await b.isThere('base.qcow2')));
  });

  test('nothing is laid on a disk whose guest wrote the header of another format into it', async (context) => {
    const b = await bench(context);
    await b.make('guest.img');
    await defineOn(b.client, 'kept', '/var/lib/libvirt/images/guest.img', 'raw');
    const link = { ...creation(b.place('link.qcow2')), backing: b.place('guest.img') };
    await assert.rejects(b.kind('volume.create').run(link, b.step), /is raw to kept and qcow2 to its pool/);
    assert.ok(!(await b.isThere('link.qcow2')));
  });

  test('a copy that nobody saw begin stays: another one may have that size', async (context) => {
    const b = await bench(context);
    await b.make('copy.qcow2');
    await asked(b, { empty: false });
    const undone = takeBack(b.place('copy.qcow2'), b.step, b);
    await assert.rejects(undone, stays(/nobody saw who made it/));
    assert.ok(await b.isThere('copy.qcow2'));
  });

  for (const first of ['it is seen at once', 'its file is not there yet'])
    test(`a copy that was seen while the host made it, and whose end nobody saw, is made anew (${first})`, async (context) => {
      const b = await bench(context);
      await b.make('image.qcow2');
      if (first === 'its file is not there yet') hideOnce(context, b);
      const made = gate();
      const answered = gate();
      const at = b.place('copy.qcow2');
      const making = makeVolume(b.step, b.client, {
        host: 'h',
        wanted: { capacityBytes: 8 * MIB, format: 'qcow2', empty: false },
        appears: { clock: b.clock, at },
        make: async () => {
          const vol = await b.make('copy.qcow2');
          made.open();
          await answered.opened;
          throw new LinkError('LINK_CLOSED', `the link was closed, and ${vol.name} is there`);
        },
      });
      const ended = assert.rejects(making, { name: 'LinkError' });
      await made.opened;
      await until(async () => {
        await b.clock.advance(1000);
        return JSON.stringify(b.notes.get('own')).includes('"open"');
      }, 'it was seen');
      answered.open();
      await ended;
      const settled = await b.kind('volume.copy').settle(copyOf(b, 'image.qcow2', 'copy.qcow2'), b.step);
      assert.deepEqual(settled, { done: false });
      assert.ok(!(await b.isThere('copy.qcow2')));
    });

  test('a cancel waits for what libvirt does, and then takes it back', async (context) => {
    const b = await bench(context);
    const queued = gate();
    const sent = gate();
    const wanted = { capacityBytes: 8 * MIB, format: 'qcow2', empty: true };
    const making = makeVolume(b.step, b.client, {
      host: 'h',
      wanted,
      appears: null,
      make: async () => {
        sent.open();
        await queued.opened;
        return { vol: await b.make('late.qcow2') };
      },
    });
    const ended = assert.rejects(making, { name: 'AbortError' });
    await sent.opened;
    b.cancel.abort();
    queued.open();
    await ended;
    assert.match(b.log.join('\n'), /cannot stop/);
    await takeBack(b.place('late.qcow2'), { ...b.step, signal: new AbortController().signal }, b);
    assert.ok(!(await b.isThere('late.qcow2')));
  });
});

suite('an image of the web', () => {
  const params = (b: Bench) => ({
    ...b.place('base.qcow2'),
    url: 'http://localhost/base.qcow2',
    checksum: null,
    way: { kind: 'app', reason: '' },
    token: 'abc',
    compression: null,
  });
  async function fetched(b: Bench) {
    await b.kind('volume.create').run(creation(b.place('base.qcow2')), b.step);
    await b.make(markOf(params(b)).name);
    const backing = { path: '/var/lib/libvirt/images/base.qcow2', format: 'qcow2' };
    return {
      kind: fetchStep(new Set(), b),
      lay: async () => b.make('over.qcow2', { backing }, await b.elsewhere()),
      isMarked: () => b.isThere(markOf(params(b)).name),
    };
  }

  test('that is whole stays for whoever made a disk on it', async (context) => {
    const b = await bench(context);
    const { kind, lay, isMarked } = await fetched(b);
    await lay();
    await kind.undo(params(b), { whole: true }, b.step);
    assert.ok(await b.isThere('base.qcow2'));
    assert.ok(!(await isMarked()));
  });

  test('that is not whole, and stays, keeps its mark', async (context) => {
    const b = await bench(context);
    const { kind, lay, isMarked } = await fetched(b);
    await lay();
    await assert.rejects(kind.undo(params(b), null, b.step), stays(/over\.qcow2 needs it/));
    assert.ok(await isMarked());
  });

  test('that is not whole is fetched anew, and its mark goes last', async (context) => {
    const b = await bench(context);
    const { kind, isMarked } = await fetched(b);
    assert.deepEqual(await kind.settle(params(b), b.step), { done: false });
    assert.ok(!(await b.isThere('base.qcow2')));
    assert.ok(!(await isMarked()));
  });

  test('whose mark is gone was whole and checked', async (context) => {
    const b = await bench(context);
    const { kind } = await fetched(b);
    const vol = await volumeByName(b.client, markOf(params(b)));
    assert.ok(vol !== null);
    await b.client.remote.storageVolDelete({ vol, flags: 0 });
    assert.deepEqual(await kind.settle(params(b), b.step), { done: true, result: { whole: true } });
    assert.ok(await b.isThere('base.qcow2'));
  });
});

suite('a machine is taken back by the job that made it', () => {
  async function running(b: Bench) {
    const { domains } = await b.client.remote.connectListAllDomains({ needResults: 1, flags: 1 });
    const dom = domains.find(({ id }) => id !== -1);
    assert.ok(dom !== undefined);
    const params = { host: 'h', name: dom.name, uuid: uuidToString(dom.uuid), xml: '', password: null };
    const isOn = async () => (await b.client.remote.domainIsActive({ dom })).active !== 0;
    return { dom, params, isOn };
  }

  test('one that runs and was not started by the job keeps its definition', async (context) => {
    const b = await bench(context);
    const { dom, params } = await running(b);
    await startStep.undo(params, null, b.step);
    await assert.rejects(defineStep.undo(params, null, b.step), stays(/it runs/));
    assert.equal((await b.client.remote.domainIsPersistent({ dom })).persistent, 1);
  });

  test('a run that a person started since is not ended', async (context) => {
    const b = await bench(context);
    const { dom, params, isOn } = await running(b);
    await b.step.note({ id: dom.id + 1 });
    await startStep.undo(params, null, b.step);
    assert.ok(await isOn());
  });

  for (const seen of [true, false])
    test(`a run of the job is ended, whether its start was seen (${seen})`, async (context) => {
      const b = await bench(context);
      const { dom, params, isOn } = await running(b);
      await b.step.note({ id: seen ? dom.id : null });
      await startStep.undo(params, null, b.step);
      assert.ok(!(await isOn()));
    });
});
