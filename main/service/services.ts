import type { AppInfo } from '../contract/app.ts';
import type { PipeRegistry } from '../consoles/pipe-registry.ts';
import type { Clock } from '../hosts/clock.ts';
import type { DemoHosts } from '../hosts/demo.ts';
import type { Workflows } from '../jobs/engine/workflows.ts';
import type { InstallTrees } from '../jobs/create/install-tree.ts';
import type { KnownMacs } from '../jobs/create/known-macs.ts';
import type { Fetching } from '../jobs/create/steps/fetch.ts';
import type { SourceLooks } from '../jobs/p2v/live/looks.ts';
import type { SourceLogins } from '../jobs/p2v/live/source-logins.ts';
import type { EndedJobs } from '../jobs/ended-jobs.ts';
import type { OpenJobs } from '../jobs/open-jobs.ts';
import type { JobRegistry } from '../jobs/registry.ts';
import type { NetworkHub } from '../networks/hub.ts';
import type { Homes } from '../settings/homes.ts';
import type { LeftCopies } from '../settings/left-copies.ts';
import type { Secrets } from '../settings/secrets.ts';
import type { Settings } from '../settings/settings.ts';
import type { StatsHub } from '../stats/hub.ts';
import type { CapacityHistory } from '../storage/capacity-history.ts';
import type { OfferedFiles } from '../storage/offered-files.ts';
import type { StorageHub } from '../storage/storage-hub.ts';
import type { Fleet } from './fleet.ts';
import type { Notices } from './notices.ts';

/** What the handlers work with. */
export interface Services {
  clock: Clock;
  settings: Settings;
  /** Where machines live that were taken elsewhere for a while. */
  homes: Homes;
  /** What machines left on hosts when they went elsewhere. */
  leftCopies: LeftCopies;
  secrets: Secrets;
  fleet: Fleet;
  jobs: JobRegistry;
  /** How jobs ended, for other programs of this user. */
  ended: EndedJobs;
  /** How far they are, for those. */
  open: OpenJobs;
  workflows: Workflows;
  /** Files of laptops that the core may read now. */
  files: OfferedFiles;
  /** What is being fetched from the web to hosts. */
  fetching: Fetching;
  /** Logins to running machines that are to become virtual ones. */
  sources: SourceLogins;
  /** What these machines are. */
  looks: SourceLooks;
  /** Install trees that were looked at a moment ago. */
  trees: InstallTrees;
  /** Of the machines of all hosts. */
  macs: KnownMacs;
  storage: StorageHub;
  /** How full pools were. */
  capacity: CapacityHistory;
  stats: StatsHub;
  networks: NetworkHub;
  pipes: PipeRegistry;
  demo: DemoHosts;
  notices: Notices;
  /** Where `.ssh` is. */
  home: string;
  app: { version: string; shell: AppInfo['shell'] };
  /** Names of hosts that ~/.ssh knows. */
  sshNames: () => Promise<{ config: string[]; known: { host: string; port: number }[] }>;
  onFault: (what: string, error: unknown) => void;
}
