import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import net from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, suite, test } from 'node:test';
import type { Exec } from '../../drivers/transport/exec.ts';
import { KnownHosts } from '../../drivers/transport/known-hosts.ts';
import { systemClock } from '../../main/hosts/clock.ts';
import { FailureError } from '../../main/hosts/failures.ts';
import { openLibvirtClient } from '../../main/hosts/open-client.ts';
import { HostSession } from '../../main/hosts/session.ts';
import { openSshLink, openSshSession } from '../../main/hosts/ssh-link.ts';
import { parseTarget, type SshHostTarget } from '../../main/hosts/target.ts';
import type { Json, StepContext, StepKind } from '../../main/jobs/engine/step.ts';
import type { ReadParams } from '../../main/jobs/p2v/live/read-step.ts';
import { SourceLogins } from '../../main/jobs/p2v/live/source-logins.ts';
import { firstBoot, type SourceHost } from '../../main/jobs/source/source-host.ts';
import { liveStepKinds } from '../../main/jobs/p2v/live/steps.ts';
import { MemorySecrets } from '../../main/settings/secrets.ts';
import { Lab } from '../lab/lab.ts';
import { until } from '../support/wait.ts';

const skip = process.getuid?.() === 0 ? false : 'needs root';
const HOST = 1;
const SOURCE = 2;
const MIB = 1024 ** 2;
const DISK_MIB = 96;
const DISK = '/var/tmp/disk';
const TAG = 'virtlane-0a1b2c3d';
const VOLUME = '/var/lib/libvirt/images/files.import';
const KEYS = '/root/.ssh/authorized_keys';

// A file of one host of the lab stands for the disk of a running machine; the other host gets the copy.
suite('a source writes its disk to a host by itself', { skip, timeout: 300_000 }, () => {
  let lab: Lab;
  let folder: string;
  let front: Front;
  let session: HostSession | null = null;
  let logins: SourceLogins;
  let kinds: ReadonlyMap<string, StepKind>;
  const log: string[] = [];
  const results = new Map<string, Json>();
  const notes = new Map<string, Json>();
  let keysBefore: string;
  /** Is told what the programs of the source that send print. */
  let onSent: (text: string) => Promise<void> | undefined = () => undefined;

  const sh = (host: number, script: string): Promise<string> => lab.exec(host, 'sh', '-ec', script);
  const keysNow = (): Promise<string> => sh(HOST, `stat -c '%i %a %U %s' ${KEYS}; cat ${KEYS}`);

  before(async () => {
    lab = await Lab.up(2);
    await lab.clean(HOST);
    folder = await mkdtemp(path.join(tmpdir(), 'virtlane-live-direct-'));
    front = await Front.open(lab.address(HOST));
    const known = await readFile(lab.knownHosts, 'utf8');
    const through = known.replace(lab.address(HOST), `[127.0.0.1]:${front.port}`);
    await writeFile(path.join(folder, 'known'), `${known}${through}`);
    const options = {
      knownHosts: new KnownHosts({ ownFile: path.join(folder, 'known'), readFiles: [] }),
      resolve: { home: folder, configFiles: [], env: {} },
    };
    logins = new SourceLogins({
      clock: systemClock,
      secrets: new MemorySecrets(),
      open: (target, request) => openSshSession(target, request, options),
      onNotKept: (error) => assert.fail(String(error)),
    });
    const address = { target: `root@${lab.address(SOURCE)}`, keyFile: lab.keyFile };
    const boot = firstBoot('files01');
    const source: SourceHost = {
      name: 'files01',
      clock: systemClock,
      use: (signal, work) => logins.use(address, signal, ({ exec }) => work(watched(exec))),
      boot,
      onAway: () => undefined,
    };
    kinds = new Map(liveStepKinds({ clock: systemClock }, () => source).map((kind) => [kind.name, kind]));
    connect = async () => {
      const target = sshTarget(`qemu+ssh://root@127.0.0.1:${front.port}/system`);
      const signal = new AbortController().signal;
      const none = () => Promise.resolve(null);
      const asks = {
        hostKey: () => Promise.resolve('no' as const),
        password: none,
        passphrase: none,
        keyboardInteractive: none,
      };
      const link = await openSshLink(target, { target, keyFile: lab.keyFile, asks, signal }, options);
      session = new HostSession({
        id: 'h',
        name: () => 'kvm-a',
        uri: 'qemu+ssh://kvm-a/system',
        link,
        client: await openLibvirtClient(link, target),
        openClient: (until) => openLibvirtClient(link, target, until),
      });
    };
    await connect();
    await sh(
      SOURCE,
      `dd if=/dev/urandom of=${DISK} bs=1M count=${DISK_MIB - 24} status=none; truncate -s ${DISK_MIB}M ${DISK}`,
    );
    keysBefore = await keysNow();
  });
  after(async () => {
    await logins.close();
    await session?.link.close();
    front.close();
    await lab.clean(HOST);
    await lab.release();
    await rm(folder, { recursive: true });
  });

  let connect: () => Promise<void>;
  const watched =
    (exec: Exec): Exec =>
    (argv, options) =>
      exec(
        argv,
        options.onStdout === undefined
          ? options
          : {
              ...options,
              onStdout: async (chunk) => {
                await onSent(chunk.toString());
                await options.onStdout?.(chunk);
              },
            },
      );
  const connected = (): HostSession =>
    session ?? assert.fail(new FailureError({ code: 'HOST_UNREACHABLE', message: 'not connected' }));
  const stepOf = (id: string): StepContext => ({
    signal: new AbortController().signal,
    log: (text) => log.push(text),
    progress: () => undefined,
    session: () => {
      if (session !== null) return session;
      throw new FailureError({ code: 'HOST_UNREACHABLE', message: 'not connected' });
    },
    client: () => connected().client,
    secret: () => Promise.reject(new Error('no secrets here')),
    result: (of) => results.get(of),
    note: (value, of = id) => {
      notes.set(of, value);
      return Promise.resolve();
    },
    noted: (of = id) => notes.get(of),
    settling: () => Promise.resolve(),
    silent: () => undefined,
    outside: () => undefined,
    untilBack: async () => {
      if (session === null) await connect();
    },
    written: () => 'never',
  });
  const kind = (name: string): StepKind => kinds.get(name) ?? assert.fail(name);
  async function run(name: string, params: Json): Promise<Json> {
    await kind(name).check(params, stepOf(name));
    const result = await kind(name).run(params, stepOf(name));
    results.set(name, result);
    return result;
  }
  const undo = (name: string, params: Json): Promise<void> =>
    kind(name).undo(params, results.get(name) ?? null, stepOf(name));

  const source = { target: 'files01', keyFile: null };
  const way = { source, tag: TAG, host: 'h', hostName: 'kvm-a' };
  const direct = { ...way, key: 'p2v.key' };
  async function open(): Promise<Json> {
    await run('p2v.key', way);
    return run('p2v.direct', direct);
  }
  /** Nothing of the job is on either, and the login's keys are the very file that they were. */
  async function assertAsItWas(): Promise<void> {
    assert.equal(await keysNow(), keysBefore);
    assert.equal(await sh(HOST, `ls /root/.ssh /run | grep -e virtlane -e '\\.virt' || true`), '');
    assert.equal(await sh(SOURCE, `ls /run | grep virtlane || true`), '');
  }

  test('what goes from it is all that there is, and does not go through this computer; whatever link is lost meanwhile, it goes on', async () => {
    const opened = await open();
    const packing = 'zstd';
    assert.deepEqual(opened, { open: { address: lab.address(HOST), port: 22, user: 'root', packing } });
    // The key is good for that alone.
    const key = `-i /run/${TAG}.key/key -o UserKnownHostsFile=/run/${TAG}.key/known -o HostKeyAlias=virtlane-host`;
    assert.doesNotMatch(
      await sh(SOURCE, `ssh -o BatchMode=yes ${key} root@${lab.address(HOST)} id </dev/null 2>&1 || true`),
      /uid=/,
    );
    // One that hangs there still, as of a link that nobody has noticed to be gone, is no hindrance.
    await sh(
      SOURCE,
      `setsid sh -c 'sleep 200 | ssh -o BatchMode=yes ${key} root@${lab.address(HOST)}' </dev/null >/dev/null 2>&1 &`,
    );
    const receiver = `/run/${TAG}.receiver`;
    await sh(HOST, `while [ ! -s ${receiver}/pid ] || flock -n ${receiver}/lock true; do sleep 0.1; done`);
    // The first time it is cut in the middle of what it sends.
    const wrapper = '/usr/local/sbin/ssh';
    await sh(
      SOURCE,
      `cat >${wrapper} <<'END'
#!/bin/sh
[ -e /run/cut ] || exec /usr/bin/ssh "$@"
rm /run/cut
head -c ${25 * MIB} | /usr/bin/ssh "$@"
exit 1
END
      chmod 755 ${wrapper}; touch /run/cut`,
    );
    let lost = 0;
    const oks: number[] = [];
    onSent = (text) => {
      for (const [, at] of text.matchAll(/^ok (\d+)$/gm)) oks.push(Number(at));
      if (lost === 0 && (oks.at(-1) ?? 0) >= 32 * MIB) {
        // The link to the host.
        lost += 1;
        const { link } = connected();
        session = null;
        void link.close();
      } else if (lost === 1 && (oks.at(-1) ?? 0) >= 48 * MIB) {
        lost += 1;
        void logins.close();
      } else if (lost === 2 && (oks.at(-1) ?? 0) >= 64 * MIB) {
        lost += 1;
        const { link } = connected();
        session = null;
        return lab.stopLibvirtd(HOST).then(async () => {
          await lab.startLibvirtd(HOST);
          await link.close();
        });
      }
      return undefined;
    };
    const facts: ReadParams['facts'] = {
      disk: {
        name: 'sda',
        path: DISK,
        sizeBytes: DISK_MIB * MIB,
        table: 'none',
        content: { kind: 'other' },
        partitions: [],
      },
      groups: [],
    };
    const pool = (await sh(HOST, 'virsh pool-uuid default')).trim();
    const params: ReadParams = {
      host: 'h',
      pool,
      poolName: 'default',
      name: path.basename(VOLUME),
      source,
      facts,
      identity: null,
      lease: null,
      packing,
      summing: { program: 'b2sum', parallel: 2 },
      snapshots: null,
      way: { tag: TAG, hostName: 'kvm-a', step: 'p2v.direct' },
      isConverted: false,
    };
    const carried = front.bytes;
    await run('p2v.read', params);
    onSent = () => undefined;
    await sh(SOURCE, `[ ! -e /run/cut ]; rm ${wrapper}`);
    assert.equal(lost, 3);
    assert.ok(
      front.bytes - carried < (DISK_MIB * MIB) / 10,
      `${front.bytes - carried} bytes went through here`,
    );
    const [copy] = (await sh(HOST, `b2sum ${VOLUME}`)).split(' ');
    const [disk] = (await sh(SOURCE, `b2sum ${DISK}`)).split(' ');
    assert.equal(copy, disk);
    // Its end is zeros, and takes no room.
    assert.ok(Number(await sh(HOST, `du -m ${VOLUME} | cut -f1`)) <= DISK_MIB - 23);
    await run('p2v.shut', { ...way, direct: 'p2v.direct', key: 'p2v.key' });
    await assertAsItWas();
    // What was summed there is what is compared: nothing is sent again.
    log.length = 0;
    const { snapshots: _, way: __, lease, ...read } = params;
    await run('p2v.changes', {
      ...read,
      disks: [{ ...read, read: 'p2v.read', snapshotted: [] }],
      since: null,
      lease,
      rests: null,
      withFiles: false,
      until: 'rest',
    });
    assert.deepEqual(log, ['files01: what was read while it ran is as its disks are']);
    await undo('p2v.read', params);
    assert.equal(await sh(HOST, `ls ${path.dirname(VOLUME)} | grep files || true`), '');
  });

  test('what does not get through leaves nothing, and is said; also where the login had no keys before', async () => {
    await sh(HOST, 'mv /root/.ssh /root/kept');
    await sh(
      SOURCE,
      `printf '#!/bin/sh\\necho no route >&2; exit 255\\n' >/usr/local/sbin/ssh; chmod 755 /usr/local/sbin/ssh`,
    );
    log.length = 0;
    assert.deepEqual(await open(), {
      why: `files01 does not reach kvm-a at ${lab.address(HOST)} (no route)`,
    });
    await sh(SOURCE, 'rm /usr/local/sbin/ssh');
    assert.match(log.join('\n'), /go from files01 through this computer: files01 does not reach kvm-a/);
    await undo('p2v.direct', direct);
    await undo('p2v.key', way);
    await sh(HOST, '[ ! -e /root/.ssh ]; mv /root/kept /root/.ssh');
    await assertAsItWas();
  });

  test('who hears nothing of the job for long takes it away itself; a line that somebody has put beside it stays', async () => {
    await open();
    const other = 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA else';
    await sh(HOST, `echo '${other}' >>${KEYS}`);
    for (const host of [HOST, SOURCE]) await sh(host, `touch -d '31 minutes ago' /run/${TAG}.direct`);
    for (const host of [HOST, SOURCE])
      await until(async () => (await sh(host, 'ls /run | grep virtlane || true')) === '', 'it is gone');
    const [, ...lines] = (await keysNow()).split('\n');
    const [, ...linesBefore] = keysBefore.split('\n');
    assert.deepEqual(lines, [...linesBefore.slice(0, -1), other, '']);
    // The job finds nothing to take back.
    await undo('p2v.direct', direct);
    await undo('p2v.key', way);
    await lab.execWith(`${linesBefore.slice(0, -1).join('\n')}\n`, HOST, 'sh', '-c', `cat >${KEYS}`);
  });
});

function sshTarget(text: string): SshHostTarget {
  const target = parseTarget(text);
  return target.kind === 'ssh' ? target : assert.fail(text);
}

/** A port of this computer that leads to a host's sshd, and counts what goes through it. */
class Front {
  readonly #server: net.Server;
  readonly #sockets = new Set<net.Socket>();
  bytes = 0;

  private constructor(to: string) {
    this.#server = net.createServer((here) => {
      const there = net.connect({ host: to, port: 22 });
      for (const socket of [here, there]) {
        this.#sockets.add(socket);
        socket.on('error', () => undefined).on('data', (chunk) => (this.bytes += chunk.length));
      }
      here.on('close', () => there.destroy()).pipe(there);
      there.on('close', () => here.destroy()).pipe(here);
    });
  }

  static async open(to: string): Promise<Front> {
    const front = new Front(to);
    await new Promise<void>((resolve) => front.#server.listen(0, '127.0.0.1', resolve));
    return front;
  }

  get port(): number {
    const address = this.#server.address();
    return typeof address === 'object' && address !== null ? address.port : assert.fail('it listens');
  }

  close(): void {
    this.#server.close();
    for (const socket of this.#sockets) socket.destroy();
  }
}
