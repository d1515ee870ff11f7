import type { PacketPort } from './port.ts';
import type { StreamPort } from './stream-body.ts';

interface StreamPortParts {
  port: PacketPort;
  procedure: string;
  send: StreamPort['send'];
  done: () => void;
}

/** What a stream of either side needs of the packet port it goes over. */
export function streamPort({ port, procedure, send, done }: StreamPortParts): StreamPort {
  let pressed = false;
  return {
    procedure,
    send,
    done,
    drained: (callback) => port.drained(callback),
    pressure: (on) => {
      if (on !== pressed) port.hold(on);
      pressed = on;
    },
  };
}
