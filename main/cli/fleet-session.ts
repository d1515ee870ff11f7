import type { CoreClient } from '../bridge/rpc-client.ts';
import type { CoreConnection } from '../bridge/connection.ts';
import type { Domain } from '../contract/domain.ts';
import type { Failure } from '../contract/failure.ts';
import type { Host, HostInput, Prompt, PromptAnswer } from '../contract/host.ts';
import type { Place } from '../jobs/p2v/place.ts';
import type { Asker } from './ask.ts';
import { CliError, failureOf, UsageError } from './errors.ts';
import { EXIT, type ExitCode } from './exit-codes.ts';
import { Mirror } from './mirror.ts';
import type { Output } from './output.ts';
import { hostName, isArriving, meantBy, resolveDomain, resolveMoving, type Meant } from './resolve.ts';

const SETTLE_LIMIT_MS = 5000;
/** A host that only may know of a machine is not waited for any longer. */
const OTHERS_LIMIT_MS = 3000;
/** After this long a person is told what is waited for. */
const TELL_WAITING_MS = 3000;

export interface FleetOptions {
  /** The -c options; empty: the saved hosts. */
  readonly uris: readonly string[];
  /** Accept unknown host keys without asking. */
  readonly acceptNew: boolean;
}

/** A connected host, by its id, as a place that images are read from. @throws FailureError */
export type OpenPlace = (
  at: { readonly on: string; readonly keyFile?: string | undefined },
  signal: AbortSignal,
) => Place;

/** A command's connection to the core: its hosts, their machines, and the questions they ask. */
export class FleetSession {
  readonly client: CoreClient;
  readonly output: Output;
  readonly place: OpenPlace;
  readonly mirror: Mirror;
  /** Its hosts were named by -c: nothing saved is read, and nothing is kept. */
  readonly keepsNothing: boolean;
  readonly #connection: CoreConnection;
  readonly #asker: Asker;
  readonly #acceptNew: boolean;
  /** Hosts of this command, by id. */
  #ids = new Set<string>();
  /** Hosts whose questions nobody is asked. */
  readonly #unneeded = new Set<string>();
  /** Hosts that were asked to connect. */
  readonly #asked = new Set<string>();
  /** What was named with its host, by the names that the hosts had then: one of them may call itself otherwise once it is reached. */
  readonly #meant = new Map<string, Meant>();
  /** UUIDs of machines of which a move has a job that is not over, as far as it was asked for. */
  #moving: ReadonlySet<string> = new Set();
  readonly #answered = new Set<string>();
  #questions: Promise<void> = Promise.resolve();
  readonly #reported = new Set<string>();
  /** The worst that befell a host. */
  exitCode: ExitCode = EXIT.done;

  private constructor(parts: {
    connection: CoreConnection;
    mirror: Mirror;
    output: Output;
    asker: Asker;
    place: OpenPlace;
    acceptNew: boolean;
    keepsNothing: boolean;
  }) {
    this.#connection = parts.connection;
    this.client = parts.connection.client;
    this.mirror = parts.mirror;
    this.output = parts.output;
    this.place = parts.place;
    this.#asker = parts.asker;
    this.#acceptNew = parts.acceptNew;
    this.keepsNothing = parts.keepsNothing;
    this.mirror.onChange(() => this.#ask());
  }

  static async open(
    connection: CoreConnection,
    ui: { output: Output; asker: Asker; place: OpenPlace },
    options: FleetOptions,
  ): Promise<FleetSession> {
    const mirror = await Mirror.open(connection.client);
    const { acceptNew, uris } = options;
    const session = new FleetSession({ connection, mirror, ...ui, acceptNew, keepsNothing: uris.length > 0 });
    await session.#tellNotices();
    await session.#addHosts(options.uris);
    return session;
  }

  /** This command's hosts, connected or not. */
  get hosts(): Host[] {
    return this.mirror.hosts.filter(({ id }) => this.#ids.has(id));
  }

  get connectedHosts(): Host[] {
    return this.hosts.filter(({ state }) => state === 'connected');
  }

  /** Machines of the connected hosts, by host and name. */
  get domains(): Domain[] {
    const names = new Map(this.connectedHosts.map(({ id, name }) => [id, name]));
    return this.#found.toSorted(
      (a, b) => compare(names.get(a.host), names.get(b.host)) || compare(a.name, b.name),
    );
  }

  /** The same in no order, which is quicker. */
  get #found(): Domain[] {
    const ids = new Set(this.connectedHosts.map(({ id }) => id));
    return this.mirror.domains.filter(({ host }) => ids.has(host));
  }

  hostName(id: string): string {
    return hostName(this.hosts, id);
  }

  /**
   * Resolves when every host is connected or has failed; failures are printed once each and make the exit code 3.
   * @param only ids of the hosts that the command needs; the others are left alone
   * @param advice what a person who waits can do about it
   */
  async connect(only: ReadonlySet<string> | null = null, advice = ''): Promise<void> {
    if (this.#ids.size === 0)
      throw new UsageError('No host is saved. Name one with -c, for example -c qemu+ssh://root@host/system.');
    const needed = (): Host[] => this.hosts.filter(({ id }) => only?.has(id) ?? true);
    await this.#connectSaved(needed().map(({ id }) => id));
    const timer = setTimeout(() => this.#tellWaiting(needed(), advice), TELL_WAITING_MS);
    try {
      await this.mirror.until(() => (needed().every(isSettled) ? true : undefined));
    } finally {
      clearTimeout(timer);
    }
    await this.#questions;
    for (const host of needed()) this.#report(host);
    await this.#readMoves();
  }

  /** Fails when no host at all could be reached. */
  async connectAny(only: ReadonlySet<string> | null = null, advice = ''): Promise<void> {
    await this.connect(only, advice);
    if (this.connectedHosts.length === 0) throw new Unreachable();
  }

  /**
   * Connects the hosts that may have the machines named: those of `host/name` alone; all for a mere name or UUID, since another host may
   * have one of the same.
   */
  async connectFor(vms: readonly string[]): Promise<void> {
    const needed = new Set<string>();
    for (const vm of vms) {
      const meant = meantBy(vm, this.hosts);
      if (meant.on === null) continue;
      this.#meant.set(vm, meant);
      for (const id of meant.on) needed.add(id);
    }
    const isAnywhere = vms.some((vm) => !this.#meant.has(vm));
    if (isAnywhere)
      await this.connectAny(null, 'A machine that is named host/name waits for its host alone.');
    else await this.connectAny(vms.length === 0 ? null : needed);
    // a host that was never reached tells its name only now
    if (vms.some((vm) => vm.includes('/') && !this.#meant.has(vm))) await this.settleHosts();
  }

  /**
   * Connects the hosts that a command does not need, as far as they answer soon and ask nothing: one of them may have the same machine.
   * @returns the names of those that do not
   */
  async connectOthers(): Promise<string[]> {
    const ids = this.hosts.map(({ id }) => id).filter((id) => !this.#asked.has(id));
    const others = (): Host[] => this.hosts.filter(({ id }) => ids.includes(id));
    for (const id of ids) this.#unneeded.add(id);
    await this.#connectSaved(ids);
    const isOver = (host: Host): boolean => isSettled(host) || host.state === 'asking';
    await this.mirror.until(() => (others().every(isOver) ? true : undefined), OTHERS_LIMIT_MS);
    return others()
      .filter(({ state }) => state !== 'connected')
      .map(({ name }) => name);
  }

  /** Waits for the hosts' own facts, which are read after the first list. Not for long: a slow host is shown without. */
  async settleHosts(): Promise<void> {
    await this.#settle(() => this.connectedHosts.every(({ info }) => info !== null));
  }

  /** Waits for the sizes of machines whose driver has no bulk statistics. Not for long, either. */
  async settleDomains(): Promise<void> {
    await this.#settle(() => this.#found.every(({ vcpus }) => vcpus > 0));
  }

  /** The machine of that name, UUID or host/name. */
  find(text: string): Domain {
    const known = { hosts: this.hosts, domains: this.#found, moving: this.#moving };
    return resolveDomain(text, known, this.#meant.get(text));
  }

  /** The same of one that goes to another host: what leaves. */
  findMoving(text: string): Domain {
    return resolveMoving(text, { hosts: this.hosts, domains: this.#found }, this.#meant.get(text));
  }

  get canAsk(): boolean {
    return this.#asker.canAsk;
  }

  /** Whether the person at the terminal says yes. */
  confirm(question: string): Promise<boolean> {
    return this.#asker.confirm(question);
  }

  openPipe(token: string): ReturnType<CoreConnection['openPipe']> {
    return this.#connection.openPipe(token);
  }

  openFilePipe(token: string): ReturnType<CoreConnection['openFilePipe']> {
    return this.#connection.openFilePipe(token);
  }

  close(): void {
    this.mirror.close();
    this.#connection.close();
  }

  /** What two hosts show may be on its way, or left by a move that is over: the jobs tell. Where they cannot be read, which one is meant is asked. */
  async #readMoves(): Promise<void> {
    if (!this.#found.some(isArriving)) return;
    const jobs = await this.client.activity.leftJobs().catch(() => []);
    this.#moving = new Set(
      jobs.flatMap(({ kind, uuid, finishedAt }) =>
        kind === 'migrate' && uuid !== null && finishedAt === null ? [uuid] : [],
      ),
    );
  }

  async #settle(isRead: () => boolean): Promise<void> {
    await this.mirror.until(() => (isRead() ? true : undefined), SETTLE_LIMIT_MS);
  }

  async #addHosts(uris: readonly string[]): Promise<void> {
    if (uris.length === 0) {
      this.#ids = new Set(this.mirror.hosts.map(({ id }) => id));
      return;
    }
    for (const target of new Set(uris)) {
      const { id } = await this.client.host.add({ target, connectAtStart: false });
      this.#ids.add(id);
      this.#asked.add(id);
    }
    // An added host starts to connect by itself; wait until the mirror knows it.
    await this.mirror.until(() => ([...this.#ids].every((id) => this.mirror.host(id)) ? true : undefined));
  }

  /** Adds a host to the saved ones, and to those of this command; it starts to connect by itself. `trial`: it is saved when it was reached. @returns its id */
  async addSaved(input: HostInput & { readonly trial: boolean }): Promise<string> {
    const { id } = await this.client.host.add(input);
    this.#ids.add(id);
    this.#asked.add(id);
    await this.mirror.until(() => this.mirror.host(id) ?? undefined);
    return id;
  }

  /** Saved hosts are left alone until a command needs them. */
  async #connectSaved(ids: readonly string[]): Promise<void> {
    const idle = ids.filter((id) => !this.#asked.has(id));
    for (const id of idle) this.#asked.add(id);
    await Promise.all(idle.map((id) => this.client.host.connect({ id })));
  }

  /** Says what takes so long; not over a question at the terminal, which says so itself. */
  #tellWaiting(hosts: readonly Host[], advice: string): void {
    if (hosts.some(({ state }) => state === 'asking')) return;
    const waiting = hosts.filter((host) => !isSettled(host)).map(({ name, state }) => `${name} (${state})`);
    this.output.note(`Waiting for ${waiting.join(', ')}. ${advice}`.trimEnd());
  }

  /** What there is to know from the start, as of a settings file that is not used. */
  async #tellNotices(): Promise<void> {
    const abort = new AbortController();
    const notices = await this.client.app.notices(undefined, { signal: abort.signal });
    const first = await notices.next();
    abort.abort();
    if (first.done !== true) for (const notice of first.value) this.output.notice(notice);
  }

  #report(host: Host): void {
    if (host.state === 'connected' || this.#reported.has(host.id)) return;
    this.#reported.add(host.id);
    this.exitCode = EXIT.unreachable;
    const { id, name } = host;
    this.output.failure(
      host.failure ?? { code: 'HOST_UNREACHABLE', message: `${name} is not connected.`, host: { id, name } },
      host.uri,
    );
  }

  /** Answers the hosts' questions, one after another: a terminal has one line. */
  #ask(): void {
    for (const { id, prompt } of this.hosts) {
      if (prompt === null || this.#answered.has(prompt.id) || this.#unneeded.has(id)) continue;
      this.#answered.add(prompt.id);
      this.#questions = this.#questions.then(async () => {
        const answer = await this.#answerTo(id, prompt);
        // The question may be gone by now: the host gave up waiting.
        await this.client.host.answer({ id, promptId: prompt.id, answer }).catch(() => undefined);
      });
    }
  }

  async #answerTo(hostId: string, prompt: Prompt): Promise<PromptAnswer> {
    const name = this.hostName(hostId);
    const { answer, failure } = await this.answerTo(prompt, name);
    if (failure !== null) {
      this.#reported.add(hostId);
      this.exitCode = EXIT.unreachable;
      this.output.failure({ ...failure, host: { id: hostId, name } });
    }
    return answer;
  }

  /** The answer of whoever is at the terminal; where there is none, with the reason. `name`: of what asks. */
  async answerTo(prompt: Prompt, name: string): Promise<{ answer: PromptAnswer; failure: Failure | null }> {
    if (prompt.kind === 'hostKey' && this.#acceptNew)
      return { answer: { kind: 'hostKey', accept: 'always' }, failure: null };
    // Its line is its own.
    this.output.progress('');
    if (this.#asker.canAsk) return { answer: await this.#asker.answer(prompt, name), failure: null };
    if (prompt.kind === 'hostKey')
      return {
        answer: { kind: 'hostKey', accept: 'no' },
        failure: {
          code: 'HOST_KEY_REFUSED',
          message: `The SSH key of ${prompt.host} is not known, and there is no terminal to ask at. Run the command in a terminal, or with --accept-new.`,
          detail: `${prompt.fingerprint} (${prompt.keyType})`,
        },
      };
    return {
      answer: { kind: 'cancel' },
      failure: {
        code: 'AUTH_FAILED',
        message: `${name} asks for ${asked(prompt)}, and there is no terminal to ask at. Run the command in a terminal, or set up a key or an agent.`,
      },
    };
  }
}

/** Every host has been reported already: only the exit code is left to say. */
export class Unreachable extends CliError {
  constructor() {
    super({ code: 'HOST_UNREACHABLE', message: 'No host could be reached.' }, EXIT.unreachable);
  }
}

function asked(prompt: Exclude<Prompt, { kind: 'hostKey' }>): string {
  if (prompt.kind === 'passphrase') return `the passphrase of ${prompt.keyFile}`;
  if (prompt.kind === 'sudo') return `the password of ${prompt.user} for sudo`;
  if (prompt.kind === 'password') return `the password of ${prompt.user}`;
  const labels = prompt.fields.map(({ label }) => `“${label.trim()}”`).join(' and ');
  return labels === '' ? 'an answer' : labels;
}

/** Nothing more will happen by itself, or not soon. */
function isSettled({ state, failure }: Host): boolean {
  return state === 'connected' || state === 'failed' || (state === 'away' && failure !== null);
}

/** Made when the first two names are compared: its tables take longer to load than most commands have to sort. */
let order: Intl.Collator | null = null;

function compare(a = '', b = ''): number {
  order ??= new Intl.Collator('en', { numeric: true });
  return order.compare(a, b);
}

/** The failure of one piece of work among several, without ending the others. */
export async function outcome(work: Promise<unknown>): Promise<ReturnType<typeof failureOf> | null> {
  try {
    await work;
    return null;
  } catch (error) {
    return failureOf(error);
  }
}
