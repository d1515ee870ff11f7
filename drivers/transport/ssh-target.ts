/** One SSH server and how to log in there. What ~/.ssh/config says is already worked in. */
export interface SshTarget {
  /** The name a person used; questions and messages name it. */
  alias: string;
  /** Name or address to connect to. */
  host: string;
  port: number;
  user: string;
  /** Absolute paths of private keys in the order to try. A missing file is skipped. */
  keyFiles: string[];
  /** The one of `keyFiles` that a person chose for this host: offered before all others. */
  chosenKeyFile?: string;
  /** Offer only keys of `keyFiles`, also from the agent. */
  identitiesOnly: boolean;
  /** Socket (or pipe, or `pageant`) of the agent; null for no agent. */
  identityAgent: string | null;
  /** Servers to go through, the first one first. A jump's own `jumps` are not looked at. */
  jumps: SshTarget[];
  /** Name under which the host's key is known, in place of `host` and `port` (HostKeyAlias). */
  hostKeyAlias?: string;
  /** Accept host keys that sign with SHA-1 (`ssh-rsa`), because HostKeyAlgorithms names it. */
  sha1HostKeys?: true;
}

/** What every question carries: aborted as soon as nobody waits for the answer any more. */
interface Question {
  host: string;
  signal: AbortSignal;
}

export interface HostKeyQuestion extends Question {
  port: number;
  /** `ssh-ed25519` and so on. */
  keyType: string;
  /** `SHA256:…` as `ssh-keygen -l` prints it. */
  fingerprint: string;
  status: 'unknown';
}

export interface PasswordQuestion extends Question {
  user: string;
  /** Where `host` is: `192.0.2.1`, `[2001:db8::1]:2222`; the port only when it is not 22. */
  address: string;
  /** 1 for the first time; more when the answer before was refused. */
  attempt: number;
}

export interface PassphraseQuestion extends Question {
  keyFile: string;
  attempt: number;
}

/** Title, instructions and labels are the server's own words, bounded and without control characters. */
export interface KeyboardInteractiveQuestion extends Question {
  user: string;
  address: string;
  title: string;
  instructions: string;
  fields: { label: string; echo: boolean }[];
  /** 1 for the first time, and for what a server asks further in one login; more when the answers before were refused. */
  attempt: number;
}

/**
 * The questions of a login that only a person can answer. null means: gave up. For a passphrase that skips the key; for
 * the others it ends the login with CANCELLED. An answer is used once and never kept.
 */
export interface SshAsks {
  hostKey(question: HostKeyQuestion): Promise<'always' | 'once' | 'no'>;
  password(question: PasswordQuestion): Promise<string | null>;
  passphrase(question: PassphraseQuestion): Promise<string | null>;
  /** One answer for each field, in their order. */
  keyboardInteractive(question: KeyboardInteractiveQuestion): Promise<string[] | null>;
}
