import type { LibvirtClient } from '../../drivers/libvirt/client.ts';
import { TransportError } from '../../drivers/transport/errors.ts';
import type { Failure } from '../contract/failure.ts';
import type { FailureCode } from '../contract/failure-codes.ts';
import type { Host, HostInfo, Prompt, PromptAnswer } from '../contract/host.ts';
import type { Secrets } from '../settings/secrets.ts';
import { LONGEST_WATCHED_MS, Retries } from './backoff.ts';
import { waitUntil, type Clock } from './clock.ts';
import { Deadline, orAborted } from './deadline.ts';
import { isExpected, notReached, toFailure } from './failures.ts';
import type { HostLink, OpenLink } from './link.ts';
import { PromptDesk } from './prompts.ts';
import { sessionEnd, type SessionEnd } from './session-end.ts';
import { HostSession } from './session.ts';
import { watchSilence, type SilenceOptions } from './silence.ts';
import type { HostTarget } from './target.ts';

/** Time for one attempt to connect, without the time a person takes to answer. */
const CONNECT_LIMIT_MS = 30_000;

/** Failures that only a person can do something about: trying again would ask, lock accounts out, or fail the same way. */
const NEEDS_PERSON: ReadonlySet<FailureCode> = new Set([
  'AUTH_FAILED',
  'HOST_KEY_CHANGED',
  'HOST_KEY_REFUSED',
  'PERMISSION',
  'BAD_INPUT',
  'UNSUPPORTED',
  'CANCELLED',
  'NOT_FOUND',
]);

export interface ConnectionDeps {
  clock: Clock;
  /** 0 to 1. */
  random: () => number;
  openLink: OpenLink;
  /** Speaks to libvirt over a new stream of the link: authenticates and opens `target.libvirtUri`. */
  openClient: (link: HostLink, target: HostTarget, signal?: AbortSignal) => Promise<LibvirtClient>;
  secrets: Secrets;
  /** Called with every change of the host's state. */
  publish: (host: Host) => void;
  /** Reads the first list; the host is connected when it resolves. */
  opened: (session: HostSession, signal: AbortSignal) => Promise<void>;
  /** A session for which `opened` was called is over. */
  lost: (session: HostSession) => void;
  /** When the host last sent anything on this connection; null when that is not known. */
  lastHeard: (client: LibvirtClient) => number | null;
  /** Whether a call on this connection waits for its answer. */
  isOwed: (client: LibvirtClient) => boolean;
  /** Whether somebody looks at the hosts now. */
  watched: () => boolean;
  /** A secret that should be remembered could not be kept. */
  onNotKept: (error: unknown) => void;
  /** An error that nobody expected. */
  onFault: (error: unknown) => void;
}

export interface HostIdentity {
  id: string;
  /** What it is called in the window and in failures. */
  name: string;
  target: HostTarget;
  keyFile: string | null;
  /** Not saved before it was reached (contract/host.ts). */
  trial: boolean;
}

type Attempt = { session: HostSession } | { error: unknown; link: HostLink | null };

/** One host's way from disconnected to connected and back (contract/host.ts, HOST_STATES). */
export class HostConnection {
  readonly #deps: ConnectionDeps;
  readonly #desk: PromptDesk;
  #identity: HostIdentity;
  #host: Host;
  #run: { abort: AbortController; done: Promise<void> } | null = null;
  #session: HostSession | null = null;
  #wasConnected = false;
  /** Asked for while the connection before it still ends. */
  #queued: 'person' | 'start' | null = null;
  #deadline: Deadline | null = null;
  #wake: () => void = () => undefined;
  #hurry: () => void = () => undefined;

  constructor(identity: HostIdentity, deps: ConnectionDeps) {
    this.#deps = deps;
    this.#identity = identity;
    this.#desk = new PromptDesk({
      secrets: deps.secrets,
      account: identity.target.uri,
      server: identity.target.kind === 'ssh' ? identity.target.host : null,
      onPrompt: (prompt) => this.#prompted(prompt),
      onNotKept: deps.onNotKept,
    });
    this.#host = {
      id: identity.id,
      name: identity.name,
      uri: identity.target.uri,
      kind: identity.target.kind,
      ...(identity.keyFile === null ? {} : { keyFile: identity.keyFile }),
      trial: identity.trial,
      state: 'disconnected',
      since: deps.clock.now(),
      lastSeen: null,
      silentSince: null,
      nextAttempt: null,
      prompt: null,
      failure: null,
      info: null,
    };
    deps.publish(this.#host);
  }

  get host(): Host {
    return this.#host;
  }

  /** The open session; null unless the host is connected. */
  get session(): HostSession | null {
    return this.#session;
  }

  /**
   * Starts to connect, or makes the next attempt at once; does nothing when connected or under way. When a person asked and the first
   * attempt fails, it stays failed; what is connected at the start of the program, or was connected before, is tried again.
   */
  connect(by: 'person' | 'start'): void {
    if (this.#run !== null) {
      const ending = this.#run;
      if (ending.abort.signal.aborted) {
        this.#queued = by;
        void ending.done.then(() => {
          const queued = this.#queued;
          this.#queued = null;
          if (queued !== null) this.connect(queued);
        });
      } else this.#wake();
      return;
    }
    const abort = new AbortController();
    const done = this.#loop(by, abort.signal).catch((error: unknown) => {
      // The loop itself has no reason to throw; if it does, the host must not stay in a state that is not true.
      this.#deps.onFault(error);
      this.#fail(this.#failure(error, `${this.#identity.name} could not be connected.`));
    });
    const run = { abort, done };
    this.#run = run;
    void done.finally(() => {
      if (this.#run === run) this.#run = null;
    });
  }

  /** Ends everything that is under way; resolves when it has ended. */
  async disconnect(): Promise<void> {
    const run = this.#run;
    // the last wish counts: a connection that waits for this host's goodbye is not wanted any more
    this.#queued = null;
    this.#wasConnected = false;
    this.#desk.forget();
    if (run !== null) {
      run.abort.abort();
      await run.done;
    }
    if (this.#run === null)
      this.#set({ state: 'disconnected', nextAttempt: null, prompt: null, failure: null });
  }

  answer(promptId: string, answer: PromptAnswer): void {
    this.#desk.answer(promptId, answer);
  }

  /** Another name; the connection stays. */
  rename(name: string): void {
    this.#identity = { ...this.#identity, name };
    this.#set({ name });
  }

  /** It is saved now. */
  keep(): void {
    this.#identity = { ...this.#identity, trial: false };
    this.#set({ trial: false });
  }

  /** Somebody began to look: a long wait for the next attempt gets shorter. */
  hurry(): void {
    this.#hurry();
  }

  /** What was read of the host after opening. */
  setInfo(session: HostSession, info: HostInfo): void {
    if (this.#session === session) this.#set({ info });
  }

  async #loop(by: 'person' | 'start', signal: AbortSignal): Promise<void> {
    const retries = new Retries();
    let link: HostLink | null = null;
    while (!signal.aborted) {
      this.#set({ state: this.#restState('connecting'), nextAttempt: null });
      const attempt = await this.#attempt(link, signal);
      if ('session' in attempt) {
        const since = this.#deps.clock.now();
        link = await this.#serve(attempt.session, signal);
        retries.ended(this.#deps.clock.now() - since);
      } else {
        link = attempt.link;
        if (signal.aborted) break;
        const failure = notReached(
          this.#failure(attempt.error, `${this.#identity.name} could not be connected.`),
        );
        if (NEEDS_PERSON.has(failure.code) || !(this.#wasConnected || by === 'start')) {
          await link?.close();
          this.#fail(failure);
          return;
        }
        this.#set({ failure });
        retries.failed();
      }
      if (signal.aborted) break;
      await this.#waitForNext(retries, signal);
      if (link !== null && (await hasClosed(link))) link = null;
    }
    await link?.close();
  }

  /** Logs in (or uses the login that is still there), opens libvirt and reads the first list. */
  async #attempt(kept: HostLink | null, signal: AbortSignal): Promise<Attempt> {
    const deadline = new Deadline(this.#deps.clock, CONNECT_LIMIT_MS, signal);
    this.#deadline = deadline;
    let link = kept;
    let client: LibvirtClient | null = null;
    let session: HostSession | null = null;
    try {
      link ??= await this.#logIn(deadline.signal);
      const { id, target } = this.#identity;
      const open = this.#deps.openClient;
      const over = link;
      client = await orAborted(
        open(over, target, deadline.signal),
        deadline.signal,
        (late) => void late.close(),
      );
      session = new HostSession({
        id,
        name: () => this.#identity.name,
        uri: target.uri,
        link: over,
        client,
        openClient: (inner) => open(over, target, inner),
      });
      await orAborted(this.#deps.opened(session, deadline.signal), deadline.signal, () => undefined);
      return { session };
    } catch (error) {
      if (session !== null) this.#deps.lost(session);
      await client?.close();
      const reason = deadline.passed ? tooLate(this.#identity.name, error) : error;
      // A login that works is kept while only the daemon is away; anything else may be the login's own fault.
      const keep = toFailure(reason, { message: '' }).code === 'LIBVIRT_NOT_RUNNING';
      if (!keep) await link?.close();
      return { error: reason, link: keep ? link : null };
    } finally {
      this.#deadline = null;
      deadline.stop();
    }
  }

  async #logIn(signal: AbortSignal): Promise<HostLink> {
    const { target, keyFile } = this.#identity;
    try {
      const opening = this.#deps.openLink({ target, keyFile, asks: this.#desk.asks, signal });
      const link = await orAborted(opening, signal, (late) => void late.close());
      await this.#desk.loggedIn();
      return link;
    } catch (error) {
      this.#desk.failed(error instanceof TransportError && error.code === 'AUTH_FAILED');
      throw error;
    }
  }

  /** Connected until the link goes or the person disconnects. Gives the login back when it outlives libvirt's connection. */
  async #serve(session: HostSession, signal: AbortSignal): Promise<HostLink | null> {
    this.#session = session;
    this.#wasConnected = true;
    const now = this.#deps.clock.now();
    this.#set({ state: 'connected', lastSeen: now, nextAttempt: null, prompt: null, failure: null });
    const ended = new AbortController();
    void watchSilence(this.#silenceOf(session), ended.signal);
    const end = await sessionEnd(session, signal);
    ended.abort();
    this.#session = null;
    this.#deps.lost(session);
    const keep = !end.linkGone && !signal.aborted;
    const lastSeen = this.#deps.lastHeard(session.client) ?? this.#deps.clock.now();
    this.#set({
      lastSeen,
      silentSince: null,
      ...(signal.aborted ? {} : { state: 'away', failure: this.#lossOf(end) }),
    });
    // Told first: saying goodbye to a host that does not answer takes seconds.
    await session.close();
    if (keep) return session.link;
    await session.link.close();
    return null;
  }

  #silenceOf({ client }: HostSession): SilenceOptions {
    const { clock, isOwed, lastHeard } = this.#deps;
    return {
      clock,
      isOwed: () => isOwed(client),
      lastHeard: () => lastHeard(client),
      told: (silentSince) => this.#set({ silentSince }),
    };
  }

  /** What a person is told of a connection that ended by itself: nothing was asked, so there is nothing that may have happened or not. */
  #lossOf({ reason, linkGone }: SessionEnd): Failure {
    const { name } = this.#identity;
    return linkGone
      ? { ...this.#failure(reason, `${name} is not reachable at the moment.`), code: 'HOST_UNREACHABLE' }
      : { ...this.#failure(reason, `libvirt on ${name} is away.`), code: 'LIBVIRT_NOT_RUNNING' };
  }

  async #waitForNext(retries: Retries, signal: AbortSignal): Promise<void> {
    const { clock, random, watched } = this.#deps;
    let next = clock.now() + retries.delayMs(random(), watched());
    this.#set({ state: 'away', nextAttempt: next });
    const woken = new AbortController();
    this.#wake = () => woken.abort();
    this.#hurry = () => {
      next = Math.min(next, clock.now() + LONGEST_WATCHED_MS);
      this.#set({ nextAttempt: next });
    };
    const end = await waitUntil(clock, () => next, AbortSignal.any([signal, woken.signal]));
    this.#wake = () => undefined;
    this.#hurry = () => undefined;
    if (end === 'woke') retries.forget();
  }

  #prompted(prompt: Prompt | null): void {
    if (prompt === null) {
      this.#deadline?.resume();
      this.#set({ state: this.#restState('connecting'), prompt: null });
    } else {
      // A person may take all the time the server gives.
      this.#deadline?.suspend();
      this.#set({ state: 'asking', prompt });
    }
  }

  /** State while an attempt is under way: a host that was connected stays away, so that what is known of it stays in sight. */
  #restState(fresh: 'connecting'): 'connecting' | 'away' {
    return this.#wasConnected ? 'away' : fresh;
  }

  #failure(error: unknown, message: string): Failure {
    if (!isExpected(error)) this.#deps.onFault(error);
    return toFailure(error, { message, host: { id: this.#identity.id, name: this.#identity.name } });
  }

  #fail(failure: Failure): void {
    this.#set({ state: 'failed', nextAttempt: null, prompt: null, failure });
  }

  #set(change: Partial<Host>): void {
    const state = change.state ?? this.#host.state;
    const since = state === this.#host.state ? this.#host.since : this.#deps.clock.now();
    const next = { ...this.#host, ...change, since };
    const keys = Object.keys(next) as (keyof Host)[];
    if (keys.every((key) => next[key] === this.#host[key])) return;
    this.#host = next;
    this.#deps.publish(next);
  }
}

/** Whether the login that was kept has gone in the meantime. */
function hasClosed(link: HostLink): Promise<boolean> {
  return Promise.race([link.closed.then(() => true), Promise.resolve().then(() => false)]);
}

function tooLate(name: string, cause: unknown): TransportError {
  return new TransportError(
    'TIMEOUT',
    `${name} did not finish to connect within ${CONNECT_LIMIT_MS / 1000} s`,
    {
      cause,
    },
  );
}
