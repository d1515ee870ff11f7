import assert from 'node:assert/strict';
import { after, before, suite, test } from 'node:test';
import { vncChallengeResponse } from '../../drivers/simulator/vnc/des.ts';
import type { Failure } from '../../main/contract/failure.ts';
import { ByteReader } from '../../main/consoles/byte-reader.ts';
import { Lab } from '../lab/lab.ts';
import { RfbViewer } from '../unit/simulator/rfb-viewer.ts';
import { TestCore } from '../support/core.ts';
import { until } from '../support/wait.ts';
import { Transcript } from '../support/transcript.ts';

const PASSWORD = 'secret12';

suite('consoles of a guest', { timeout: 300_000 }, () => {
  let lab: Lab;
  let core: TestCore;
  let ref: { host: string; uuid: string };
  before(async () => {
    lab = await Lab.up(1);
    await lab.clean(1);
    const uuid = await lab.addGuest(1, 'screened', { vncPassword: PASSWORD });
    core = await TestCore.open({ lab });
    ref = { host: await core.connect(`root@${lab.address(1)}`), uuid };
    await core.machine(ref.host, uuid);
  });
  after(async () => {
    await core.close();
    await lab.clean(1);
    await lab.release();
  });

  async function serial(takeOver: boolean) {
    const { token } = await core.client.console.open({ ...ref, kind: 'serial', takeOver });
    const { stream, ended } = await core.connection.openPipe(token);
    return { transcript: new Transcript(stream), stream, ended };
  }

  test('of a machine that does not run: it says so', async () => {
    await assert.rejects(core.client.console.open({ ...ref, kind: 'vnc' }), (error) => {
      assert.equal((error as { data: Failure }).data.code, 'CONFLICT');
      return true;
    });
  });

  test('serial: what is typed is answered; a second session must take it over, and the first is told', async () => {
    await core.client.domain.start({ ...ref, paused: true });
    await core.machine(ref.host, ref.uuid, ({ state }) => state === 'paused');
    const first = await serial(false);
    await core.client.domain.resume(ref);
    await first.transcript.shows(/tiny guest ready/);
    first.transcript.type('\necho answer-$((40+2))\n');
    await first.transcript.shows(/answer-42/);
    await assert.rejects(serial(false), (error) => {
      assert.equal((error as { data: Failure }).data.code, 'CONFLICT');
      return true;
    });
    const second = await serial(true);
    await first.ended;
    second.transcript.type('\necho taken-$((20+2))\n');
    await second.transcript.shows(/taken-22/);
    second.stream.destroy();
    // Closed, it is free again.
    const third = await until(() => serial(false), 'the console is free');
    third.stream.destroy();
    await third.ended;
  });

  test('VNC: the handshake with the machine’s own password, and keys that arrive at the guest', async () => {
    const port = await serial(true);
    const opened = await core.client.console.open({ ...ref, kind: 'vnc' });
    assert.equal(opened.password, PASSWORD);
    const { stream } = await core.connection.openPipe(opened.token);
    const reader = new ByteReader(stream, AbortSignal.timeout(60_000));
    assert.equal(String(await reader.read(12)), 'RFB 003.008\n');
    stream.write('RFB 003.008\n');
    const [count = 0] = await reader.read(1);
    assert.ok([...(await reader.read(count))].includes(2), 'VNC authentication is offered');
    stream.write(Buffer.from([2]));
    stream.write(vncChallengeResponse(PASSWORD, await reader.read(16)));
    assert.equal(Buffer.from(await reader.read(4)).readUInt32BE(), 0);
    stream.write(Buffer.from([1]));
    const init = Buffer.from(await reader.read(24));
    assert.ok(init.readUInt16BE(0) >= 640);
    assert.match(String(await reader.read(init.readUInt32BE(20))), /QEMU/);
    for (const key of 'echo seen > /dev/ttyS0') press(stream, key.charCodeAt(0));
    press(stream, 0xff0d);
    await port.transcript.shows(/seen/);
    stream.destroy();
    port.stream.destroy();
  });

  for (const { video, status, why } of [
    { video: 'vga', status: 3, why: 'refused' },
    { video: 'virtio', status: 4, why: 'passed on to the guest' },
  ] as const)
    test(`VNC: a size that is asked for is ${why} by QEMU with ${video} video, and the screen goes on`, async () => {
      const uuid = await lab.addGuest(1, `sized-${video}`, { video });
      const sized = { host: ref.host, uuid };
      await core.machine(ref.host, uuid);
      await core.client.domain.start(sized);
      await core.machine(ref.host, uuid, ({ state }) => state === 'running');
      const { token } = await core.client.console.open({ ...sized, kind: 'vnc' });
      const { stream } = await core.connection.openPipe(token);
      const viewer = new RfbViewer(stream);
      await viewer.open();
      viewer.setEncodings([0, -308]);
      viewer.request(false);
      const { resizes } = await viewer.update();
      assert.deepEqual(
        resizes.map(({ reason }) => reason),
        [0],
        'QEMU can be asked for a size',
      );
      viewer.askForSize(1100, 700);
      viewer.request(true);
      const answer = await until(
        async () => (await viewer.update()).resizes.find(({ reason }) => reason === 1),
        'an answer',
      );
      assert.equal(answer.status, status);
      await until(async () => {
        viewer.request(false);
        return (await viewer.update()).rects.length > 0;
      }, 'pixels after it');
      stream.destroy();
      await core.client.domain.destroy(sized);
    });

  test('a picture of the screen is a PNG', async () => {
    const { mime, base64 } = await core.client.domain.screenshot(ref);
    const picture = Buffer.from(base64, 'base64');
    assert.equal(mime, 'image/png');
    assert.equal(picture.toString('latin1', 1, 4), 'PNG');
    assert.ok(picture.readUInt32BE(16) >= 640);
    assert.ok(picture.readUInt32BE(20) >= 350);
  });

  test('the details tell of the screen and the serial port; the XML does not tell the password', async () => {
    const detail = await core.client.domain.get(ref);
    assert.equal(detail.graphics[0]?.type, 'vnc');
    assert.ok((detail.graphics[0]?.port ?? 0) >= 5900);
    assert.equal(detail.serials[0]?.alias, 'serial0');
    assert.equal(detail.disks[0]?.source, '/var/lib/libvirt/images/screened.qcow2');
    assert.equal((await core.client.domain.xml(ref)).includes(PASSWORD), false);
    await core.client.domain.destroy(ref);
  });

  test('a machine without a screen says what to do', async () => {
    const uuid = await lab.addGuest(1, 'headless', { headless: true });
    await core.machine(ref.host, uuid);
    await core.client.domain.start({ host: ref.host, uuid, paused: true });
    await core.machine(ref.host, uuid, ({ state }) => state === 'paused');
    await assert.rejects(core.client.console.open({ host: ref.host, uuid, kind: 'vnc' }), (error) => {
      const { code, message } = (error as { data: Failure }).data;
      assert.equal(code, 'NOT_FOUND');
      assert.match(message, /Add VNC graphics/);
      return true;
    });
  });
});

/** RFB KeyEvent (RFC 6143, 7.5.4), down and up. */
function press(stream: { write(chunk: Buffer): unknown }, keysym: number): void {
  // QEMU takes Shift from the client: `>` lies on a shifted key of its keyboard.
  const shifted = keysym === '>'.charCodeAt(0) || (keysym >= 65 && keysym <= 90);
  if (shifted) stream.write(keyEvent(0xffe1, true));
  stream.write(keyEvent(keysym, true));
  stream.write(keyEvent(keysym, false));
  if (shifted) stream.write(keyEvent(0xffe1, false));
}

function keyEvent(keysym: number, down: boolean): Buffer {
  const message = Buffer.alloc(8);
  message[0] = 4;
  message[1] = down ? 1 : 0;
  message.writeUInt32BE(keysym, 4);
  return message;
}
