import { checked, checkedAddress, checkedText } from '../guest-values.ts';
import type { CloudInit, CloudUser, PackageSource, PuppetAgent } from './model.ts';

const MAX_FILE = 1024 * 1024;
const MAX_COMMAND = 64 * 1024;

type Tree = Record<string, unknown>;

/** The keys of cloud-config, as its reference names them (cloudinit.readthedocs.io, "Module reference"). @throws {FormatError} */
export function cloudConfig(from: CloudInit): Tree {
  const keys = from.defaultUser?.sshKeys ?? [];
  const config: Tree = {
    users: [...(from.defaultUser === null ? [] : ['default']), ...from.users.map(user)],
  };
  const set = (key: string, value: unknown): void => {
    if (value !== null && !(Array.isArray(value) && value.length === 0)) config[key] = value;
  };
  set(
    'hostname',
    optional(from.hostname, (name) => checked('hostname', 'Host name', name)),
  );
  set(
    'fqdn',
    optional(from.fqdn, (name) => checked('hostname', 'Full host name', name)),
  );
  if (from.fqdn !== null) set('prefer_fqdn_over_hostname', from.hostname === null);
  set('ssh_authorized_keys', sshKeys(keys));
  set('ssh_pwauth', from.sshPasswords);
  set(
    'timezone',
    optional(from.timezone, (zone) => checked('timezone', 'Time zone', zone)),
  );
  set(
    'locale',
    optional(from.locale, (locale) => checked('locale', 'Locale', locale)),
  );
  set('keyboard', optional(from.keyboard, keyboard));
  if (from.ntpServers.length > 0)
    set('ntp', {
      enabled: true,
      servers: from.ntpServers.map((server) => checked('hostname', 'Time server', server)),
    });
  const sources = packageSources(from.sources);
  set('apt', sources.apt);
  set('yum_repos', sources.yum);
  if (from.packageUpdate) set('package_update', true);
  if (from.packageUpgrade) set('package_upgrade', true);
  set(
    'packages',
    from.packages.map((name) => checked('package', 'Package', name)),
  );
  set(
    'write_files',
    from.files.map(({ path, content, permissions, owner }) => ({
      path: checked('path', 'File', path),
      content: checkedText(`File ${path}`, content, MAX_FILE),
      permissions: checked('permissions', 'Permissions', permissions),
      owner: checked('owner', 'Owner', owner),
    })),
  );
  if (from.grow !== null) {
    set('growpart', { mode: from.grow ? 'auto' : 'off', devices: ['/'] });
    set('resize_rootfs', from.grow);
  }
  set('puppet', optional(from.puppet, puppet));
  set(
    'runcmd',
    from.commands.map((command) =>
      typeof command === 'string'
        ? checkedText('Command', command, MAX_COMMAND)
        : command.map((part) => checkedText('Command', part, MAX_COMMAND)),
    ),
  );
  return config;
}

function optional<T, R>(value: T | null, make: (value: T) => R): R | null {
  return value === null ? null : make(value);
}

function sshKeys(keys: readonly string[]): string[] {
  return keys.map((key) => checked('sshKey', 'SSH key', key.trim()));
}

function user({ name, fullName, sshKeys: keys, passwordHash, sudo, groups, shell }: CloudUser): Tree {
  const out: Tree = { name: checked('userName', 'User', name) };
  if (fullName !== null) {
    // A colon parts the fields of /etc/passwd, and a comma those of the full name.
    out['gecos'] = checked('line', 'Full name', fullName).replace(/[:,]/g, ' ');
  }
  if (shell !== null) out['shell'] = checked('shell', 'Shell', shell);
  if (groups.length > 0) out['groups'] = groups.map((group) => checked('group', 'Group', group));
  if (sudo !== 'none') out['sudo'] = sudo === 'password' ? 'ALL=(ALL) ALL' : 'ALL=(ALL) NOPASSWD:ALL';
  out['lock_passwd'] = passwordHash === null;
  if (passwordHash !== null) out['hashed_passwd'] = checked('passwordHash', 'Password', passwordHash);
  if (keys.length > 0) out['ssh_authorized_keys'] = sshKeys(keys);
  return out;
}

function keyboard({ layout, variant }: { layout: string; variant: string | null }): Tree {
  const out: Tree = { layout: checked('keyboard', 'Keyboard', layout) };
  if (variant !== null) out['variant'] = checked('keyboard', 'Keyboard variant', variant);
  return out;
}

function packageSources(sources: readonly PackageSource[]): { apt: Tree | null; yum: Tree | null } {
  // fromEntries, because a source may be called `__proto__`.
  const apt = sources.flatMap((source) => {
    if (source.kind !== 'apt') return [];
    const entry: Tree = { source: checked('line', 'Package source', source.source) };
    if (source.key !== null) entry['key'] = checkedText('Key of a package source', source.key, MAX_COMMAND);
    return [[checked('key', 'Name of a package source', source.name), entry] as const];
  });
  const yum = sources.flatMap((source) => {
    if (source.kind !== 'yum') return [];
    const entry: Tree = {
      name: checked('line', 'Package source', source.name),
      baseurl: checked('url', 'Package source', source.baseUrl),
      enabled: true,
      gpgcheck: source.gpgKeyUrl !== null,
    };
    if (source.gpgKeyUrl !== null)
      entry['gpgkey'] = checked('url', 'Key of a package source', source.gpgKeyUrl);
    return [[checked('key', 'Name of a package source', source.id), entry] as const];
  });
  return {
    apt: apt.length === 0 ? null : { sources: Object.fromEntries(apt) },
    yum: yum.length === 0 ? null : Object.fromEntries(yum),
  };
}

function puppet(from: PuppetAgent): Tree {
  const agent: Tree = { server: checked('hostname', 'Puppet server', from.server) };
  if (from.environment !== null)
    agent['environment'] = checked('word', 'Puppet environment', from.environment);
  if (from.certname !== null) agent['certname'] = checked('certname', 'Puppet certificate', from.certname);
  const out: Tree = { install: true, install_type: from.install };
  if (from.version !== null) out['version'] = checked('word', 'Puppet version', from.version);
  if (from.collection !== null) out['collection'] = checked('word', 'Puppet collection', from.collection);
  out['conf'] = { agent };
  out['exec'] = from.runNow;
  out['start_service'] = from.startService;
  return out;
}

/** Version 2 of the network configuration: NICs by their MAC addresses. @throws {FormatError} */
export function networkConfig(nics: NonNullable<CloudInit['network']>): Tree {
  const ethernets = nics.map((nic) => {
    const name = checked('device', 'Network device', nic.name);
    const out: Tree = {
      // The kernel writes MAC addresses in small letters, and cloud-init compares texts.
      match: { macaddress: checked('mac', 'MAC address', nic.mac).toLowerCase() },
      'set-name': name,
      dhcp4: nic.dhcp4,
      dhcp6: nic.dhcp6,
    };
    if (nic.addresses.length > 0)
      out['addresses'] = nic.addresses.map((address) => checkedAddress('Address', address, true));
    const routes = [
      // cloud-init before 22.3 does not know `default`.
      ...(nic.gateway4 === null
        ? []
        : [{ to: '0.0.0.0/0', via: checkedAddress('Gateway', nic.gateway4, false) }]),
      ...(nic.gateway6 === null ? [] : [{ to: '::/0', via: checkedAddress('Gateway', nic.gateway6, false) }]),
    ];
    if (routes.length > 0) out['routes'] = routes;
    if (nic.nameservers.length > 0 || nic.searchDomains.length > 0)
      out['nameservers'] = {
        addresses: nic.nameservers.map((address) => checkedAddress('Name server', address, false)),
        search: nic.searchDomains.map((domain) => checked('hostname', 'Search domain', domain)),
      };
    return [name, out] as const;
  });
  return { version: 2, ethernets: Object.fromEntries(ethernets) };
}
