import type { Duplex } from 'node:stream';
import { LibvirtError } from '../rpc/errors.ts';
import { RpcServer } from '../rpc/server.ts';
import type { CallContext } from '../rpc/server.ts';
import type { ArgsOf, Procedure, RetOf } from '../rpc/table.ts';
import type { EventMsg, RemoteCallName, RemoteEventName, RemoteStreamName } from './api.ts';
import { qemuProgram, remoteProgram } from './protocol/programs.ts';
import type { QemuProcedures, RemoteProcedures } from './protocol/programs.ts';

type Handler<P extends Procedure> = (
  args: ArgsOf<P>,
  context: CallContext,
) => RetOf<P> | Promise<RetOf<P>> | (RetOf<P> extends undefined ? void | Promise<void> : never);

/** What a host answers, by the names of the remote program. What is missing is refused as libvirt's drivers do. */
export type RemoteHandlers = {
  [K in RemoteCallName | RemoteStreamName]?: Handler<RemoteProcedures[K]>;
};
export type QemuHandlers = { [K in keyof QemuProcedures]?: Handler<QemuProcedures[K]> };

type AnyHandler = (args: unknown, context: CallContext) => unknown;

/** One client of a host that is written in TypeScript: the demo fleet, tests. */
export class LibvirtServer {
  readonly rpc: RpcServer;

  constructor(duplex: Duplex, handlers: { remote: RemoteHandlers; qemu?: QemuHandlers }) {
    const remote = new Map(Object.entries(handlers.remote)) as Map<string, unknown>;
    const qemu = new Map(Object.entries(handlers.qemu ?? {})) as Map<string, unknown>;
    this.rpc = new RpcServer(duplex, {
      programs: [remoteProgram, qemuProgram],
      handle: async (name, args, context) => {
        const handler = (context.procedure.program === qemuProgram ? qemu : remote).get(name);
        if (typeof handler !== 'function') throw notSupported(name);
        return (handler as AnyHandler)(args, context);
      },
    });
  }

  /** Resolves when the client is gone. */
  get closed(): Promise<Error> {
    return this.rpc.closed;
  }

  /** Sends an event; to whom, the host decides: this is one client. */
  emit<K extends RemoteEventName>(name: K, msg: EventMsg<K>): void {
    this.rpc.sendEvent(remoteProgram, name, msg);
  }

  close(): void {
    this.rpc.close();
  }
}

function notSupported(name: string): LibvirtError {
  return new LibvirtError({
    code: 'VIR_ERR_NO_SUPPORT',
    message: `this function is not supported by the connection driver: ${name}`,
    procedure: name,
  });
}
