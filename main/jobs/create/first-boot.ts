import {
  seedFiles,
  emptyCloudInit,
  type CloudInit as Told,
} from '../../../drivers/formats/cloud-init/index.ts';
import { sha512Crypt } from '../../../drivers/formats/crypt.ts';
import type { CloudInit, PackageSource } from '../../contract/cloud-init.ts';
import { hostNameOf } from '../../contract/host-name.ts';
import type { SeedFiles } from './steps/seed.ts';

/** The label by which cloud-init finds its CD (NoCloud). */
export const SEED_LABEL = 'cidata';

export interface Guest {
  readonly name: string;
  /** cloud-init runs again when it is another one. */
  readonly uuid: string;
  /** Of the first card; null: it has none. */
  readonly mac: string | null;
}

/**
 * The files that the guest reads at its first boot. They hold hashes of passwords.
 * @throws {FormatError} BAD_VALUE that names what cannot be told
 */
export function firstBootFiles(init: CloudInit, guest: Guest): SeedFiles {
  const { userData, metaData, networkConfig } = seedFiles(told(init, guest));
  return [
    { path: 'user-data', text: userData },
    { path: 'meta-data', text: metaData },
    ...(networkConfig === null ? [] : [{ path: 'network-config', text: networkConfig }]),
  ];
}

/** Whether there may be in it what only a person knows: passwords, or what people write themselves. */
export function tellsSecrets({ users, files, runCommands, yaml, packageSources = [] }: CloudInit): boolean {
  return (
    users.some(({ password }) => password !== null) ||
    files.length > 0 ||
    runCommands.length > 0 ||
    packageSources.length > 0 ||
    yaml !== null
  );
}

function told(init: CloudInit, guest: Guest): Told {
  const { puppet } = init;
  return {
    ...emptyCloudInit(guest.uuid),
    hostname: init.hostname ?? hostNameOf(guest.name),
    // Who names users of their own does not want the image's.
    defaultUser: init.users.length === 0 ? { sshKeys: [] } : null,
    users: init.users.map(({ name, sshKeys, password, sudo }) => ({
      name,
      fullName: null,
      sshKeys,
      passwordHash: password === null ? null : sha512Crypt(password),
      sudo: sudo ? 'without-password' : 'none',
      groups: [],
      shell: '/bin/bash',
    })),
    sshPasswords: init.sshPasswords,
    timezone: init.timezone,
    locale: init.locale,
    packageUpdate: init.packageUpdate || init.packages.length > 0,
    packages: init.packages,
    sources: (init.packageSources ?? []).map(sourceOf),
    files: init.files.map(({ path, content, mode }) => ({
      path,
      content,
      permissions: mode ?? '0644',
      owner: 'root:root',
    })),
    commands: init.runCommands,
    puppet:
      puppet === null
        ? null
        : {
            install: puppet.installType,
            version: null,
            collection: puppet.installType === 'aio' ? 'puppet8' : null,
            server: puppet.server,
            environment: puppet.environment,
            certname: puppet.certname,
            // The service runs it at once. A run of cloud-init's own that changes something ends with 2, or with 1 while the server has
            // not signed: cloud-init takes both for failures, and then starts no service.
            runNow: false,
            startService: true,
          },
    network: networkOf(init.network, guest.mac),
    extra: init.yaml ?? '',
  };
}

/** apt keeps each in a file of its name, yum in a section. */
function sourceOf(source: PackageSource): Told['sources'][number] {
  if (source.kind === 'yum') return { ...source, id: idOf(source.name) };
  return { ...source, name: source.name.endsWith('.list') ? source.name : `${idOf(source.name)}.list` };
}

function idOf(name: string): string {
  return name.toLowerCase().replaceAll(/[^a-z0-9.-]+/g, '-');
}

function networkOf(network: CloudInit['network'], mac: string | null): Told['network'] {
  if (network === null || mac === null) return null;
  const { gateway } = network;
  const six = gateway?.includes(':') === true;
  return [
    {
      // The name that it is matched by its MAC under; it keeps its own.
      name: 'nic0',
      mac,
      dhcp4: false,
      dhcp6: false,
      addresses: network.addresses,
      gateway4: six ? null : gateway,
      gateway6: six ? gateway : null,
      nameservers: network.nameservers,
      searchDomains: [],
    },
  ];
}
