import { virDomainUndefineFlagsValues as UNDEFINE } from '../../../drivers/libvirt/constants/domain-flags.ts';
import type { LibvirtClient } from '../../../drivers/libvirt/client.ts';
import type { DomainRef } from '../../../drivers/libvirt/protocol/structs.ts';
import { uuidFromString } from '../../../drivers/libvirt/uuid.ts';
import { LibvirtError } from '../../../drivers/rpc/errors.ts';
import type { Clock } from '../../hosts/clock.ts';
import type { HostSession } from '../../hosts/session.ts';
import { without } from '../../storage/read.ts';
import { abortOnce, breakOff, type BreakOffOptions } from './break-off.ts';
import type { SourcePort, TargetPort } from './drive.ts';
import { migrationFlags, type Manner } from './flags.ts';
import { lookAtSource, lookAtTarget } from './look.ts';
import { migrationParams, nbdPort, uriPort, type Way, type Wishes } from './params.ts';
import { openRelay, type Relay } from './relay.ts';
import { markTwin } from './twin-mark.ts';

/** One migration between two hosts that are, or come to be, connected. */
export interface MigrationSubject {
  readonly uuid: string;
  readonly name: string;
  /** What the target is called. */
  readonly toName: string;
  readonly wasPaused: boolean;
  /** The source's definition goes with it. */
  readonly definitionGoes: boolean;
  /** It may go on on the target before all of its memory is there. */
  readonly postCopy: boolean;
}

export interface PortsOptions {
  readonly clock: Clock;
  readonly subject: MigrationSubject;
  /** The open session of a side. @throws FailureError HOST_UNREACHABLE while there is none */
  readonly session: (side: 'source' | 'target') => HostSession;
  readonly log: (text: string) => void;
  /** Aborted when a person cancels, or the program ends. */
  readonly cancelled: AbortSignal;
  /** What only a migration that is driven to its end needs; null where one is settled that another program drove. */
  readonly drive: Drive | null;
  /** The same once more, read now, for one that goes by post-copy; null: it is no such one. */
  readonly again: (() => Promise<Drive>) | null;
}

/** How a migration is driven. */
export interface Drive {
  readonly manner: Manner;
  readonly wishes: Wishes;
  readonly relayed: boolean;
  /** Where the source's libvirtd logs in, and drives; null: this program does. */
  readonly peerUri: string | null;
  readonly downtimeMs: number | null;
  /** Data begins to go: resolves when it is over, which the signal tells. `giveUp`: nothing comes of it any more. */
  readonly watch: (over: AbortSignal, giveUp: () => void) => Promise<void>;
  /** The target's link was lost meanwhile: its libvirtd gives up what came by it, and Finish could not be sent any more. */
  readonly targetLost: () => void;
}

/** The calls of one migration over both hosts' sessions. */
export function migrationPorts(options: PortsOptions) {
  const { subject, session, log } = options;
  const peerUri = options.drive?.peerUri ?? null;
  const link = { source: null as LibvirtClient | null, target: null as LibvirtClient | null };
  const course = new Course(options, link);
  const reference = (): DomainRef => ({ name: subject.name, uuid: uuidFromString(subject.uuid), id: -1 });
  const short = (side: 'source' | 'target') => session(side).client.remote;
  const undefine = async (): Promise<void> => {
    // As VIR_MIGRATE_UNDEFINE_SOURCE does: what the firmware kept stays, like the disks.
    const flags = UNDEFINE.VIR_DOMAIN_UNDEFINE_KEEP_NVRAM | UNDEFINE.VIR_DOMAIN_UNDEFINE_MANAGED_SAVE;
    await short('source')
      .domainUndefineFlags({ dom: reference(), flags })
      .catch(without(['VIR_ERR_NO_DOMAIN']));
  };
  const source: SourcePort = {
    begin: () => course.begin(),
    perform: (cookie) => course.perform(cookie),
    peer: peerUri === null ? null : () => course.peer(peerUri),
    confirm: (cookie, cancelled) => course.confirm(cookie, cancelled),
    abort: () => abortOnce(breakOffOptions(options)),
    resume: async () => {
      await short('source').domainResume({ dom: reference() });
    },
    suspend: async () => {
      const name = subject.name;
      log(`${name} runs on both hosts, as libvirt let it go on at its source too: it is paused there`);
      await short('source').domainSuspend({ dom: reference() });
    },
    keepPaused: async () => {
      const { client } = session('source');
      await markTwin(client, reference(), subject.toName).catch((error: unknown) => {
        if (!(error instanceof LibvirtError)) throw error;
        log(`${subject.name} could not be marked as what is not to be resumed: ${error.message}`);
      });
    },
    remove: async () => {
      await short('source')
        .domainDestroy({ dom: reference() }, LONG)
        .catch(without(['VIR_ERR_OPERATION_INVALID', 'VIR_ERR_NO_DOMAIN']));
      if (subject.definitionGoes) await undefine();
    },
    undefine,
    see: () => lookAtSource(session('source').client, subject),
    sameLink: () => link.source?.isOpen === true,
  };
  const target: TargetPort = {
    prepare: (cookie) => course.prepare(cookie),
    finish: (cookie, cancelled) => course.finish(cookie, cancelled),
    destroy: async () => {
      await short('target').domainDestroy({ dom: reference() }, LONG);
    },
    see: () => lookAtTarget(session('target').client, subject),
    sameLink: () => link.target?.isOpen === true,
  };
  return { source, target, ...recovery(options), close: () => course.close() };
}

function breakOffOptions(options: PortsOptions): BreakOffOptions {
  const { clock, session, log, subject } = options;
  return {
    clock,
    log,
    client: () => session('source').client,
    dom: { name: subject.name, uuid: uuidFromString(subject.uuid), id: -1 },
    mayCut: !subject.postCopy,
  };
}

/** Nobody cancels what goes on on both hosts. */
const NEVER = new AbortController().signal;

/**
 * Both libvirtds are asked all five once more, by this program or by the source's, with VIR_MIGRATE_POSTCOPY_RESUME (since 8.5). Where QEMU still sends, or the hosts do not reach each
 * other, they refuse, and nothing is changed.
 */
function recovery(options: PortsOptions): {
  readonly recover: () => Promise<void>;
  /** The hosts lost each other, and were asked to go on; one of them may refuse what goes on by itself. */
  readonly wasTorn: () => boolean;
} {
  const { again, log } = options;
  let wasTorn = false;
  let isTold = false;
  const recover = async (): Promise<void> => {
    if (again === null) return;
    wasTorn = true;
    const drive = await again();
    const resumed = { ...drive, manner: { ...drive.manner, resumes: true } };
    const course = new Course(
      { ...options, cancelled: NEVER, drive: resumed },
      { source: null, target: null },
    );
    try {
      await course.resume();
    } catch (error) {
      if (!(error instanceof LibvirtError)) throw error;
      if (!isTold)
        log(
          `The hosts have lost each other in post-copy: it goes on when they reach each other (${error.message})`,
        );
      isTold = true;
    } finally {
      await course.close();
    }
  };
  return { recover, wasTorn: () => wasTorn };
}

const LONG = { timeoutMs: 120_000 };
/** As long as the data takes. */
const ENDLESS = { timeoutMs: 0 };
/** QEMU starts, with much memory to lock or large pages to find. */
const START = { timeoutMs: 600_000 };

const NONE = new Uint8Array();

type Links = { source: LibvirtClient | null; target: LibvirtClient | null };

/**
 * What the five calls tell one another. All of them go over one connection for each side: a daemon gives up what its connection began. It is this
 * migration's alone: Perform holds one of the five calls that a daemon serves of a connection, and the end of another, whose machine stands still,
 * must not wait for it.
 */
class Course {
  readonly #options: PortsOptions;
  readonly #link: Links;
  readonly #relays: Relay[] = [];
  #xml: string | null = null;
  #uri: string | null = null;

  constructor(options: PortsOptions, link: Links) {
    this.#options = options;
    this.#link = link;
  }

  /** All of it, of one that was begun before. */
  async resume(): Promise<void> {
    const { peerUri } = this.#drive();
    if (peerUri !== null) return this.peer(peerUri);
    const begun = await this.begin();
    try {
      const performed = await this.perform(await this.prepare(begun));
      await this.confirm(await this.finish(performed, false), false);
    } catch (error) {
      if (!(error instanceof LibvirtError)) throw error;
      // Both go back to where they lost each other: nothing of it is given up there.
      await this.finish(NONE, true);
      await this.confirm(NONE, true);
      throw error;
    }
  }

  async begin(): Promise<Uint8Array> {
    const client = await this.#open();
    const { manner, wishes } = this.#drive();
    const args = {
      dom: this.#dom(),
      params: migrationParams(wishes).begin,
      flags: migrationFlags(manner).source,
    };
    const { cookieOut, xml } = await client.remote.domainMigrateBegin3Params(args, LONG);
    this.#xml = xml;
    return cookieOut;
  }

  async #open(): Promise<LibvirtClient> {
    const client = await this.#options.session('source').openStreamClient();
    this.#link.source = client;
    const { downtimeMs } = this.#drive();
    const dom = this.#dom();
    if (downtimeMs !== null)
      await client.remote.domainMigrateSetMaxDowntime({ dom, downtime: BigInt(downtimeMs), flags: 0 });
    return client;
  }

  /** The link ends with nothing: the source's libvirtd goes on without it. */
  async peer(dconnuri: string): Promise<void> {
    const client = await this.#open();
    const { manner, wishes } = this.#drive();
    const args = {
      dom: this.#dom(),
      dconnuri,
      params: migrationParams(wishes).peer,
      cookieIn: new Uint8Array(),
      flags: migrationFlags(manner).source,
    };
    await this.#whileWatched(() => client.remote.domainMigratePerform3Params(args, ENDLESS));
  }

  async prepare(cookieIn: Uint8Array): Promise<Uint8Array> {
    const client = await this.#options.session('target').openStreamClient();
    this.#link.target = client;
    const { manner, wishes } = this.#drive();
    const args = {
      params: migrationParams(wishes).prepare(this.#xml ?? ''),
      cookieIn,
      flags: migrationFlags(manner).target,
    };
    const { cookieOut, uriOut } = await client.remote.domainMigratePrepare3Params(args, START);
    this.#uri = uriOut;
    return cookieOut;
  }

  async perform(cookieIn: Uint8Array): Promise<Uint8Array> {
    const { manner, wishes } = this.#drive();
    const way = await this.#way(cookieIn);
    const client = this.#client('source');
    const args = {
      dom: this.#dom(),
      dconnuri: null,
      params: migrationParams(wishes).perform(this.#xml ?? '', way),
      cookieIn,
      flags: migrationFlags(manner).source,
    };
    return this.#whileWatched(
      async () => (await client.remote.domainMigratePerform3Params(args, ENDLESS)).cookieOut,
    );
  }

  /** A call that lasts as long as data goes: it is followed, and a person may end it. */
  async #whileWatched<T>(call: () => Promise<T>): Promise<T> {
    const { watch, targetLost, manner } = this.#drive();
    const over = new AbortController();
    const { cancelled, log } = this.#options;
    const endings: Promise<void>[] = [];
    const end = (say?: () => void): void => {
      if (over.signal.aborted) return;
      // One that was given up and is cancelled: what ends it goes on until it has.
      say?.();
      if (endings.length === 0) endings.push(this.#breakOff(over.signal));
    };
    const stays = manner.postCopy
      ? 'where it does not run on the target yet'
      : 'the machine stays where it is';
    const abort = (): void => end(() => log(`Cancelling: ${stays}`));
    cancelled.throwIfAborted();
    cancelled.addEventListener('abort', abort, { once: true });
    // By post-copy it may run there: then nothing is ended. Where the source's libvirtd drives there is no such link.
    if (!manner.postCopy) void this.#link.target?.closed.then(() => end(targetLost));
    const watching = watch(over.signal, end);
    try {
      return await call();
    } finally {
      over.abort();
      cancelled.removeEventListener('abort', abort);
      // What it still asked must not meet what comes next.
      await Promise.all([watching, ...endings]);
    }
  }

  async finish(cookieIn: Uint8Array, cancelled: boolean): Promise<Uint8Array> {
    const { manner, wishes } = this.#drive();
    const args = {
      params: migrationParams(wishes).finish(this.#xml),
      cookieIn,
      flags: migrationFlags(manner).target,
      cancelled: cancelled ? 1 : 0,
    };
    const finished = this.#client('target').remote.domainMigrateFinish3Params(args, this.#end());
    // There is no domain to answer with when it is given up, so every such answer is an error.
    const answer = cancelled ? finished.catch(givenUp) : finished;
    return (await answer).cookieOut;
  }

  async confirm(cookieIn: Uint8Array, cancelled: boolean): Promise<void> {
    const { manner, wishes } = this.#drive();
    const args = {
      dom: this.#dom(),
      params: migrationParams(wishes).confirm(this.#xml),
      cookieIn,
      flags: migrationFlags(manner).source,
      cancelled: cancelled ? 1 : 0,
    };
    await this.#client('source')
      .remote.domainMigrateConfirm3Params(args, this.#end())
      // The daemon holds no job any more: what it shows then decides.
      .catch(without(['VIR_ERR_OPERATION_INVALID', 'VIR_ERR_NO_DOMAIN']));
  }

  /** With post-copy the last calls wait for the rest of the memory. */
  #end() {
    return this.#drive().manner.postCopy ? ENDLESS : LONG;
  }

  async close(): Promise<void> {
    await Promise.all(this.#relays.splice(0).map((relay) => relay.close()));
    for (const side of ['source', 'target'] as const) void this.#link[side]?.close();
  }

  /** Where the source's QEMU sends what. */
  async #way(cookie: Uint8Array): Promise<Way> {
    const { relayed, wishes } = this.#drive();
    if (!relayed) return { uri: this.#uri ?? wishes.uri, disksUri: null };
    const memory = uriPort(this.#uri);
    if (memory === null)
      throw new Error(`The target listens at ${this.#uri ?? 'no address'}, which is no port`);
    const disks = nbdPort(cookie);
    const uri = `tcp://127.0.0.1:${await this.#relay(memory)}`;
    return { uri, disksUri: disks === null ? null : `tcp://127.0.0.1:${await this.#relay(disks)}` };
  }

  async #relay(port: number): Promise<number> {
    const { session, log } = this.#options;
    const links = { source: session('source').link, target: session('target').link };
    const relay = await openRelay(links, port, (error) =>
      log(
        `A connection between the hosts was cut: ${error instanceof Error ? error.message : String(error)}`,
      ),
    );
    this.#relays.push(relay);
    return relay.port;
  }

  #breakOff(over: AbortSignal): Promise<void> {
    const mayCut = !this.#drive().manner.postCopy;
    return breakOff({ ...breakOffOptions(this.#options), mayCut }, over);
  }

  #drive(): Drive {
    const { drive } = this.#options;
    // Only who began sends the five calls: to others `sameLink` is false.
    if (drive === null) throw new Error('This migration was begun by another program');
    return drive;
  }

  #client(side: keyof Links): LibvirtClient {
    const client = this.#link[side];
    if (client === null) throw new Error(`Nothing was asked of the ${side} yet`);
    return client;
  }

  #dom(): DomainRef {
    const { uuid, name } = this.#options.subject;
    return { name, uuid: uuidFromString(uuid), id: -1 };
  }
}

function givenUp(error: unknown): { cookieOut: Uint8Array } {
  if (error instanceof LibvirtError) return { cookieOut: new Uint8Array() };
  throw error;
}
