import ssh2 from 'ssh2';

export interface KeyPair {
  readonly private: string;
  readonly public: string;
}

/** How a key is locked; one round makes tests fast. */
export interface Lock {
  readonly passphrase: string;
  readonly cipher: 'aes256-cbc';
  readonly rounds: number;
}

/** A new ed25519 key. ssh2's generator writes about one in 250 so that its own reader refuses it ("Malformed"): then another is made. */
export function newKey(lock?: Lock): KeyPair {
  for (;;) {
    const pair =
      lock === undefined
        ? ssh2.utils.generateKeyPairSync('ed25519')
        : ssh2.utils.generateKeyPairSync('ed25519', lock);
    if (!(ssh2.utils.parseKey(pair.private, lock?.passphrase) instanceof Error)) return pair;
  }
}
