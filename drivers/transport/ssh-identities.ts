import ssh2, { type BaseAgent, type ParsedKey, type SignCallback, type SigningRequestOptions } from 'ssh2';
import { errorText, TransportError } from './errors.ts';
import { parseSshKey, readKeyFile, type KeyFile } from './ssh-key-file.ts';
import type { SshTarget } from './ssh-target.ts';
import type { OpenedKey } from './ssh-unlock.ts';

/** One key that can be offered to a server. */
export interface Identity {
  /** For messages: the file, or the key's comment in the agent. */
  label: string;
  /** The public half; null for an encrypted file that does not show it before it is opened. */
  key: ParsedKey | null;
  /** Signs the server's challenge. `hash` is given for RSA. Fails when the passphrase was not given. */
  sign(data: Buffer, hash: string | undefined): Promise<Buffer>;
  /** Makes `key` known, for a file that hides it. False when the passphrase was not given. */
  open(): Promise<boolean>;
}

export interface Identities {
  /** In the order to offer them. */
  list: Identity[];
  /** What could not be used and why, for the message when nobody lets us in. */
  notes: string[];
}

/** Asks for the passphrase of a key file; null when the person has none. */
export type AskPassphrase = (keyFile: string, attempt: number) => Promise<string | null>;

/** As OpenSSH's NumberOfPasswordPrompts. */
const PASSPHRASE_ATTEMPTS = 3;

function signWith(key: ParsedKey, data: Buffer, hash: string | undefined): Buffer {
  const signature: unknown = key.sign(data, hash);
  if (Buffer.isBuffer(signature)) return signature;
  throw new Error('The key cannot sign', { cause: signature });
}

function plainIdentity(label: string, key: ParsedKey): Identity {
  return {
    label,
    key,
    sign: (data, hash) => Promise.resolve(signWith(key, data, hash)),
    open: () => Promise.resolve(true),
  };
}

/** An encrypted file: the person is asked once the server said that it would take this key. */
function lockedIdentity(
  file: string,
  found: Extract<KeyFile, { kind: 'encrypted' }>,
  ask: AskPassphrase,
): Identity {
  let opened: OpenedKey | null = null;
  let asked = false;
  const open = async (): Promise<boolean> => {
    for (let attempt = 1; opened === null && !asked && attempt <= PASSPHRASE_ATTEMPTS; attempt++) {
      const passphrase = await ask(file, attempt);
      if (passphrase === null) break;
      opened = await found.unlock(passphrase);
    }
    asked = true;
    if (opened === null) return false;
    const half = identity.key ?? parseSshKey(opened.publicKey);
    identity.key = half instanceof Error ? null : half;
    return identity.key !== null;
  };
  const identity: Identity = {
    label: file,
    key: found.key,
    open,
    sign: async (data, hash) => {
      if (!(await open()) || opened === null) throw new Error(`${file} was not opened`);
      return opened.sign(data, hash);
    },
  };
  return identity;
}

function agentKeys(agent: BaseAgent): Promise<ParsedKey[]> {
  return new Promise((resolve, reject) => {
    agent.getIdentities((error, keys) => {
      if (error !== undefined && error !== null) return reject(error);
      // ssh2's agent gives parsed keys and leaves out the kinds it does not know (certificates, sk-).
      const parsed: unknown[] = (keys ?? []).map((key: unknown) =>
        typeof key === 'object' && key !== null && 'pubKey' in key ? key.pubKey : key,
      );
      return resolve(parsed.filter((key) => isParsedKey(key)));
    });
  });
}

function isParsedKey(key: unknown): key is ParsedKey {
  return typeof key === 'object' && key !== null && 'getPublicSSH' in key;
}

function agentIdentity(agent: BaseAgent, key: ParsedKey): Identity {
  return {
    label: `agent: ${key.comment === '' ? key.type : key.comment}`,
    key,
    open: () => Promise.resolve(true),
    sign: (data, hash) =>
      new Promise((resolve, reject) => {
        const options = hash === undefined ? {} : ({ hash } as SigningRequestOptions);
        const done: SignCallback = (error, signature) => {
          if (signature === undefined) reject(error ?? new Error('The agent did not sign'));
          else resolve(signature);
        };
        agent.sign(key, data, options, done);
      }),
  };
}

function same(key: ParsedKey | null, other: ParsedKey | null): boolean {
  return key !== null && other !== null && key.getPublicSSH().equals(other.getPublicSSH());
}

async function openAgent(path: string, notes: string[]): Promise<Identity[]> {
  try {
    const agent = ssh2.createAgent(path);
    return (await agentKeys(agent)).map((key) => agentIdentity(agent, key));
  } catch (error) {
    notes.push(`the agent at ${path} does not answer (${errorText(error)})`);
    return [];
  }
}

function fileIdentity(file: string, found: KeyFile, ask: AskPassphrase): Identity | null {
  switch (found.kind) {
    case 'private':
      return plainIdentity(file, found.key);
    case 'encrypted':
      return lockedIdentity(file, found, ask);
    case 'public':
    case 'missing':
    case 'unusable':
      return null;
  }
}

/**
 * Collects the keys for a target in the order to offer them. As OpenSSH (pubkey_prepare), keys of the agent that are
 * configured come first and a file the agent holds is left to it. Other than OpenSSH, files without a passphrase come
 * before the agent's other keys: a server lets nobody in after six wrong ones, and an agent may hold more.
 */
export async function loadIdentities(target: SshTarget, ask: AskPassphrase): Promise<Identities> {
  const notes: string[] = [];
  const files = await Promise.all(
    target.keyFiles.map(async (file) => ({ file, found: await readKeyFile(file) })),
  );
  for (const { file, found } of files)
    // OpenSSH goes on without it; but a person named this file, and would be asked for a password without knowing why.
    if (found.kind === 'missing' && file === target.chosenKeyFile)
      throw new TransportError('BAD_CONFIG', `There is no key file ${file}`, {
        host: target.host,
        path: file,
      });
  for (const { file, found } of files) if (found.kind === 'unusable') notes.push(`${file} ${found.reason}`);
  const agent = target.identityAgent === null ? [] : await openAgent(target.identityAgent, notes);
  const held = ({ found }: { found: KeyFile }): Identity[] =>
    'key' in found ? agent.filter(({ key }) => same(key, found.key)) : [];
  const configured = files.flatMap(held);
  const others = target.identitiesOnly ? [] : agent.filter((identity) => !configured.includes(identity));
  const alone = (kind: KeyFile['kind']): Identity[] =>
    files
      .filter((entry) => entry.found.kind === kind && held(entry).length === 0)
      .map(({ file, found }) => fileIdentity(file, found, ask))
      .filter((identity) => identity !== null);
  const list = [...configured, ...alone('private'), ...others, ...alone('encrypted')];
  // The file a person chose for this host goes before everything.
  const chosen = files.find(({ file }) => file === target.chosenKeyFile);
  const isChosen = ({ label, key }: Identity): boolean =>
    chosen !== undefined && (label === chosen.file || ('key' in chosen.found && same(key, chosen.found.key)));
  return { list: [...list.filter(isChosen), ...list.filter((one) => !isChosen(one))], notes };
}
