import { PassThrough, type Duplex } from 'node:stream';
import type { ClientChannel } from 'ssh2';
import type { Running } from './exec.ts';

/** A program of a host on a channel of SSH. Made as soon as there is a channel: what comes on it waits for nobody. */
export class SshProgram implements Running {
  readonly stdin: Duplex;
  readonly stdout: Duplex;
  readonly stderr: PassThrough;
  readonly ended: Promise<number | null>;

  /** `stream` is the channel as a stream of a program. */
  constructor(channel: ClientChannel, stream: Duplex) {
    this.stdin = stream;
    this.stdout = stream;
    this.stderr = channel.stderr.pipe(new PassThrough());
    let status: number | null = null;
    // A program that a signal ended has none.
    channel.on('exit', (code: number | null) => (status = code));
    this.ended = new Promise((resolve, reject) => {
      const over = (): void => {
        // A link that went says so on the stream, and the host tells how a program ended before it closes the channel.
        if (status === null && stream.errored !== null) reject(stream.errored);
        else resolve(status);
      };
      // ssh2 closes the channels of a link that went a moment before it says that it went.
      channel.on('close', () => setImmediate(over));
      stream.once('error', over);
    });
    // It may be lost before anybody waits for its end.
    this.ended.catch(() => undefined);
  }

  destroy(): void {
    this.stdin.destroy();
    this.stderr.destroy();
  }
}
