import { homedir } from 'node:os';
import path from 'node:path';
import type { Router } from '@orpc/server';
import type { DemoFleet } from '../../drivers/simulator/index.ts';
import { KnownHosts } from '../../drivers/transport/known-hosts.ts';
import { listSshConfigHosts } from '../../drivers/transport/ssh-resolve.ts';
import type { AppInfo } from '../contract/app.ts';
import type { Contract } from '../contract/contract.ts';
import { PipeRegistry } from '../consoles/pipe-registry.ts';
import { pause, systemClock, type Clock } from '../hosts/clock.ts';
import { DemoHosts } from '../hosts/demo.ts';
import { localLink, tcpLink } from '../hosts/direct-links.ts';
import type { OpenLink } from '../hosts/link.ts';
import { openLibvirtClient } from '../hosts/open-client.ts';
import { openSshLink, openSshSession, type SshLinkOptions } from '../hosts/ssh-link.ts';
import { autostartStepKinds } from '../jobs/autostart.ts';
import { InstallTrees } from '../jobs/create/install-tree.ts';
import { cloneStepKinds } from '../jobs/clone/steps/index.ts';
import { hostBoot } from '../jobs/host-boot.ts';
import { KnownMacs } from '../jobs/create/known-macs.ts';
import type { Fetching } from '../jobs/create/steps/fetch.ts';
import { loggedIn } from '../jobs/p2v/live/logged-in.ts';
import { SourceLooks } from '../jobs/p2v/live/looks.ts';
import { liveStepKinds } from '../jobs/p2v/live/steps.ts';
import { SourceLogins } from '../jobs/p2v/live/source-logins.ts';
import type { Place } from '../jobs/p2v/place.ts';
import { p2vStepKinds } from '../jobs/p2v/steps.ts';
import { createStepKinds } from '../jobs/create/steps/index.ts';
import { migrateStepKinds } from '../jobs/migrate/steps/index.ts';
import { StepKinds } from '../jobs/engine/step-kinds.ts';
import { Workflows } from '../jobs/engine/workflows.ts';
import type { Job } from '../contract/activity.ts';
import { EndedJobs, type EndedJob } from '../jobs/ended-jobs.ts';
import { isDemo } from '../jobs/engine/other-programs.ts';
import { OpenJobs } from '../jobs/open-jobs.ts';
import { JobRegistry } from '../jobs/registry.ts';
import { NetworkHub } from '../networks/hub.ts';
import { networkSteps } from '../networks/restart-steps.ts';
import { Homes } from '../settings/homes.ts';
import { LeftCopies } from '../settings/left-copies.ts';
import type { BrokenFile } from '../settings/json-file.ts';
import { MemorySecrets, type Secrets } from '../settings/secrets.ts';
import { Settings } from '../settings/settings.ts';
import { StatsHub } from '../stats/hub.ts';
import { openCapacityHistory } from '../storage/capacity-history.ts';
import { watchCapacity } from '../storage/capacity-watch.ts';
import { OfferedFiles } from '../storage/offered-files.ts';
import { StorageHub } from '../storage/storage-hub.ts';
import { storageSteps } from '../storage/steps/index.ts';
import { createApi } from './api.ts';
import { cloneRoutes } from './clone-routes.ts';
import { createRoutes } from './create-routes.ts';
import { domainRoutes } from './domain-routes.ts';
import { Fleet, type SessionListener } from './fleet.ts';
import { hostnameRead, hostReached, secretNotKept, settingsBroken } from './host-keeping.ts';
import { followSavedHosts } from './follow-saved-hosts.ts';
import { hostRoutes, startSavedHosts } from './host-routes.ts';
import { fileLogger, type Logger } from './logger.ts';
import { migrateRoutes } from './migrate-routes.ts';
import { networkRoutes } from './network-routes.ts';
import { Notices } from './notices.ts';
import { otherRoutes } from './other-routes.ts';
import { p2vRoutes } from './p2v-routes.ts';
import { savedPlace, type OtherComputer } from './saved-place.ts';
import type { Services } from './services.ts';
import { fileRoutes, poolRoutes } from './storage-routes.ts';
import { balancerRoutes } from './balancer-routes.ts';
import { templateRoutes } from './template-routes.ts';
import { volumeRoutes } from './volume-routes.ts';

/** Time that running jobs have when the core is closed. */
const JOBS_END_MS = 2000;

export interface CoreOptions {
  /** Settings, accepted host keys and the log are kept here (settings/data-dir.ts). */
  dataDir: string;
  shell: AppInfo['shell'];
  version: string;
  /** Left out: secrets live as long as the core. */
  secrets?: Secrets;
  /** Where `.ssh` is; the user's home folder when left out. */
  home?: string;
  /** Saved hosts are neither read nor written: for one command with hosts of its own. */
  transient?: boolean;
  /** Saved hosts are in the list, and none is connected by itself. */
  connectSaved?: boolean;
  /** Jobs whose program died are listed again, and how full pools are is kept; left out: yes. A single command leaves both to the app. */
  recoverJobs?: boolean;
  /** Folder of the jobs' journals; left out: `jobs` in `dataDir`. */
  jobsDir?: string;
  logger?: Logger;
  clock?: Clock;
  createFleet?: () => DemoFleet;
}

/** The whole application without a face: main/bridge gives it one. */
export interface Core {
  readonly router: Router<Contract, Record<never, never>>;
  readonly pipes: PipeRegistry;
  /**
   * A connected host, by its id, or another machine that SSH reaches, as a place that images are read from: for commands of this process that
   * read there as they read here.
   * @throws FailureError where the host is not connected
   */
  readonly place: (at: OtherComputer, signal: AbortSignal) => Place;
  /** Disconnects every host and frees everything. */
  close(): Promise<void>;
}

/** Opens the settings and starts to connect the saved hosts; does not wait for any of them. */
export async function createCore(options: CoreOptions): Promise<Core> {
  const logger = options.logger ?? fileLogger(options.dataDir);
  const onFault = (what: string, error: unknown): void => logger.error(what, error);
  const notices = new Notices();
  const settings = await Settings.open({
    dataDir: options.dataDir,
    transient: options.transient ?? false,
    onBroken: (file) => settingsBroken(file, { notices, onFault }),
  });
  const kept = {
    dataDir: options.dataDir,
    transient: options.transient ?? false,
    onBroken: (file: BrokenFile) => settingsBroken(file, { notices, onFault }),
  };
  const homes = new Homes(kept);
  const leftCopies = new LeftCopies(kept);
  const capacity = await openCapacityHistory({
    dataDir: options.dataDir,
    clock: options.clock ?? systemClock,
    keep: options.transient === true ? 'nothing' : (options.recoverJobs ?? true) ? 'write' : 'read',
    onBroken: (file) => settingsBroken(file, { notices, onFault }),
    onFault: (error) => onFault('capacity of pools', error),
  });
  const services = createServices(options, { settings, homes, leftCopies, notices, capacity, onFault });
  startSavedHosts(services, options.connectSaved ?? true);
  const closed = new AbortController();
  if (options.recoverJobs ?? true) {
    void followCapacity(services, closed.signal);
    void followSavedHosts(services, { connect: options.connectSaved ?? true }, closed.signal);
    await services.workflows.recover();
  }
  const api = createApi(onFault);
  return {
    router: api.router({
      ...otherRoutes(api, services),
      host: hostRoutes(api.host, services),
      domain: domainRoutes(api.domain, services),
      file: fileRoutes(api.file, services),
      pool: poolRoutes(api.pool, services),
      volume: volumeRoutes(api.volume, services),
      ...networkRoutes(api, services),
      create: createRoutes(api.create, services),
      clone: cloneRoutes(api.clone, services),
      balancer: balancerRoutes(api.balancer, services),
      template: templateRoutes(api.template, services),
      migrate: migrateRoutes(api.migrate, services),
      p2v: p2vRoutes(api.p2v, services),
    }),
    pipes: services.pipes,
    place: (at, signal) => savedPlace(services, at, signal).place,
    close: () => {
      closed.abort();
      return closeAll(services, logger);
    },
  };
}

function createServices(
  options: CoreOptions,
  base: Pick<Services, 'settings' | 'homes' | 'leftCopies' | 'notices' | 'capacity' | 'onFault'>,
): Services {
  const { settings, onFault } = base;
  const clock = options.clock ?? systemClock;
  const secrets = options.secrets ?? new MemorySecrets();
  const home = options.home ?? homedir();
  const knownHosts = new KnownHosts({ ownFile: path.join(options.dataDir, 'known_hosts'), home });
  const ssh = { knownHosts, resolve: { home } };
  const sources = new SourceLogins({
    clock,
    secrets,
    open: (target, request) => openSshSession(target, request, ssh),
    onNotKept: (error) => secretNotKept(error, base),
  });
  const demo = new DemoHosts(options.createFleet ?? demoFleet);
  const stats = new StatsHub();
  const fleet: Fleet = new Fleet({
    clock,
    random: Math.random,
    openLink: openLinks(ssh, demo),
    openClient: openLibvirtClient,
    secrets,
    listener: listenerOf(stats, settings),
    onReached: (id) => hostReached(id, { ...base, fleet }),
    // Hosts of one command are called as the command calls them, before and after they are reached.
    onHostname: (id, hostname) => {
      if (options.transient !== true) hostnameRead(id, hostname, { ...base, fleet });
    },
    onNotKept: (error) => secretNotKept(error, base),
    onFault,
  });
  const jobsDir = options.jobsDir ?? path.join(options.dataDir, 'jobs');
  const by = options.shell === 'cli' ? 'command' : 'window';
  const ended = new EndedJobs({
    dir: `${jobsDir}-ended`,
    clock,
    onFault: (error) => onFault('ended jobs', error),
  });
  const open: OpenJobs = new OpenJobs({
    dir: `${jobsDir}-now`,
    clock,
    by,
    own: () => jobs.running().flatMap((job) => forOthers(fleet, job) ?? []),
    onFault: (error: unknown) => onFault('open jobs', error),
  });
  const jobs = new JobRegistry({
    clock,
    activity: fleet.activity,
    onFault: (error) => onFault('jobs', error),
    onEnded: (job) => {
      const told = forOthers(fleet, job);
      if (told !== null) ended.add({ by, ...told });
    },
    onChanged: () => open.changed(),
  });
  const files = new OfferedFiles();
  const fetching: Fetching = new Set();
  const connected = (id: string, signal: AbortSignal): Promise<void> => fleet.connected(id, signal);
  const sourceOf = loggedIn(sources, clock);
  const workflows = new Workflows({
    clock,
    jobs,
    secrets,
    kinds: new StepKinds([
      ...storageSteps({ clock, files }),
      ...createStepKinds({ clock, fetching }),
      ...p2vStepKinds({ clock, sources }),
      ...liveStepKinds({ clock }, sourceOf),
      ...migrateStepKinds({ clock, turnsDir: `${jobsDir}-turns` }),
      ...cloneStepKinds({ clock }, sourceOf),
      ...networkSteps({ clock }),
      ...autostartStepKinds((id, uuid) => fleet.readAgain(id, uuid)),
    ]),
    dir: jobsDir,
    by,
    ended,
    open,
    hosts: {
      find: ({ id, uri }) =>
        fleet.hosts.has(id) ? id : (fleet.store.hosts().find((host) => host.uri === uri)?.id ?? null),
      session: (id) => fleet.hosts.session(id),
      connected,
      startOf: async (id, signal) => hostBoot(fleet.hosts.session(id), signal),
    },
    onFault: (error) => onFault('workflows', error),
    onUnreadable: ({ id, file, reason }) =>
      base.notices.add({
        id: `journal ${id}`,
        message: 'The journal of a job cannot be read: what the job began may be left on its hosts.',
        detail: `${file}: ${reason}`,
      }),
  });
  return {
    ...base,
    clock,
    secrets,
    fleet,
    jobs,
    ended,
    open,
    workflows,
    files,
    fetching,
    sources,
    looks: new SourceLooks(sources, () => clock.now()),
    trees: new InstallTrees(() => clock.now()),
    macs: new KnownMacs({
      clock,
      sessions: () => fleet.hosts.ids().flatMap((id) => fleet.hosts.connection(id).session ?? []),
    }),
    storage: new StorageHub({
      clock,
      session: (id) => fleet.hosts.session(id),
      connected,
      activity: fleet.activity,
      onUsage: (id, pool) => {
        if (fleet.hosts.has(id)) base.capacity.record(fleet.hosts.connection(id).host.uri, pool);
      },
      onFault: (error) => onFault('storage', error),
    }),
    stats,
    networks: networksOf(fleet, clock, onFault),
    pipes: new PipeRegistry(),
    demo,
    home,
    app: { version: options.version, shell: options.shell },
    sshNames: async () => {
      const [config, known] = await Promise.all([
        listSshConfigHosts({ home }).catch(() => []),
        knownHosts.names(),
      ]);
      return { config, known };
    },
  };
}

/** A job and its hosts, for other programs of this user; null: a demo is its own program's. */
function forOthers({ store }: Fleet, job: Job): Pick<EndedJob, 'job' | 'hosts'> | null {
  const ids = job.hosts ?? [job.host];
  const hosts = ids.flatMap((id) => store.host(id) ?? []).map(({ id, name, uri }) => ({ id, name, uri }));
  return hosts.some(isDemo) ? null : { job, hosts };
}

function followCapacity({ clock, capacity, fleet, onFault }: Services, signal: AbortSignal): Promise<void> {
  return watchCapacity(
    {
      clock,
      history: capacity,
      connected: () =>
        fleet.hosts.ids().flatMap((id) => {
          const { host, session } = fleet.hosts.connection(id);
          return session === null ? [] : [{ uri: host.uri, session }];
        }),
      onFault: (error) => onFault('capacity of pools', error),
    },
    signal,
  );
}

function networksOf(fleet: Fleet, clock: Clock, onFault: Services['onFault']): NetworkHub {
  return new NetworkHub({
    clock,
    check: (host) => void fleet.hosts.connection(host),
    session: (host) => fleet.hosts.session(host),
    connected: (host, signal) => fleet.connected(host, signal),
    domains: (host) => fleet.store.domains(host),
    reference: (host, uuid) => fleet.reference(host, uuid),
    onFault: (host, error) => onFault(`networks of ${host}`, error),
  });
}

/** Loaded when it is wanted: most commands never see it. */
async function demoFleet(): Promise<DemoFleet> {
  const { createDemoFleet } = await import('../../drivers/simulator/index.ts');
  return createDemoFleet();
}

function openLinks(ssh: SshLinkOptions, demo: DemoHosts): OpenLink {
  return async (request) => {
    const { target } = request;
    switch (target.kind) {
      case 'ssh':
        return openSshLink(target, request, ssh);
      case 'local':
        return localLink(target);
      case 'tcp':
        return tcpLink(target);
      case 'demo':
        return demo.link(target);
    }
  };
}

function listenerOf(stats: StatsHub, settings: Settings): SessionListener {
  return {
    hostConnected: (id, session) => {
      // `qemu:///system`: the driver is what libvirt calls the hypervisor, in capitals.
      const hypervisor = (/^[a-z]+/.exec(session.uri)?.[0] ?? '').toUpperCase();
      const setBalloonPeriod = settings.host(id)?.setBalloonPeriod ?? false;
      stats.hostConnected(id, session.client, { hypervisor, setBalloonPeriod });
    },
    hostAway: (id) => stats.hostAway(id),
    hostRemoved: (id) => stats.hostRemoved(id),
    domainChanged: (hostId, uuid, running) => stats.domainChanged(hostId, uuid, running),
  };
}

async function closeAll(services: Services, logger: Logger): Promise<void> {
  const { stats, pipes, files, storage, jobs, workflows, fleet, sources, clock } = services;
  stats.dispose();
  storage.close();
  pipes.close();
  files.close();
  workflows.close();
  // Short jobs end well; what takes longer is the host's to finish, and is cut off here by the end of its link.
  const over = new AbortController();
  const idle = jobs.idle();
  await Promise.race([idle, pause(clock, JOBS_END_MS, over.signal)]);
  over.abort();
  await Promise.all([fleet.close(), sources.close()]);
  await idle;
  await services.demo.close();
  await services.open.close();
  await services.ended.close();
  await services.capacity.close();
  await services.homes.close();
  await services.leftCopies.close();
  await services.settings.close();
  await logger.close();
}
