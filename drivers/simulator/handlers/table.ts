import type { QemuProcedures, RemoteProcedures } from '../../libvirt/protocol/programs.ts';
import type { CallContext } from '../../rpc/server.ts';
import type { ArgsOf, ProcedureTable, RetOf } from '../../rpc/table.ts';
import type { ClientSession } from '../host/client-session.ts';
import type { HostState } from '../host/host-state.ts';

/** What a handler works with. */
export interface Call {
  host: HostState;
  session: ClientSession;
  context: CallContext;
}

/** A procedure that answers nothing may return nothing. */
type Answer<R> = R extends undefined ? void | Promise<void> : R | Promise<R>;

type HandlersOf<T extends ProcedureTable> = {
  [K in keyof T]?: T[K] extends { msg: unknown }
    ? never
    : (args: ArgsOf<T[K]>, call: Call) => Answer<RetOf<T[K]>>;
};

/** Answers to calls by the names of the procedures; arguments and answers are those of the protocol's tables. */
export type Handlers = HandlersOf<RemoteProcedures>;
export type QemuHandlers = HandlersOf<QemuProcedures>;
