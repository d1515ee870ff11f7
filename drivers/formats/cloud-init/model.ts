/** What a new machine is told at its first start, by cloud-init (23 and 22 read all of it) or what reads the same files. */
export interface CloudInit {
  /** Another one makes cloud-init run again: the machine's UUID. */
  readonly instanceId: string;
  readonly hostname: string | null;
  /** Whole, with the domain; null: none is set. */
  readonly fqdn: string | null;
  /** Null: the image's own user is not made. */
  readonly defaultUser: { readonly sshKeys: readonly string[] } | null;
  readonly users: readonly CloudUser[];
  /** Whether SSH takes passwords; null: as the image has it. */
  readonly sshPasswords: boolean | null;
  readonly timezone: string | null;
  /** `en_US.UTF-8` */
  readonly locale: string | null;
  readonly keyboard: { readonly layout: string; readonly variant: string | null } | null;
  /** Empty: as the image has it. */
  readonly ntpServers: readonly string[];
  readonly packageUpdate: boolean;
  readonly packageUpgrade: boolean;
  readonly packages: readonly string[];
  readonly sources: readonly PackageSource[];
  readonly files: readonly CloudFile[];
  /** Run once, at the end of the first start: a line for a shell, or a command with its arguments. */
  readonly commands: readonly (string | readonly string[])[];
  /** Whether the last partition of `/` grows with the disk; null: as the image has it, which is mostly yes. */
  readonly grow: boolean | null;
  readonly puppet: PuppetAgent | null;
  /** Null: every NIC asks by DHCP. */
  readonly network: readonly CloudNic[] | null;
  /** A person's own cloud-config; where it says something, it wins. Empty: none. */
  readonly extra: string;
}

export interface CloudUser {
  readonly name: string;
  readonly fullName: string | null;
  readonly sshKeys: readonly string[];
  /** As in /etc/shadow (`sha512Crypt`); null: no login by password. */
  readonly passwordHash: string | null;
  readonly sudo: 'none' | 'password' | 'without-password';
  readonly groups: readonly string[];
  /** Null: what the system gives; Alpine and FreeBSD have no bash. */
  readonly shell: string | null;
}

export type PackageSource =
  /** `source`: a line of sources.list, `ppa:…`. `key`: the ASCII armoured public key. */
  | { readonly kind: 'apt'; readonly name: string; readonly source: string; readonly key: string | null }
  | {
      readonly kind: 'yum';
      readonly id: string;
      readonly name: string;
      readonly baseUrl: string;
      /** Null: packages are not checked. */
      readonly gpgKeyUrl: string | null;
    };

export interface CloudFile {
  readonly path: string;
  readonly content: string;
  /** Octal: `0644`. */
  readonly permissions: string;
  /** `root:root` */
  readonly owner: string;
}

export interface PuppetAgent {
  /** `packages`: of the system's own source. `aio`: of Puppet's. */
  readonly install: 'packages' | 'aio';
  /** Null: the newest. */
  readonly version: string | null;
  /** Of `aio`: `puppet7`, `puppet8`. */
  readonly collection: string | null;
  readonly server: string;
  readonly environment: string | null;
  /** `%f` stands for the machine's whole name, `%i` for its instance id. Null: its own name. */
  readonly certname: string | null;
  readonly runNow: boolean;
  readonly startService: boolean;
}

export interface CloudNic {
  /** What the machine calls it: `eth0`. */
  readonly name: string;
  readonly mac: string;
  readonly dhcp4: boolean;
  readonly dhcp6: boolean;
  /** With the length of the network: `192.0.2.10/24`. */
  readonly addresses: readonly string[];
  readonly gateway4: string | null;
  readonly gateway6: string | null;
  readonly nameservers: readonly string[];
  readonly searchDomains: readonly string[];
}

/** A cloud-init that says nothing but the machine's id: what callers change. */
export function emptyCloudInit(instanceId: string): CloudInit {
  return {
    instanceId,
    hostname: null,
    fqdn: null,
    defaultUser: { sshKeys: [] },
    users: [],
    sshPasswords: null,
    timezone: null,
    locale: null,
    keyboard: null,
    ntpServers: [],
    packageUpdate: false,
    packageUpgrade: false,
    packages: [],
    sources: [],
    files: [],
    commands: [],
    grow: null,
    puppet: null,
    network: null,
    extra: '',
  };
}
