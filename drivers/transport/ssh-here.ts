import type { AddressInfo } from 'node:net';
import { pipeline, type Duplex } from 'node:stream';
import ssh2, { type AuthContext, type Connection } from 'ssh2';

/** A host behind SSH, on this computer's loopback. */
export interface SshHere {
  readonly port: number;
  /** What logs in, and nothing else does. */
  readonly privateKey: string;
  close(): void;
}

/** Serves SSH to this computer alone. The host has sockets, by `openUnix`, and no programs. */
export async function serveSshHere(openUnix: (path: string) => Duplex | null): Promise<SshHere> {
  const userKey = newKey();
  const server = new ssh2.Server({ hostKeys: [newKey()] }, (client) => {
    // Who leaves may do so at any time.
    client.on('error', () => undefined);
    client.on('authentication', (context) => authenticate(context, userKey));
    client.on('ready', () => serve(client, openUnix));
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', resolve);
  });
  const { port } = server.address() as AddressInfo;
  return { port, privateKey: userKey, close: () => void server.close() };
}

function authenticate(context: AuthContext, privateKey: string): void {
  const key = ssh2.utils.parseKey(privateKey);
  if (context.method !== 'publickey' || key instanceof Error) return context.reject(['publickey']);
  const { signature, blob } = context;
  const isIt = key.getPublicSSH().equals(context.key.data);
  // Without a signature it only asks whether this key would do.
  if (isIt && (signature === undefined || (blob !== undefined && key.verify(blob, signature) === true)))
    context.accept();
  else context.reject(['publickey']);
}

function serve(client: Connection, openUnix: (path: string) => Duplex | null): void {
  client.on('session', (accept) => {
    accept().on('exec', (_accept, refuse) => refuse());
  });
  client.on('openssh.streamlocal', (accept, reject, { socketPath }) => {
    const socket = openUnix(socketPath);
    if (socket === null) return reject();
    const channel = accept();
    const over = (): void => undefined;
    pipeline(channel, socket, over);
    pipeline(socket, channel, over);
  });
}

/** ssh2's generator writes about one in 250 so that its own reader refuses it. */
function newKey(): string {
  for (;;) {
    const pair = ssh2.utils.generateKeyPairSync('ed25519');
    if (!(ssh2.utils.parseKey(pair.private) instanceof Error)) return pair.private;
  }
}
