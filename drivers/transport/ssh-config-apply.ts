import type { ConfigNode } from './ssh-config-read.ts';
import { matchesHostName, matchesPatternList } from './known-hosts-line.ts';

/** What the configuration says for one host: the first value of each keyword, and every IdentityFile. */
export interface HostOptions {
  values: Map<string, { values: string[]; file: string }>;
  identityFiles: string[];
}

/** For whom the configuration is asked. */
export interface ConfigQuery {
  /** The name as it was typed. */
  alias: string;
  /** The user asked for, when the target names one. */
  user: string | null;
  localUser: string;
}

interface Pass extends ConfigQuery {
  options: HostOptions;
  /** What `Host` patterns are compared with. */
  name: string;
  final: boolean;
  /** Set when a `Match final` was met, which asks for a second pass. */
  wantsFinal: boolean;
}

function criterionMatches(name: string, argument: string, pass: Pass): boolean {
  const patterns = argument.split(',');
  switch (name) {
    case 'all':
      return true;
    case 'final':
      pass.wantsFinal = true;
      return pass.final;
    case 'host':
      return matchesHostName(patterns, hostName(pass));
    case 'originalhost':
      return matchesHostName(patterns, pass.alias);
    case 'user':
      return matchesPatternList(patterns, pass.user ?? first(pass.options, 'user') ?? pass.localUser);
    case 'localuser':
      return matchesPatternList(patterns, pass.localUser);
    default:
      // `exec` among them: looking up a host runs no command. And `canonical`: names are not canonicalized.
      return false;
  }
}

function hostName(pass: Pass): string {
  const name = first(pass.options, 'hostname');
  return name === null ? pass.alias : name.replaceAll('%h', pass.alias);
}

function applies(criteria: readonly [string, string][], pass: Pass): boolean {
  return criteria.every(([name, argument]) =>
    name.startsWith('!')
      ? !criterionMatches(name.slice(1), argument, pass)
      : criterionMatches(name, argument, pass),
  );
}

function apply(nodes: readonly ConfigNode[], pass: Pass): void {
  for (const node of nodes) {
    switch (node.kind) {
      case 'host':
        // With regard to case, as OpenSSH; `Match host` goes without.
        if (matchesPatternList(node.patterns, pass.name)) apply(node.nodes, pass);
        break;
      case 'match':
        if (applies(node.criteria, pass)) apply(node.nodes, pass);
        break;
      case 'include':
        apply(node.nodes, pass);
        break;
      case 'set':
        set(node, pass.options);
        break;
    }
  }
}

function set(node: Extract<ConfigNode, { kind: 'set' }>, options: HostOptions): void {
  if (node.keyword === 'identityfile') {
    for (const file of node.values) {
      if (!options.identityFiles.includes(file)) options.identityFiles.push(file);
    }
    return;
  }
  // ProxyCommand and ProxyJump shut each other out: the one that stands first counts (ssh_config(5), ProxyJump).
  const rival = { proxyjump: 'proxycommand', proxycommand: 'proxyjump' }[node.keyword];
  if (rival !== undefined && options.values.has(rival)) return;
  if (!options.values.has(node.keyword)) {
    options.values.set(node.keyword, { values: node.values, file: node.file });
  }
}

/** Works out what files, in their order, say for one host. `Match exec` never matches here. */
export function optionsFor(files: readonly ConfigNode[][], query: ConfigQuery): HostOptions {
  const options: HostOptions = { values: new Map(), identityFiles: [] };
  const pass: Pass = { ...query, options, name: query.alias, final: false, wantsFinal: false };
  for (const nodes of files) apply(nodes, pass);
  if (pass.wantsFinal) {
    // The second pass compares with the name found in the first one, and cannot change it any more.
    const name = hostName(pass).toLowerCase();
    if (!options.values.has('hostname')) options.values.set('hostname', { values: [name], file: '' });
    const second = { ...pass, name, final: true };
    for (const nodes of files) apply(nodes, second);
  }
  return options;
}

/** The value of a keyword (in small letters), its words joined by blanks; null when it is not set. */
export function first(options: HostOptions, keyword: string): string | null {
  const found = options.values.get(keyword);
  return found === undefined ? null : found.values.join(' ');
}

/** Names of `Host` lines that stand for one host: no patterns. */
export function hostAliases(files: readonly ConfigNode[][]): string[] {
  const names = new Set<string>();
  const walk = (nodes: readonly ConfigNode[]): void => {
    for (const node of nodes) {
      if (node.kind === 'set') continue;
      if (node.kind === 'host') {
        for (const name of node.patterns) if (!/[*?!]/.test(name)) names.add(name);
      }
      walk(node.nodes);
    }
  };
  for (const nodes of files) walk(nodes);
  return [...names];
}
