import assert from 'node:assert/strict';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import net from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pipeline } from 'node:stream';
import { test, type TestContext } from 'node:test';
import { isDefinedError, safe } from '@orpc/client';
import { createDemoFleet } from '../../../drivers/simulator/index.ts';
import { connectInMemory, type CoreConnection } from '../../../main/bridge/connection.ts';
import type { Domain } from '../../../main/contract/domain.ts';
import type { Failure } from '../../../main/contract/failure.ts';
import type { Host } from '../../../main/contract/host.ts';
import { createCore, type CoreOptions } from '../../../main/service/core.ts';

async function folder(t: TestContext): Promise<string> {
  const dir = await mkdtemp(path.join(tmpdir(), 'virtlane-core-'));
  t.after(() => rm(dir, { recursive: true, force: true }));
  return dir;
}

/** What a window knows, kept by the messages it gets. */
class View {
  readonly hosts = new Map<string, Host>();
  readonly domains = new Map<string, Domain>();
  #changed: () => void = () => undefined;

  async follow(client: CoreConnection['client'], signal: AbortSignal): Promise<void> {
    try {
      for await (const message of await client.inventory.watch({}, { signal })) {
        const changes =
          message.type === 'patch'
            ? message.changes
            : [
                ...message.hosts.map((host) => ({ type: 'host' as const, host })),
                ...message.domains.map((domain) => ({ type: 'domain' as const, domain })),
              ];
        for (const change of changes) {
          if (change.type === 'host') this.hosts.set(change.host.id, change.host);
          if (change.type === 'hostRemoved') this.hosts.delete(change.id);
          if (change.type === 'domain') this.domains.set(change.domain.uuid, change.domain);
          if (change.type === 'domains')
            for (const domain of change.domains) this.domains.set(domain.uuid, domain);
          if (change.type === 'domainRemoved') this.domains.delete(change.uuid);
        }
        this.#changed();
      }
    } catch (error) {
      if (!signal.aborted) throw error;
    }
  }

  async until(what: () => boolean): Promise<void> {
    while (!what()) await new Promise<void>((resolve) => (this.#changed = resolve));
  }
}

async function open(t: TestContext, change: Partial<CoreOptions> = {}) {
  const dataDir = change.dataDir ?? (await folder(t));
  const core = await createCore({ dataDir, home: dataDir, shell: 'test', version: '1.2.3', ...change });
  const connection = connectInMemory(core);
  const { client } = connection;
  const abort = new AbortController();
  const view = new View();
  const following = view.follow(client, abort.signal);
  let closed = false;
  const close = async (): Promise<void> => {
    if (closed) return;
    closed = true;
    abort.abort();
    await following;
    connection.close();
    await core.close();
  };
  t.after(close);
  return { client, view, dataDir, close };
}

async function failureOf(call: Promise<unknown>): Promise<Failure> {
  const [error] = await safe(call);
  assert.ok(error instanceof Error && isDefinedError(error), `${error}`);
  return (error as { data: Failure }).data;
}

test('the demo fleet is in the list, connected, with its machines', async (t) => {
  const { client, view } = await open(t);
  const ids = await client.host.openDemo();
  await view.until(() => ids.every((id) => view.hosts.get(id)?.state === 'connected'));
  assert.equal(ids.length, 3);
  assert.equal((await client.domain.list({})).length, 40);
  await view.until(() => view.domains.size === 40 && ids.every((id) => view.hosts.get(id)?.info !== null));
  assert.deepEqual(await client.host.openDemo(), ids);
  await client.host.closeDemo();
  await view.until(() => view.hosts.size === 0);
  assert.deepEqual(await client.domain.list({}), []);
});

test('an action is one call, and what it did arrives as a patch', async (t) => {
  const { client, view } = await open(t);
  await client.host.openDemo();
  await view.until(() => [...view.domains.values()].some((domain) => domain.state === 'shutoff'));
  const off = [...view.domains.values()].find((domain) => domain.state === 'shutoff' && !domain.managedSave);
  assert.ok(off !== undefined);
  const ref = { host: off.host, uuid: off.uuid };
  const state = (): string | undefined => view.domains.get(off.uuid)?.state;
  await client.domain.start({ ...ref, paused: true });
  await view.until(() => state() === 'paused');
  await client.domain.resume(ref);
  await view.until(() => state() === 'running');
  await client.domain.setAutostart({ ...ref, autostart: !off.autostart });
  await view.until(() => view.domains.get(off.uuid)?.autostart === !off.autostart);
  await client.domain.save(ref);
  await view.until(() => state() === 'shutoff' && view.domains.get(off.uuid)?.managedSave === true);
  await client.domain.restore(ref);
  await view.until(() => state() === 'running');
  await client.domain.destroy(ref);
  await view.until(() => state() === 'shutoff');
  const { volumes } = await client.domain.deletionPlan(ref);
  await client.domain.delete({
    ...ref,
    volumes: volumes.filter(({ keep }) => keep === null).map(({ key }) => key),
    shown: { managedSave: false, snapshots: 0, checkpoints: 0, nvram: true, tpm: false },
  });
  await view.until(() => state() === undefined);
});

test('a failure names machine and host and keeps libvirt’s words', async (t) => {
  const { client, view } = await open(t);
  await client.host.openDemo();
  await view.until(() => [...view.domains.values()].some((domain) => domain.state === 'running'));
  const on = [...view.domains.values()].find((domain) => domain.state === 'running');
  assert.ok(on !== undefined);
  const host = view.hosts.get(on.host);
  const failure = await failureOf(client.domain.start({ host: on.host, uuid: on.uuid }));
  assert.equal(failure.code, 'CONFLICT');
  assert.equal(failure.message, `${on.name} was not started on ${host?.name}.`);
  assert.deepEqual(failure.host, { id: on.host, name: host?.name });
  assert.equal(failure.libvirt?.code, 'VIR_ERR_OPERATION_INVALID');
});

test('an action whose answer is lost with the link says that it is not known', async (t) => {
  const fleet = createDemoFleet();
  const { client, view } = await open(t, { createFleet: () => fleet });
  await client.host.openDemo();
  await view.until(() => [...view.domains.values()].some((domain) => domain.state === 'running'));
  const on = [...view.domains.values()].find((domain) => domain.state === 'running');
  assert.ok(on !== undefined);
  const host = view.hosts.get(on.host);
  const simulated = fleet.hosts.find(({ name }) => name === host?.name);
  assert.ok(simulated !== undefined);
  simulated.faults.stall();
  const failing = failureOf(client.domain.suspend({ host: on.host, uuid: on.uuid }));
  simulated.faults.dropAll();
  const failure = await failing;
  assert.equal(failure.code, 'LINK_LOST');
  assert.equal(
    failure.message,
    `It is not known whether ${on.name} was paused on ${host?.name}: the list shows it when the host answers again.`,
  );
  simulated.faults.resume();
});

/** Whatever a demo machine may have. */
const SHOWN = { managedSave: true, snapshots: 99, checkpoints: 99, nvram: true, tpm: false };

test('a wrong choice of what to delete fails the call, and no job begins', async (t) => {
  const { client, view } = await open(t);
  await client.host.openDemo();
  await view.until(() => view.domains.size === 40);
  const on = [...view.domains.values()].find((domain) => domain.state === 'running');
  const off = [...view.domains.values()].find((domain) => domain.state === 'shutoff');
  assert.ok(on !== undefined && off !== undefined);
  const runs = await failureOf(
    client.domain.delete({ host: on.host, uuid: on.uuid, volumes: [], shown: SHOWN }),
  );
  assert.equal(runs.code, 'CONFLICT');
  const ref = { host: off.host, uuid: off.uuid };
  const strange = await failureOf(client.domain.delete({ ...ref, volumes: ['/etc/passwd'], shown: SHOWN }));
  assert.equal(strange.code, 'CONFLICT');
  assert.match(strange.message, /^\/etc\/passwd is not a file of /);
  for await (const message of await client.activity.watch()) {
    assert.ok(message.type === 'snapshot');
    assert.deepEqual(message.jobs, []);
    break;
  }
});

test('wrong input, unknown hosts and unknown machines fail by name', async (t) => {
  const { client, view } = await open(t);
  const [id = ''] = await client.host.openDemo();
  await view.until(() => view.hosts.get(id)?.state === 'connected');
  const { code, detail } = await failureOf(client.domain.start({ host: 3 } as never));
  assert.deepEqual([code, detail], ['BAD_INPUT', 'host: it must be a text\nuuid: it is missing (a text)']);
  assert.equal((await failureOf(client.domain.start({ host: 'none', uuid: 'x' }))).code, 'NOT_FOUND');
  assert.equal((await failureOf(client.domain.start({ host: id, uuid: 'x' }))).code, 'NOT_FOUND');
  assert.equal((await failureOf(client.host.add({ target: 'qemu+tls://h/system' }))).code, 'BAD_INPUT');
  await client.host.disconnect({ id });
  const [domain] = await client.domain.list({ host: id });
  assert.ok(domain !== undefined);
  assert.equal((await failureOf(client.domain.get(domain))).code, 'HOST_UNREACHABLE');
});

test('a host is saved, comes back with the next start, and is removed', async (t) => {
  const first = await open(t);
  const target = 'qemu:///system?socket=/nonexistent/libvirt-sock';
  const saved = await first.client.host.add({ target, name: 'here', connectAtStart: false });
  assert.equal((await failureOf(first.client.host.add({ target }))).code, 'CONFLICT');
  await first.view.until(() => first.view.hosts.get(saved.id)?.state === 'failed');
  assert.equal(first.view.hosts.get(saved.id)?.failure?.code, 'LIBVIRT_NOT_RUNNING');
  await first.client.host.update({ id: saved.id, name: 'renamed' });
  await first.close();
  const second = await open(t, { dataDir: first.dataDir });
  await second.view.until(() => second.view.hosts.size === 1);
  assert.equal(second.view.hosts.get(saved.id)?.name, 'renamed');
  assert.equal(second.view.hosts.get(saved.id)?.state, 'disconnected');
  await second.client.host.remove({ id: saved.id });
  await second.view.until(() => second.view.hosts.size === 0);
  assert.deepEqual(JSON.parse(await readFile(path.join(first.dataDir, 'hosts.json'), 'utf8')), {
    version: 1,
    data: [],
  });
});

/** Nothing listens there. */
const NOWHERE = 'qemu:///system?socket=/nonexistent/libvirt-sock';

test('a host on trial that is not reached is not saved, unless a person says so', async (t) => {
  const first = await open(t);
  const { id } = await first.client.host.add({ target: NOWHERE, trial: true });
  await first.view.until(() => first.view.hosts.get(id)?.state === 'failed');
  assert.equal(first.view.hosts.get(id)?.trial, true);
  assert.deepEqual(await readdir(first.dataDir), []);
  await first.client.host.remove({ id });
  assert.deepEqual(await readdir(first.dataDir), []);
  const again = await first.client.host.add({ target: NOWHERE, trial: true });
  await first.client.host.keep({ id: again.id });
  await first.view.until(() => first.view.hosts.get(again.id)?.trial === false);
  await first.close();
  const second = await open(t, { dataDir: first.dataDir });
  assert.deepEqual(
    (await second.client.host.list()).map((host) => host.id),
    [again.id],
  );
});

test('a host on trial is saved when it is reached, with the name it calls itself', async (t) => {
  const fleet = createDemoFleet();
  const simulated = fleet.hosts[0];
  assert.ok(simulated !== undefined);
  const server = net.createServer((socket) => {
    const far = simulated.openLibvirt();
    // Whichever ends takes the other with it: a pipe whose reader is gone never reads its writer's end.
    pipeline(socket, far, socket, () => socket.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => {
    server.close();
    fleet.close();
  });
  const { port } = server.address() as net.AddressInfo;
  const target = `qemu+tcp://127.0.0.1:${port}/system`;
  const first = await open(t);
  const { id } = await first.client.host.add({ target, trial: true });
  await first.view.until(() => first.view.hosts.get(id)?.name === simulated.hostname);
  await first.view.until(() => first.view.hosts.get(id)?.trial === false);
  await first.client.host.update({ id, name: 'lab' });
  await first.view.until(() => first.view.hosts.get(id)?.name === 'lab');
  await first.client.host.update({ id, name: '' });
  await first.view.until(() => first.view.hosts.get(id)?.name === simulated.hostname);
  await first.close();
  const second = await open(t, { dataDir: first.dataDir, connectSaved: false });
  assert.equal((await second.client.host.list())[0]?.name, simulated.hostname);
  // Another address may be another host: what the old one called itself is not its name.
  await second.client.host.update({ id, target: 'qemu+tcp://192.0.2.77/system' });
  assert.equal((await second.client.host.list())[0]?.name, '192.0.2.77');
  await second.close();
  const transient = await open(t, { transient: true });
  const given = await transient.client.host.add({ target });
  await transient.view.until(() => (transient.view.hosts.get(given.id)?.info ?? null) !== null);
  assert.equal(transient.view.hosts.get(given.id)?.name, '127.0.0.1');
});

test('an edited host loses its name and key file when they are left empty', async (t) => {
  const { client } = await open(t);
  const input = { target: NOWHERE, name: 'here', keyFile: '/key' };
  const { id } = await client.host.add(input);
  await client.host.update({ id, name: '', keyFile: '' });
  const { name, keyFile } = await client.host.saved({ id });
  assert.deepEqual([name, keyFile], [null, null]);
});

test('settings of a newer version are told of, and to who watches later too', async (t) => {
  const dataDir = await folder(t);
  await writeFile(path.join(dataDir, 'hosts.json'), '{"version":2,"data":[]}');
  const logger = { error: () => undefined, close: () => Promise.resolve() };
  const { client } = await open(t, { dataDir, logger });
  for await (const notices of await client.app.notices()) {
    assert.equal(notices.length, 1);
    assert.match(notices[0]?.message ?? '', /^A newer version of Virtlane wrote these settings\./);
    assert.match(notices[0]?.detail ?? '', /hosts\.json: version 2 is newer than 1$/);
    break;
  }
});

test('a removal that cannot be written leaves the host in the list, and can be tried again', async (t) => {
  const { client, view, dataDir } = await open(t);
  const { id } = await client.host.add({ target: NOWHERE });
  const file = path.join(dataDir, 'hosts.json');
  const before = await readFile(file, 'utf8');
  await writeFile(file, '{"version":2,"data":[]}');
  assert.match((await failureOf(client.host.remove({ id }))).message, /newer version/);
  assert.deepEqual(
    (await client.host.list()).map((host) => host.id),
    [id],
  );
  await writeFile(file, before);
  await client.host.remove({ id });
  await view.until(() => view.hosts.size === 0);
});

test('an edit writes what was edited, and not the rest as this instance knows it', async (t) => {
  const first = await open(t);
  const { id } = await first.client.host.add({ target: NOWHERE, name: 'before' });
  const second = await open(t, { dataDir: first.dataDir, connectSaved: false });
  await first.client.host.update({ id, name: 'after' });
  // as the dialog sends it: all that it shows
  await second.client.host.update({ id, target: NOWHERE, name: 'before', keyFile: '/key' });
  const { data } = JSON.parse(await readFile(path.join(first.dataDir, 'hosts.json'), 'utf8')) as {
    data: { name: string; keyFile: string }[];
  };
  assert.deepEqual(
    data.map(({ name, keyFile }) => [name, keyFile]),
    [['after', '/key']],
  );
});

test('a host that is added twice at the same time is there once', async (t) => {
  const { client } = await open(t);
  const target = 'qemu:///system?socket=/nonexistent/libvirt-sock';
  const added = await Promise.allSettled([client.host.add({ target }), client.host.add({ target })]);
  assert.deepEqual(added.map(({ status }) => status).sort(), ['fulfilled', 'rejected']);
  assert.equal((await client.host.list()).length, 1);
});

test('preferences are checked and kept', async (t) => {
  const { client } = await open(t);
  assert.deepEqual(await client.app.setPreferences({ theme: 'dark' }), {
    theme: 'dark',
    statsIntervalMs: 2000,
  });
  assert.equal((await failureOf(client.app.setPreferences({ theme: 'pink' } as never))).code, 'BAD_INPUT');
  assert.equal((await client.app.preferences()).theme, 'dark');
  assert.equal((await client.app.info()).version, '1.2.3');
});

test('activity is told from the start', async (t) => {
  const { client, view } = await open(t);
  const ids = await client.host.openDemo();
  await view.until(() => ids.every((id) => view.hosts.get(id)?.state === 'connected'));
  for await (const message of await client.activity.watch()) {
    assert.ok(message.type === 'snapshot');
    const connected = message.events.filter(({ event }) => event === 'connected').map(({ host }) => host);
    assert.deepEqual(connected.toSorted(), ids.toSorted());
    break;
  }
});
