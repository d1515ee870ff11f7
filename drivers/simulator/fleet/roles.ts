import type { LoadProfile, MachineSpec } from './spec.ts';

const KIB = 1024;
const MIB = 1024 * KIB;

/** A kind of machine: what the names of the fleet stand for. Memory and disks in GiB. */
export interface Role {
  os: MachineSpec['os'];
  vcpus: number;
  memoryGiB: number;
  disksGiB: number[];
  load: LoadProfile;
  services: string[];
}

const quiet: LoadProfile = {
  cpu: 0.03,
  memory: 0.22,
  cache: 0.3,
  diskReadBytes: 8 * KIB,
  diskWriteBytes: 40 * KIB,
  netInBytes: 6 * KIB,
  netOutBytes: 5 * KIB,
  daily: 0.3,
  bursts: 1,
};
const web: LoadProfile = {
  cpu: 0.24,
  memory: 0.46,
  cache: 0.28,
  diskReadBytes: 300 * KIB,
  diskWriteBytes: 500 * KIB,
  netInBytes: 1.4 * MIB,
  netOutBytes: 6.5 * MIB,
  daily: 0.7,
  bursts: 1.2,
};
const database: LoadProfile = {
  cpu: 0.38,
  memory: 0.68,
  cache: 0.26,
  diskReadBytes: 9 * MIB,
  diskWriteBytes: 14 * MIB,
  netInBytes: 2.2 * MIB,
  netOutBytes: 4.8 * MIB,
  daily: 0.55,
  bursts: 0.8,
};
const builder: LoadProfile = {
  cpu: 0.2,
  memory: 0.38,
  cache: 0.4,
  diskReadBytes: 4 * MIB,
  diskWriteBytes: 9 * MIB,
  netInBytes: 1.8 * MIB,
  netOutBytes: 600 * KIB,
  daily: 0.8,
  bursts: 3.6,
};
const cluster: LoadProfile = { ...web, cpu: 0.31, memory: 0.58, diskWriteBytes: 2 * MIB, daily: 0.4 };
const storage: LoadProfile = {
  ...quiet,
  cpu: 0.11,
  memory: 0.3,
  cache: 0.58,
  diskReadBytes: 18 * MIB,
  diskWriteBytes: 11 * MIB,
  netInBytes: 9 * MIB,
  netOutBytes: 16 * MIB,
  bursts: 1.8,
};
const desktop: LoadProfile = { ...web, cpu: 0.16, memory: 0.55, daily: 0.9, netOutBytes: 900 * KIB };
const network: LoadProfile = { ...quiet, cpu: 0.08, netInBytes: 3.1 * MIB, netOutBytes: 3 * MIB, daily: 0.6 };

export const ROLES = {
  web: { os: 'debian', vcpus: 4, memoryGiB: 4, disksGiB: [40], load: web, services: ['nginx', 'php-fpm8.2'] },
  database: {
    os: 'debian',
    vcpus: 8,
    memoryGiB: 16,
    disksGiB: [40, 200],
    load: database,
    services: ['postgres', 'pgbouncer'],
  },
  cache: {
    os: 'alpine',
    vcpus: 2,
    memoryGiB: 8,
    disksGiB: [20],
    load: { ...web, memory: 0.81, cache: 0.08 },
    services: ['valkey-server'],
  },
  ci: {
    os: 'ubuntu',
    vcpus: 8,
    memoryGiB: 16,
    disksGiB: [120],
    load: builder,
    services: ['runner', 'dockerd'],
  },
  kubernetes: {
    os: 'ubuntu',
    vcpus: 6,
    memoryGiB: 12,
    disksGiB: [80],
    load: cluster,
    services: ['kubelet', 'containerd'],
  },
  git: {
    os: 'debian',
    vcpus: 4,
    memoryGiB: 8,
    disksGiB: [60, 300],
    load: { ...web, memory: 0.7 },
    services: ['puma', 'gitaly', 'sidekiq'],
  },
  mail: {
    os: 'debian',
    vcpus: 2,
    memoryGiB: 4,
    disksGiB: [30, 250],
    load: { ...quiet, cpu: 0.09, memory: 0.5 },
    services: ['dovecot', 'postfix', 'rspamd'],
  },
  network: {
    os: 'alpine',
    vcpus: 1,
    memoryGiB: 1,
    disksGiB: [8],
    load: network,
    services: ['wg-quick', 'unbound'],
  },
  storage: {
    os: 'rocky',
    vcpus: 4,
    memoryGiB: 8,
    disksGiB: [30, 2000],
    load: storage,
    services: ['minio', 'nfsd'],
  },
  monitor: {
    os: 'fedora',
    vcpus: 4,
    memoryGiB: 8,
    disksGiB: [40, 160],
    load: { ...database, cpu: 0.18 },
    services: ['prometheus', 'grafana'],
  },
  windows: {
    os: 'windows',
    vcpus: 4,
    memoryGiB: 8,
    disksGiB: [120],
    load: desktop,
    services: ['TermService'],
  },
  small: { os: 'debian', vcpus: 1, memoryGiB: 2, disksGiB: [20], load: quiet, services: ['cron'] },
} as const satisfies Record<string, Role>;

/** What is out of the ordinary about a machine of the list below. */
export interface Peculiarity {
  state?: 'shutoff' | 'paused' | 'ioerror' | 'saved';
  graphics?: 'spice' | 'none';
  password?: string;
  serial?: false;
  agent?: false;
  noBalloon?: true;
  efi?: true;
  noAutostart?: true;
  title?: string;
  leftOpen?: true;
}

/** The machines of the demo fleet, dealt to the hosts in turn. */
export const DEMO_MACHINES: readonly [name: string, role: keyof typeof ROLES, peculiarity?: Peculiarity][] = [
  ['web-01', 'web', { title: 'Shop, front end' }],
  ['db-primary', 'database', { title: 'Orders database', leftOpen: true }],
  ['ci-runner-1', 'ci'],
  ['web-02', 'web', { title: 'Shop, front end' }],
  ['db-replica', 'database'],
  ['ci-runner-2', 'ci', { leftOpen: true }],
  ['gitlab', 'git', { efi: true }],
  ['k8s-node-1', 'kubernetes'],
  ['k8s-node-2', 'kubernetes'],
  ['k8s-node-3', 'kubernetes'],
  ['win-rdp-01', 'windows', { efi: true, title: 'Accounting desktop' }],
  ['mail', 'mail'],
  ['vpn', 'network', { graphics: 'none', title: 'WireGuard gateway' }],
  ['dns-01', 'network'],
  ['dns-02', 'network'],
  ['monitoring', 'monitor', { title: 'Prometheus and Grafana', leftOpen: true }],
  ['legacy-erp', 'small', { password: 'legacy', agent: false, noBalloon: true, title: 'Do not touch' }],
  ['backup', 'storage', { state: 'ioerror', title: 'Backups of the week' }],
  ['nfs-01', 'storage'],
  ['ci-runner-3', 'ci', { state: 'shutoff' }],
  ['staging-web', 'web', { state: 'shutoff' }],
  ['staging-db', 'database', { state: 'shutoff', noAutostart: true }],
  ['redis-01', 'cache'],
  ['redis-02', 'cache'],
  ['win-rdp-02', 'windows', { state: 'shutoff' }],
  ['jump', 'small', { title: 'SSH jump host' }],
  ['wiki', 'small'],
  ['chat', 'web'],
  ['registry', 'storage'],
  ['ldap', 'small', { serial: false }],
  ['print', 'small', { graphics: 'none', serial: false }],
  ['sandbox-anna', 'small', { state: 'paused', noAutostart: true }],
  ['sandbox-ben', 'small', { state: 'saved', noAutostart: true }],
  ['design-ws', 'windows', { graphics: 'spice', efi: true }],
  ['kafka-1', 'database'],
  ['search-01', 'monitor'],
  ['proxy', 'web'],
  ['template-debian12', 'small', { state: 'shutoff', noAutostart: true }],
  ['template-win2022', 'windows', { state: 'shutoff', noAutostart: true }],
  ['load-test', 'ci', { state: 'shutoff', noAutostart: true }],
];
