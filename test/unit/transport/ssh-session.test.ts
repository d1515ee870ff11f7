import assert from 'node:assert/strict';
import { EventEmitter } from 'node:events';
import { Duplex, PassThrough } from 'node:stream';
import { test } from 'node:test';
import type { Client } from 'ssh2';
import { SshSession } from '../../../drivers/transport/ssh-session.ts';
import type { SshTarget } from '../../../drivers/transport/ssh-target.ts';

const PATH = '/run/libvirt/libvirt-sock';
const CONNECT_FAILED = 2;
const stream = () => new Duplex({ read: () => undefined, write: (_chunk, _encoding, done) => done() });
const refused = () => Object.assign(new Error('open failed'), { reason: CONNECT_FAILED });

/** A login on a host where the socket's listener is there from the second time on that it is opened, or never; who looks sees it. */
function login(comes: boolean) {
  const asked: string[] = [];
  const client = Object.assign(new EventEmitter(), {
    openssh_forwardOutStreamLocal: (
      _: string,
      done: (error: Error | undefined, channel?: Duplex) => void,
    ) => {
      asked.push('open');
      if (comes && asked.includes('look'))
        done(undefined, Object.assign(stream(), { stderr: stream(), close: () => undefined }));
      else done(refused());
    },
    exec: (_: string, done: (error: undefined, channel: Duplex) => void) => {
      asked.push('look');
      const channel = Object.assign(new PassThrough(), { stderr: new PassThrough() });
      channel.write('virtlane-socket=open\n');
      done(undefined, channel);
    },
  });
  const target = { alias: 'kvm-a', port: 22, user: 'root' } as SshTarget;
  return { asked, session: new SshSession(target, client as unknown as Client, stream()) };
}

test('who listens on a socket only since it was asked for is asked again', async () => {
  const { asked, session } = login(true);
  const opened = await session.openUnix(PATH);
  assert.deepEqual(asked, ['open', 'look', 'open']);
  opened.destroy();
});

test('a socket that is listened to and refused twice is forbidden by the server', async () => {
  const { asked, session } = login(false);
  await assert.rejects(session.openUnix(PATH), { code: 'FORWARDING_DISABLED' });
  assert.deepEqual(asked, ['open', 'look', 'open']);
});
