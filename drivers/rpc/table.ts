import type { Codec } from '../xdr/xdr.ts';

/**
 * One procedure of a program. A row with `msg` is an event: the server sends it unasked. `stream` says which way the
 * bytes go of the stream that a call opens under its serial, seen from the client.
 */
export interface Procedure {
  readonly number: number;
  readonly args?: Codec<unknown>;
  readonly ret?: Codec<unknown>;
  readonly msg?: Codec<unknown>;
  readonly stream?: 'upload' | 'download' | 'both';
}

export type ProcedureTable = Readonly<Record<string, Procedure>>;

/** A numbered set of procedures in one version, under the names of its table. */
export interface Program<T extends ProcedureTable = ProcedureTable> {
  readonly name: string;
  readonly number: number;
  readonly version: number;
  readonly procedures: T;
}

type ValueOf<C> = C extends Codec<infer V> ? V : undefined;

/** What a call takes; `undefined` where it takes nothing. */
export type ArgsOf<P extends Procedure> = P extends { args: infer C } ? ValueOf<C> : undefined;
/** What a call answers; `undefined` where it answers nothing but success. */
export type RetOf<P extends Procedure> = P extends { ret: infer C } ? ValueOf<C> : undefined;
/** What an event carries. */
export type MsgOf<P extends Procedure> = P extends { msg: infer C } ? ValueOf<C> : never;

/** Names of procedures that only answer. */
export type CallName<T extends ProcedureTable> = {
  [K in keyof T]: T[K] extends { msg: unknown } | { stream: string } ? never : K;
}[keyof T] &
  string;
/** Names of procedures that also open a stream. */
export type StreamName<T extends ProcedureTable> = {
  [K in keyof T]: T[K] extends { stream: string } ? K : never;
}[keyof T] &
  string;
/** Names of events. */
export type EventName<T extends ProcedureTable> = {
  [K in keyof T]: T[K] extends { msg: unknown } ? K : never;
}[keyof T] &
  string;

/** A row with its name and program, as it is found by number. */
export interface NamedProcedure extends Procedure {
  readonly name: string;
  readonly program: Program;
}

const indexes = new WeakMap<Program, ReadonlyMap<number, NamedProcedure>>();

/** The rows of a program by number; made once for each program. */
export function byNumber(program: Program): ReadonlyMap<number, NamedProcedure> {
  let index = indexes.get(program);
  if (!index) {
    index = new Map(
      Object.entries(program.procedures).map(([name, row]) => [row.number, { ...row, name, program }]),
    );
    indexes.set(program, index);
  }
  return index;
}
