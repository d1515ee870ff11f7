import * as z from './zod.ts';
import { failure } from './failure.ts';

/** Who is to log in where. */
const login = {
  user: z.string(),
  /** The SSH server as it was named: the host of the URI, an entry of ~/.ssh/config, or a jump on the way. */
  host: z.string(),
  /** Where that is: `192.0.2.1`, `[2001:db8::1]:2222`; the port only when it is not 22. */
  address: z.string(),
  /** It is a server on the way to the host, not the host itself. */
  jump: z.boolean(),
};

/** 1 for the first time; more when the answer before was refused. */
const attempt = z.number().int();

/** A question of the host that only a person can answer. It is part of the host's state until it is answered. */
export const prompt = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('hostKey'),
    id: z.string(),
    host: z.string(),
    port: z.number().int(),
    /** `ssh-ed25519` and so on. */
    keyType: z.string(),
    /** `SHA256:…` as `ssh-keygen -l` prints it. */
    fingerprint: z.string(),
  }),
  z.object({ kind: z.literal('password'), id: z.string(), ...login, attempt }),
  z.object({ kind: z.literal('passphrase'), id: z.string(), keyFile: z.string(), attempt }),
  /** Title, instructions and labels are the server's own words: never shown as Virtlane's. */
  z.object({
    kind: z.literal('keyboardInteractive'),
    id: z.string(),
    ...login,
    attempt,
    title: z.string(),
    instructions: z.string(),
    fields: z.array(z.object({ label: z.string(), echo: z.boolean() })),
  }),
  /** Of a login that is there already: the password with which its user may run programs as root. */
  z.object({ kind: z.literal('sudo'), id: z.string(), ...login, attempt }),
]);
export type Prompt = z.infer<typeof prompt>;

/** The answer to a prompt. `values` are the typed secrets in the order of the fields; they are never logged. */
export const promptAnswer = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('hostKey'), accept: z.enum(['always', 'once', 'no']) }),
  z.object({
    kind: z.literal('secrets'),
    values: z.array(z.string().max(4096)).max(32),
    remember: z.boolean(),
  }),
  z.object({ kind: z.literal('cancel') }),
]);
export type PromptAnswer = z.infer<typeof promptAnswer>;

/** What the host is, read once after opening. */
export const hostInfo = z.object({
  hostname: z.string(),
  /** `QEMU`, `LXC`, `TEST`: the type libvirt reports. */
  hypervisor: z.string(),
  /** `9.0.0` */
  libvirtVersion: z.string(),
  hypervisorVersion: z.string(),
  arch: z.string(),
  cpuModel: z.string(),
  cpus: z.number().int(),
  sockets: z.number().int(),
  cores: z.number().int(),
  threads: z.number().int(),
  mhz: z.number().int(),
  memoryKiB: z.number(),
  /** Whether the host offers hardware virtualization; null while capabilities are not read. */
  kvm: z.boolean().nullable(),
});
export type HostInfo = z.infer<typeof hostInfo>;

export const HOST_STATES = [
  /** Not connected, and nobody asked for it. */
  'disconnected',
  'connecting',
  /** Waits for an answer to `prompt`. */
  'asking',
  'connected',
  /** Was connected, the link is lost; what was known is kept, and it tries again at `nextAttempt`. */
  'away',
  /** Could not connect, and trying again without a person will not help. */
  'failed',
] as const;

export const host = z.object({
  id: z.string(),
  /** The name a person gave it, else what it calls itself, else its address. No two hosts have the same. */
  name: z.string(),
  /** The libvirt URI, without any secret. */
  uri: z.string(),
  kind: z.enum(['ssh', 'local', 'tcp', 'demo']),
  /** The key file that a person chose for it, beside what its URI says. */
  keyFile: z.string().nullable().optional(),
  /** It is not saved until it was reached once, or a person says so (`host.keep`). */
  trial: z.boolean().optional(),
  state: z.enum(HOST_STATES),
  /** Milliseconds since the epoch when `state` began. */
  since: z.number(),
  /** Milliseconds since the epoch of the last sign of life; null when there was none. */
  lastSeen: z.number().nullable(),
  /** Connected, but it owes an answer and has said nothing since then (milliseconds since the epoch). Null or left out: it answers. */
  silentSince: z.number().nullable().optional(),
  /** When the next attempt to connect is made. */
  nextAttempt: z.number().nullable(),
  prompt: prompt.nullable(),
  failure: failure.nullable(),
  info: hostInfo.nullable(),
});
export type Host = z.infer<typeof host>;

/** What is saved of a host. Secrets are elsewhere. */
export const hostInput = z.object({
  /** `user@host`, `host:port`, a libvirt URI, or an entry of ~/.ssh/config. */
  target: z.string().min(1).max(1024),
  /** Empty: the host's own name. */
  name: z.string().max(200).optional(),
  /** A key file to try first, beside what ~/.ssh/config says. Empty: none. */
  keyFile: z.string().max(4096).optional(),
  connectAtStart: z.boolean().optional(),
  /** Set a statistics period on balloons that have none, so that memory figures exist. */
  setBalloonPeriod: z.boolean().optional(),
});
export type HostInput = z.infer<typeof hostInput>;

export const savedHost = z.object({
  id: z.string(),
  /** The name a person gave it; null: its own. */
  name: z.string().nullable(),
  /** What it calls itself, as last known; null before it was reached. */
  ownName: z.string().nullable().default(null),
  uri: z.string(),
  keyFile: z.string().nullable(),
  connectAtStart: z.boolean(),
  setBalloonPeriod: z.boolean(),
});
export type SavedHost = z.infer<typeof savedHost>;

/** One line offered while a person types a target. */
export const hostSuggestion = z.object({
  target: z.string(),
  /** Where it comes from. */
  source: z.enum(['local', 'sshConfig', 'knownHosts']),
  label: z.string(),
});
export type HostSuggestion = z.infer<typeof hostSuggestion>;
