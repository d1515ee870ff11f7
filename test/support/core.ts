import assert from 'node:assert/strict';
import { copyFile, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { connectInMemory, type CoreConnection } from '../../main/bridge/connection.ts';
import type { CoreClient } from '../../main/bridge/rpc-client.ts';
import { Mirror } from '../../main/cli/mirror.ts';
import type { Job } from '../../main/contract/activity.ts';
import type { Domain, DomainRef } from '../../main/contract/domain.ts';
import type { Host, HostInput, Prompt } from '../../main/contract/host.ts';
import type { Clock } from '../../main/hosts/clock.ts';
import { createCore, type Core } from '../../main/service/core.ts';
import type { Secrets } from '../../main/settings/secrets.ts';
import type { Lab } from '../lab/lab.ts';
import { jobOver } from './job-watch.ts';

/** For a hang, never for speed: the slowest thing that is waited for is a frozen host, noticed after half a minute. */
const LIMIT_MS = 120_000;

export interface TestCoreOptions {
  /** The home's ~/.ssh gets this lab's key, under OpenSSH's own name, and its hosts' keys. */
  lab?: Lab;
  /** The hosts' keys are not in ~/.ssh/known_hosts. */
  strange?: boolean;
  /** Another core's folder, to see what it left behind. */
  folder?: string;
  /** Left out: in memory. */
  secrets?: Secrets;
  /** Left out: the computer's. */
  clock?: Clock;
}

/** A whole core with a home and settings of its own, and a client on its bridge. */
export class TestCore {
  readonly folder: string;
  readonly home: string;
  readonly client: CoreClient;
  readonly connection: CoreConnection;
  readonly mirror: Mirror;
  /** What the core told of its own faults. */
  readonly faults: string[];
  readonly #core: Core;

  private constructor(
    folder: string,
    core: Core,
    opened: { mirror: Mirror; connection: CoreConnection; faults: string[] },
  ) {
    this.folder = folder;
    this.home = path.join(folder, 'home');
    this.connection = opened.connection;
    this.client = opened.connection.client;
    this.mirror = opened.mirror;
    this.faults = opened.faults;
    this.#core = core;
  }

  static async open(options: TestCoreOptions = {}): Promise<TestCore> {
    const folder = options.folder ?? (await mkdtemp(path.join(os.tmpdir(), 'virtlane-core-')));
    const home = path.join(folder, 'home');
    if (options.lab !== undefined) await prepareHome(home, options.lab, options.strange ?? false);
    const faults: string[] = [];
    const core = await createCore({
      dataDir: path.join(folder, 'data'),
      home,
      shell: 'test',
      version: '0.0.0',
      ...(options.secrets === undefined ? {} : { secrets: options.secrets }),
      ...(options.clock === undefined ? {} : { clock: options.clock }),
      logger: {
        error: (what, error) =>
          faults.push(`${what}: ${error instanceof Error ? String(error.stack) : String(error)}`),
        close: () => Promise.resolve(),
      },
    });
    const connection = connectInMemory(core);
    const mirror = await Mirror.open(connection.client);
    return new TestCore(folder, core, { mirror, connection, faults });
  }

  /** Ends it and keeps its folder; fails when the core had a fault of its own. */
  async stop(): Promise<void> {
    this.mirror.close();
    this.connection.close();
    await this.#core.close();
    assert.deepEqual(this.faults, []);
  }

  async close(): Promise<void> {
    try {
      await this.stop();
    } finally {
      await rm(this.folder, { recursive: true, force: true });
    }
  }

  /** Adds a host; it starts to connect. Answers with its id. */
  async add(target: string, more: Partial<HostInput> = {}): Promise<string> {
    return (await this.client.host.add({ target, ...more })).id;
  }

  async connect(target: string, more: Partial<HostInput> = {}): Promise<string> {
    const id = await this.add(target, more);
    await this.inState(id, 'connected');
    return id;
  }

  host(id: string): Host {
    const host = this.mirror.host(id);
    assert.ok(host !== undefined, `host ${id} is in the list`);
    return host;
  }

  /** Waits until the host is in the state; fails with what it is in when it settles on `failed` instead. */
  async inState(id: string, state: Host['state']): Promise<Host> {
    const host = await this.mirror.until(() => {
      const now = this.mirror.host(id);
      return now?.state === state || now?.state === 'failed' ? now : undefined;
    }, LIMIT_MS);
    assert.equal(host?.state, state, JSON.stringify(this.mirror.host(id)));
    return host;
  }

  /** Waits for a question of the host. */
  async asked<K extends Prompt['kind']>(id: string, kind: K): Promise<Extract<Prompt, { kind: K }>> {
    const host = await this.mirror.until(() => {
      const now = this.mirror.host(id);
      return (now?.prompt ?? null) !== null || now?.state === 'failed' ? now : undefined;
    }, LIMIT_MS);
    const prompt = host?.prompt ?? null;
    assert.equal(prompt?.kind, kind, JSON.stringify(this.mirror.host(id)));
    return prompt as Extract<Prompt, { kind: K }>;
  }

  /** Answers a question with what a person types; nothing is remembered. */
  tell(id: string, promptId: string, ...values: string[]): Promise<void> {
    return this.client.host.answer({ id, promptId, answer: { kind: 'secrets', values, remember: false } });
  }

  /** Waits until that question is not open any more. */
  async answered(id: string, promptId: string): Promise<void> {
    const gone = await this.mirror.until(
      () => (this.mirror.host(id)?.prompt?.id === promptId ? undefined : true),
      LIMIT_MS,
    );
    assert.ok(gone, 'the question is still open');
  }

  /** Waits until the machine is known and `holds` is true of it. */
  async machine(
    host: string,
    uuid: string,
    holds: (domain: Domain) => boolean = () => true,
  ): Promise<Domain> {
    const found = await this.mirror.until(() => {
      const domain = this.mirror.domain(host, uuid);
      return domain !== undefined && holds(domain) ? domain : undefined;
    }, LIMIT_MS);
    assert.ok(found !== null, `in vain; the last was ${JSON.stringify(this.mirror.domain(host, uuid))}`);
    return found;
  }

  /** Waits until the host's list does not have the machine. */
  async gone(ref: DomainRef): Promise<void> {
    const gone = await this.mirror.until(
      () => (this.mirror.domain(ref.host, ref.uuid) === undefined ? true : undefined),
      LIMIT_MS,
    );
    assert.ok(gone, 'it is still there');
  }

  /** Waits until the job is over and has worked. */
  async jobDone(id: string, limitMs = LIMIT_MS): Promise<Job> {
    const job = await jobOver(this, id, limitMs);
    assert.equal(job.state, 'done', JSON.stringify(job));
    return job;
  }
}

async function prepareHome(home: string, lab: Lab, strange: boolean): Promise<void> {
  const ssh = path.join(home, '.ssh');
  await mkdir(ssh, { recursive: true, mode: 0o700 });
  await copyFile(lab.keyFile, path.join(ssh, 'id_ed25519'));
  await copyFile(`${lab.keyFile}.pub`, path.join(ssh, 'id_ed25519.pub'));
  await (strange
    ? writeFile(path.join(ssh, 'known_hosts'), '')
    : copyFile(lab.knownHosts, path.join(ssh, 'known_hosts')));
}
