import type { CallOptions } from '../rpc/errors.ts';
import type { ArgsOf, CallName, EventName, MsgOf, Procedure, RetOf, StreamName } from '../rpc/table.ts';
import type { QemuProcedures, RemoteProcedures } from './protocol/programs.ts';

/** One call: its arguments (none to give where the procedure takes none), its answer. */
type Call<P extends Procedure> = 'args' extends keyof P
  ? (args: ArgsOf<P>, options?: CallOptions) => Promise<RetOf<P>>
  : (args?: undefined, options?: CallOptions) => Promise<RetOf<P>>;

/** Every call of libvirt's remote program: `remote.domainCreate({ dom })`. */
export type RemoteApi = { readonly [K in CallName<RemoteProcedures>]: Call<RemoteProcedures[K]> };
/** Every call of the program that only QEMU hosts have. */
export type QemuApi = { readonly [K in CallName<QemuProcedures>]: Call<QemuProcedures[K]> };

export type RemoteCallName = CallName<RemoteProcedures>;
export type RemoteStreamName = StreamName<RemoteProcedures>;
export type RemoteEventName = EventName<RemoteProcedures>;
type Procedures = RemoteProcedures & QemuProcedures;
export type EventNames = RemoteEventName | EventName<QemuProcedures>;

export type RemoteArgs<K extends keyof RemoteProcedures> = ArgsOf<RemoteProcedures[K]>;
export type RemoteRet<K extends keyof RemoteProcedures> = RetOf<RemoteProcedures[K]>;
/** What an event carries, by its name. */
export type EventMsg<K extends EventNames> = MsgOf<Procedures[K]>;
