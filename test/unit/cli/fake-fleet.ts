import { implement, ORPCError } from '@orpc/server';
import type { ServedCore } from '../../../main/bridge/rpc-server.ts';
import { connectDirectly } from '../../../main/cli/direct.ts';
import { runCli, type CliEnvironment } from '../../../main/cli/program.ts';
import { localPlace } from '../../../main/jobs/p2v/local-place.ts';
import { PipeRegistry } from '../../../main/consoles/pipe-registry.ts';
import type { Notice } from '../../../main/contract/app.ts';
import type { ActivityMessage, Job } from '../../../main/contract/activity.ts';
import { contract } from '../../../main/contract/contract.ts';
import type { DeletionPlan, Domain, DomainState } from '../../../main/contract/domain.ts';
import type { StatsTick } from '../../../main/contract/figures.ts';
import type { Failure } from '../../../main/contract/failure.ts';
import type { Host, PromptAnswer } from '../../../main/contract/host.ts';
import type { InventoryChange, InventoryMessage } from '../../../main/contract/inventory.ts';
import { PassThrough, type Duplex } from 'node:stream';
import { hostFixture, jobFixture, planFixture } from './fixtures.ts';

/** Values that every watcher gets, and new watchers from now on. */
class Feed<T> {
  readonly #watchers = new Set<(value: T) => void>();

  tell(value: T): void {
    for (const watcher of this.#watchers) watcher(value);
  }

  async *watch(signal: AbortSignal): AsyncGenerator<T, void, void> {
    const waiting: T[] = [];
    let wake: () => void = () => undefined;
    const watcher = (value: T): void => {
      waiting.push(value);
      wake();
    };
    this.#watchers.add(watcher);
    signal.addEventListener('abort', () => wake(), { once: true });
    try {
      while (!signal.aborted) {
        yield* waiting.splice(0);
        if (waiting.length === 0 && !signal.aborted) await new Promise<void>((resolve) => (wake = resolve));
      }
    } finally {
      this.#watchers.delete(watcher);
    }
  }
}

export interface FakeFleetParts {
  readonly hosts: readonly Host[];
  readonly domains: readonly Domain[];
  /** What a host becomes once it is asked to connect; left out: connected. */
  readonly onConnect?: (host: Host, fleet: FakeFleet) => Host;
  /** What belongs to a machine; left out: nothing. */
  readonly plan?: (domain: Domain) => DeletionPlan;
  readonly xml?: string;
  /** The host's end of a machine's serial port. */
  readonly serial?: Duplex;
}

/** A core whose hosts are as a test says, for the command line. */
export class FakeFleet {
  readonly hosts: Map<string, Host>;
  readonly domains: Map<string, Domain>;
  readonly calls: string[] = [];
  /** Ids of the saved hosts that were asked to connect. */
  readonly connects: string[] = [];
  readonly answers: PromptAnswer[] = [];
  readonly notices: Notice[] = [];
  /** Jobs that were not brought to their end, or that another program works on. */
  readonly left: Job[] = [];
  readonly activity = new Feed<ActivityMessage>();
  readonly ticks = new Feed<StatsTick>();
  readonly pipes = new PipeRegistry();
  readonly #onConnect: (host: Host, fleet: FakeFleet) => Host;
  readonly #plan: (domain: Domain) => DeletionPlan;
  readonly #xml: string;
  readonly #serial: Duplex;
  readonly #changes = new Feed<InventoryMessage>();
  #seq = 0;

  constructor({ hosts, domains, onConnect, plan, xml, serial }: FakeFleetParts) {
    this.hosts = new Map(hosts.map((host) => [host.id, { ...host, state: 'disconnected' as const }]));
    this.domains = new Map(domains.map((domain) => [`${domain.host}/${domain.name}`, domain]));
    this.#onConnect = onConnect ?? ((host) => ({ ...host, state: 'connected' }));
    this.#plan = plan ?? planFixture;
    this.#xml = xml ?? '<domain/>';
    this.#serial = serial ?? new PassThrough();
  }

  change(change: InventoryChange): void {
    if (change.type === 'host') this.hosts.set(change.host.id, change.host);
    if (change.type === 'domain')
      this.domains.set(`${change.domain.host}/${change.domain.name}`, change.domain);
    this.#seq += 1;
    this.#changes.tell({ type: 'patch', seq: this.#seq, changes: [change] });
  }

  setState(uuid: string, state: DomainState): void {
    for (const domain of this.domains.values())
      if (domain.uuid === uuid) this.change({ type: 'domain', domain: { ...domain, state } });
  }

  core(): ServedCore {
    const os = implement(contract);
    const router = {
      app: {
        info: os.app.info.handler(() => INFO),
        notices: os.app.notices.handler(() => this.#tellNotices()),
      },
      host: {
        add: os.host.add.handler(({ input }) => {
          this.calls.push(`add ${input.target}${input.trial === true ? ' on trial' : ''}`);
          const id = `added-${this.hosts.size}`;
          const host = hostFixture(id, { name: input.target, uri: input.target, state: 'connecting' });
          this.change({ type: 'host', host });
          this.#connect(host);
          const { name, uri } = host;
          return {
            id,
            name,
            ownName: null,
            uri,
            keyFile: null,
            connectAtStart: false,
            setBalloonPeriod: false,
          };
        }),
        keep: os.host.keep.handler(({ input }) => void this.calls.push(`keep ${input.id}`)),
        remove: os.host.remove.handler(({ input }) => void this.calls.push(`remove ${input.id}`)),
        connect: os.host.connect.handler(({ input }) => {
          this.connects.push(input.id);
          const host = this.hosts.get(input.id);
          if (host !== undefined) this.#connect(host);
        }),
        list: os.host.list.handler(() => [...this.hosts.values()]),
        answer: os.host.answer.handler(({ input }) => {
          this.answers.push(input.answer);
          const host = this.hosts.get(input.id);
          const refused =
            input.answer.kind === 'cancel' || ('accept' in input.answer && input.answer.accept === 'no');
          const state = refused ? 'failed' : 'connected';
          if (host !== undefined) this.change({ type: 'host', host: { ...host, state, prompt: null } });
        }),
      },
      inventory: {
        watch: os.inventory.watch.handler(({ signal }) =>
          this.#watch(signal ?? new AbortController().signal),
        ),
      },
      activity: {
        watch: os.activity.watch.handler(({ signal }) =>
          this.activity.watch(signal ?? new AbortController().signal),
        ),
        leftJobs: os.activity.leftJobs.handler(() => this.left),
      },
      console: {
        open: os.console.open.handler(() => ({
          ...this.pipes.offer(this.#serial),
          kind: 'serial',
          password: null,
        })),
      },
      stats: {
        watch: os.stats.watch.handler(({ signal }) =>
          this.ticks.watch(signal ?? new AbortController().signal),
        ),
      },
      domain: {
        list: os.domain.list.handler(() => [...this.domains.values()]),
        start: os.domain.start.handler(({ input }) => {
          this.calls.push(`start ${input.uuid}`);
          const domain = [...this.domains.values()].find(({ uuid }) => uuid === input.uuid);
          if (domain?.state === 'running')
            throw failed({ code: 'CONFLICT', message: `${domain.name} runs already.` });
          setImmediate(() => this.setState(input.uuid, input.paused === true ? 'paused' : 'running'));
        }),
        shutdown: os.domain.shutdown.handler(({ input }) => void this.calls.push(`shutdown ${input.uuid}`)),
        setAutostart: os.domain.setAutostart.handler(
          ({ input }) => void this.calls.push(`autostart ${input.uuid} ${input.autostart}`),
        ),
        resume: os.domain.resume.handler(({ input }) => {
          this.calls.push(`resume ${input.uuid}`);
          setImmediate(() => this.setState(input.uuid, 'running'));
        }),
        reset: os.domain.reset.handler(({ input }) => void this.calls.push(`reset ${input.uuid}`)),
        discardSaved: os.domain.discardSaved.handler(
          ({ input }) => void this.calls.push(`discardSaved ${input.uuid}`),
        ),
        deletionPlan: os.domain.deletionPlan.handler(({ input }) => this.#plan(this.#machine(input.uuid))),
        delete: os.domain.delete.handler(({ input }) => {
          const { host, uuid, name } = this.#machine(input.uuid);
          const flags = input.force === true ? ' force' : '';
          this.calls.push([`delete ${uuid}${flags}`, ...input.volumes].join(' '));
          const job = jobFixture(`job-${this.calls.length}`, { kind: 'delete', host, uuid, name });
          setImmediate(() => {
            this.domains.delete(`${host}/${name}`);
            this.change({ type: 'domainRemoved', host, uuid });
            this.activity.tell({ type: 'job', job: { ...job, state: 'done', finishedAt: 1 } });
          });
          return { job: job.id };
        }),
        screenshot: os.domain.screenshot.handler(() => ({ mime: 'image/png', base64: 'AAEC' })),
        xml: os.domain.xml.handler(() => this.#xml),
      },
    };
    // Only these methods exist here; the tests call no others.
    return { router: router as unknown as ServedCore['router'], pipes: this.pipes };
  }

  #machine(uuid: string): Domain {
    const domain = [...this.domains.values()].find((candidate) => candidate.uuid === uuid);
    if (domain === undefined) throw failed({ code: 'NOT_FOUND', message: 'There is no such machine.' });
    return domain;
  }

  async *#tellNotices(): AsyncGenerator<Notice[], void, void> {
    yield this.notices;
  }

  #connect(host: Host): void {
    this.change({ type: 'host', host: { ...host, state: 'connecting' } });
    setImmediate(() => this.change({ type: 'host', host: this.#onConnect(host, this) }));
  }

  async *#watch(signal: AbortSignal): AsyncGenerator<InventoryMessage, void, void> {
    const [hosts, domains] = [[...this.hosts.values()], [...this.domains.values()]];
    yield { type: 'snapshot', seq: this.#seq, hosts, domains };
    yield* this.#changes.watch(signal);
  }
}

const INFO = {
  version: '0.0.0',
  shell: 'test',
  platform: 'linux',
  localLibvirt: null,
  canRemember: false,
} as const;

function failed(data: Failure): Error {
  return new ORPCError('FAILED', { data });
}

export interface CliRun {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/**
 * Runs the command line on a fleet, without a terminal unless `keyboard` is one. `heard` is called with what is written to standard
 * error, as it comes.
 */
export async function runOn(
  fleet: FakeFleet,
  args: readonly string[],
  keyboard: CliEnvironment['stdin'] = new PassThrough(),
  heard: (text: string) => void = () => undefined,
): Promise<CliRun> {
  let [out, err] = ['', ''];
  const code = await runCli(args, {
    version: '1.2.3',
    stdin: keyboard,
    stdout: {
      isTTY: keyboard.isTTY === true,
      write: (text) => (out += typeof text === 'string' ? text : Buffer.from(text).toString('latin1')),
    },
    stderr: {
      isTTY: keyboard.isTTY === true,
      write: (text) => {
        err += String(text);
        heard(String(text));
      },
    },
    openCore: async () => {
      const connection = connectDirectly(fleet.core());
      return { connection, place: () => localPlace, close: async () => connection.close() };
    },
  });
  return { code, out, err };
}
