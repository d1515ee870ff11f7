import { homedir, hostname, userInfo } from 'node:os';
import path from 'node:path';
import { TransportError } from './errors.ts';
import { first, hostAliases, optionsFor, type HostOptions } from './ssh-config-apply.ts';
import { readSshConfig, type ConfigNode } from './ssh-config-read.ts';
import { jumpOfProxyCommand, parseJumps, type JumpSpec } from './ssh-proxy.ts';
import type { SshTarget } from './ssh-target.ts';

/** What a person or a URI says of an SSH server. What is left out comes from ~/.ssh/config, else from SSH's defaults. */
export interface SshRequest {
  /** A name, an address, or an entry of ~/.ssh/config. */
  host: string;
  port?: number;
  user?: string;
  /** A key file to try before the configured ones. */
  keyFile?: string;
}

export interface SshResolveOptions {
  /** Left out: ~/.ssh/config and the system's. */
  configFiles?: string[];
  home?: string;
  /** Left out: `process.env`. Read for SSH_AUTH_SOCK and `${NAME}`. */
  env?: Record<string, string | undefined>;
  platform?: NodeJS.Platform;
}

/** Hops of a chain. */
const MAX_JUMPS = 8;
const DEFAULT_KEYS = ['id_ed25519', 'id_ecdsa', 'id_rsa'];
/** The agent service of Windows' own OpenSSH. */
const WINDOWS_AGENT = '\\\\.\\pipe\\openssh-ssh-agent';

interface Resolving {
  files: ConfigNode[][];
  home: string;
  env: Record<string, string | undefined>;
  platform: NodeJS.Platform;
  localUser: string;
}

function localUserName(env: Record<string, string | undefined>): string {
  try {
    return userInfo().username;
  } catch {
    // A user id without an entry in the user database.
    return env['USER'] ?? env['USERNAME'] ?? 'root';
  }
}

function configFilesOf(options: SshResolveOptions, home: string): string[] {
  if (options.configFiles !== undefined) return options.configFiles;
  const system =
    process.platform === 'win32'
      ? path.join(process.env['ProgramData'] ?? 'C:\\ProgramData', 'ssh', 'ssh_config')
      : '/etc/ssh/ssh_config';
  return [path.join(home, '.ssh', 'config'), system];
}

async function prepare(options: SshResolveOptions): Promise<Resolving> {
  const home = options.home ?? homedir();
  const env = options.env ?? process.env;
  return {
    files: await Promise.all(configFilesOf(options, home).map((file) => readSshConfig(file, home))),
    home,
    env,
    platform: options.platform ?? process.platform,
    localUser: localUserName(env),
  };
}

function portOf(text: string, alias: string): number {
  const port = /^\d{1,5}$/.test(text) ? Number(text) : 0;
  if (port < 1 || port > 65_535) {
    throw new TransportError('BAD_CONFIG', `Port ${JSON.stringify(text)} of ${alias} is not a port number`);
  }
  return port;
}

/** Fills in `%` tokens, `${NAME}` and a leading `~` (ssh_config(5), TOKENS). Null when a part is not known. */
function fill(text: string, tokens: Record<string, string>, resolving: Resolving): string | null {
  let complete = true;
  const filled = text
    .replace(/\$\{([^}]*)\}/g, (_all, name: string) => {
      const value = resolving.env[name];
      if (value === undefined) complete = false;
      return value ?? '';
    })
    .replace(/%(.)/g, (_all, letter: string) => {
      const value = letter === '%' ? '%' : tokens[letter];
      if (value === undefined) complete = false;
      return value ?? '';
    })
    .replace(/^~(?=[\\/]|$)/, () => resolving.home);
  return complete && !filled.startsWith('~') ? filled : null;
}

function agentOf(options: HostOptions, tokens: Record<string, string>, resolving: Resolving): string | null {
  const configured = first(options, 'identityagent');
  const standard = resolving.env['SSH_AUTH_SOCK'] ?? (resolving.platform === 'win32' ? WINDOWS_AGENT : null);
  const set = (value: string | null | undefined): string | null =>
    value === null || value === undefined || value === '' ? null : value;
  if (configured === null || configured === 'SSH_AUTH_SOCK') return set(standard);
  if (configured.toLowerCase() === 'none') return null;
  if (/^\$[A-Za-z_]\w*$/.test(configured)) return set(resolving.env[configured.slice(1)]);
  return set(fill(configured, tokens, resolving));
}

/** A file that a person chose is taken as it stands: a `%` in it is no token. */
function chosenKeyFile(request: SshRequest, resolving: Resolving): string | null {
  if (request.keyFile === undefined) return null;
  return path.resolve(
    resolving.home,
    request.keyFile.replace(/^~(?=[\\/])/, () => resolving.home),
  );
}

function keyFilesOf(
  chosen: string | null,
  options: HostOptions,
  context: { tokens: Record<string, string>; resolving: Resolving },
): string[] {
  const { tokens, resolving } = context;
  const base = path.join(resolving.home, '.ssh');
  const configured = options.identityFiles
    .filter((file) => file.toLowerCase() !== 'none')
    .map((file) => fill(file, tokens, resolving))
    .filter((file) => file !== null)
    .map((file) => path.resolve(resolving.home, file));
  const fallback = options.identityFiles.length > 0 ? [] : DEFAULT_KEYS.map((name) => path.join(base, name));
  return [...new Set([...(chosen === null ? [] : [chosen]), ...configured, ...fallback])];
}

function jumpsOf(alias: string, options: HostOptions): JumpSpec[] {
  const jump = first(options, 'proxyjump');
  if (jump !== null) return parseJumps(jump);
  const command = first(options, 'proxycommand');
  if (command === null || command.toLowerCase() === 'none') return [];
  const meant = jumpOfProxyCommand(command);
  if (meant !== null) return [meant];
  const file = options.values.get('proxycommand')?.file ?? '';
  throw new TransportError(
    'BAD_CONFIG',
    `${alias} is reached through a ProxyCommand (${file}), and that is not supported. Use ProxyJump, or set ProxyCommand none before it.`,
    { host: alias },
  );
}

/** Whether HostKeyAlgorithms adds `ssh-rsa`, the algorithm that signs with SHA-1. A list that begins with `-` takes away. */
function wantsSha1(options: HostOptions): boolean {
  const list = first(options, 'hostkeyalgorithms') ?? '';
  return !list.startsWith('-') && list.replace(/^[+^]/, '').split(',').includes('ssh-rsa');
}

/** The target without its jumps, and what the configuration says for it. */
function resolveOne(request: SshRequest, resolving: Resolving): { target: SshTarget; options: HostOptions } {
  const alias = request.host;
  if (alias === '' || /[\s\0]/.test(alias) || alias.startsWith('-')) {
    throw new TransportError('BAD_CONFIG', `${JSON.stringify(alias)} is not the name of a host`);
  }
  const user = request.user ?? null;
  const options = optionsFor(resolving.files, { alias, user, localUser: resolving.localUser });
  const host = (first(options, 'hostname') ?? alias).replace(/%([h%])/g, (_all, letter: string) =>
    letter === 'h' ? alias : '%',
  );
  const port = request.port ?? portOf(first(options, 'port') ?? '22', alias);
  const login = user ?? first(options, 'user') ?? resolving.localUser;
  const tokens = {
    d: resolving.home,
    h: host,
    i: String(process.getuid?.() ?? 0),
    L: hostname().split('.')[0] ?? '',
    l: hostname(),
    n: alias,
    p: String(port),
    r: login,
    u: resolving.localUser,
    k: first(options, 'hostkeyalias') ?? alias,
  };
  const chosen = chosenKeyFile(request, resolving);
  const keyAlias = first(options, 'hostkeyalias');
  const target: SshTarget = {
    alias,
    host,
    port,
    user: login,
    keyFiles: keyFilesOf(chosen, options, { tokens, resolving }),
    identitiesOnly: (first(options, 'identitiesonly') ?? 'no').toLowerCase() === 'yes',
    identityAgent: agentOf(options, tokens, resolving),
    jumps: [],
    ...(chosen === null ? {} : { chosenKeyFile: chosen }),
    ...(keyAlias === null ? {} : { hostKeyAlias: keyAlias }),
    ...(wantsSha1(options) ? { sha1HostKeys: true } : {}),
  };
  return { target, options };
}

function isSame(target: SshTarget, jump: SshTarget): boolean {
  return target.host === jump.host && target.port === jump.port && target.user === jump.user;
}

/**
 * The whole way to a target. Only the first jump of a list asks its own ProxyJump: `ssh -J a,b` gives b the way over a
 * whatever b's own entry says.
 */
function resolveChain(request: SshRequest, resolving: Resolving, depth = 0): SshTarget {
  if (depth > MAX_JUMPS) {
    throw new TransportError('BAD_CONFIG', `ProxyJump of ${request.host} goes in a circle`, {
      host: request.host,
    });
  }
  const { target, options } = resolveOne(request, resolving);
  const chain: SshTarget[] = [];
  for (const [index, spec] of jumpsOf(request.host, options).entries()) {
    const jump = resolveOne(spec, resolving).target;
    // `Host *` with a ProxyJump names the jump host itself too; OpenSSH goes there directly.
    if (isSame(target, jump)) continue;
    if (index === 0) chain.push(...resolveChain(spec, resolving, depth + 1).jumps);
    chain.push(jump);
  }
  if (chain.length > MAX_JUMPS) {
    throw new TransportError('BAD_CONFIG', `More than ${MAX_JUMPS} jumps to ${request.host}`);
  }
  return { ...target, jumps: chain };
}

/** Works out how to reach a server, with ~/.ssh/config. Fails with BAD_CONFIG. Runs no command and asks no name server. */
export async function resolveSshTarget(
  request: SshRequest,
  options: SshResolveOptions = {},
): Promise<SshTarget> {
  return resolveChain(request, await prepare(options));
}

/** Names of the hosts in ~/.ssh/config, in its order, for suggestions. A broken file gives none. */
export async function listSshConfigHosts(options: SshResolveOptions = {}): Promise<string[]> {
  const home = options.home ?? homedir();
  const files = await Promise.all(
    configFilesOf(options, home).map((file) => readSshConfig(file, home).catch((): ConfigNode[] => [])),
  );
  return hostAliases(files);
}
