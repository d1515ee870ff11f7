import assert from 'node:assert/strict';
import type { Duplex } from 'node:stream';
import { after, before, suite, test } from 'node:test';
import { ByteReader } from '../../main/consoles/byte-reader.ts';
import { Lab } from '../lab/lab.ts';
import { TestCore } from '../support/core.ts';
import { Transcript } from '../support/transcript.ts';
import { until } from '../support/wait.ts';

const ROUNDS = 20;

suite('what consoles hold on the host', { timeout: 400_000 }, () => {
  let lab: Lab;
  let core: TestCore;
  let ref: { host: string; uuid: string };
  before(async () => {
    lab = await Lab.up(1);
    await lab.clean(1);
    const uuid = await lab.addGuest(1, 'counted');
    core = await TestCore.open({ lab });
    ref = { host: await core.connect(`root@${lab.address(1)}`), uuid };
    await core.machine(ref.host, uuid);
    await core.client.domain.start({ ...ref, paused: true });
    await core.machine(ref.host, uuid, ({ state }) => state === 'paused');
    const boot = await open('serial');
    await core.client.domain.resume(ref);
    await new Transcript(boot).shows(/tiny guest ready/);
    boot.destroy();
    await until(async () => (await held()).serial === 0, 'the first console is closed');
  });
  after(async () => {
    await core.close();
    await lab.clean(1);
    await lab.release();
  });

  async function open(kind: 'vnc' | 'serial'): Promise<Duplex> {
    const { token } = await core.client.console.open({ ...ref, kind });
    const { stream } = await core.connection.openPipe(token);
    stream.on('error', () => undefined);
    return stream;
  }

  const onHost = async (script: string): Promise<string> => (await lab.exec(1, 'sh', '-c', script)).trim();

  /**
   * Counted on the host itself: connections that QEMU's VNC server has, terminals that libvirtd has open, and all files that libvirtd and
   * the login's sshd have open, of which each channel is one.
   */
  async function held(): Promise<{ vnc: number; serial: number; libvirtd: number; sshd: number }> {
    const [vnc, serial, libvirtd, sshd] = (
      await onHost(
        `ss -Htn state established sport = :5900 | wc -l
         ls -l /proc/$(cat /run/libvirtd.pid)/fd | grep -c /dev/pts/ || :
         ls /proc/$(cat /run/libvirtd.pid)/fd | wc -l
         ls /proc/$(pgrep -n -f '^sshd: root')/fd | wc -l`,
      )
    )
      .split(/\s+/)
      .map(Number);
    return { vnc: vnc ?? -1, serial: serial ?? -1, libvirtd: libvirtd ?? -1, sshd: sshd ?? -1 };
  }

  for (const kind of ['vnc', 'serial'] as const)
    test(`${kind}: opened and closed ${ROUNDS} times, nothing is left`, async () => {
      // The first one may open what stays: the connection for streams.
      (await open(kind)).destroy();
      await until(async () => (await held())[kind] === 0, 'the first one is closed');
      const before = await held();
      const counted = await open(kind);
      // A screen is a channel of the login; a serial console is a stream of a connection that libvirt has already.
      const more = kind === 'vnc' ? { vnc: 1, sshd: before.sshd + 1 } : { serial: 1, sshd: before.sshd };
      await until(async () => {
        assert.deepEqual({ ...before, ...more, libvirtd: 0 }, { ...(await held()), libvirtd: 0 });
        return true;
      }, 'an open console is counted');
      counted.destroy();
      for (let round = 1; round < ROUNDS; round += 1)
        await until(async () => {
          const stream = await open(kind);
          stream.resume();
          stream.destroy();
          return true;
        }, 'the console is free again');
      await until(async () => {
        assert.deepEqual(await held(), before);
        return true;
      }, 'the host is as before');
    });

  test('serial: one that was given up on its way is in nobody’s way', async () => {
    for (let round = 0; round < ROUNDS; round += 1) {
      const given = new AbortController();
      const first = core.client.console.open({ ...ref, kind: 'serial' }, { signal: given.signal });
      const answered = first.then(
        () => true,
        () => false,
      );
      // At once, while the host works on it, and with a token that nobody fetches.
      for (let turn = 0; turn < round % 4; turn += 1) await new Promise(setImmediate);
      if (round % 4 === 3) assert.ok(await answered);
      given.abort();
      (await open('serial')).destroy();
    }
    await until(async () => (await held()).serial === 0, 'the last one is closed');
  });

  test('a guest that floods a console that nobody reads holds up no other call', async () => {
    const flooded = await open('serial');
    const transcript = new Transcript(flooded);
    transcript.type('\nyes 0123456789abcdefghijklmnopqrstuvwxyz & echo floods-$((40+2))\n');
    await transcript.shows(/floods-42/);
    flooded.removeAllListeners('data');
    flooded.pause();
    const read = async (): Promise<number> =>
      Number(await onHost("awk '/rchar/ { print $2 }' /proc/$(cat /run/libvirtd.pid)/io"));
    const before = await read();
    await until(async () => (await read()) > before + (256 << 10), 'the host goes on reading');
    // On the connection of the flood: a picture. Beside it: a call, another channel.
    assert.equal((await core.client.domain.screenshot(ref)).mime, 'image/png');
    assert.equal((await core.client.domain.get(ref)).serials[0]?.alias, 'serial0');
    const screen = await open('vnc');
    assert.equal(String(await new ByteReader(screen, AbortSignal.timeout(60_000)).read(12)), 'RFB 003.008\n');
    screen.destroy();
    const again = new Transcript(flooded);
    flooded.resume();
    await again.shows(/xyz\s+0123456789/);
    flooded.destroy();
    await until(async () => (await held()).serial === 0, 'the console is closed');
  });
});
