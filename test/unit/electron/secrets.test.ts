import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';
import { answerSecret, isSecretRequest, SecretStore } from '../../../electron/app/secrets.ts';
import { RemoteSecrets } from '../../../electron/core/remote-secrets.ts';
import type { ElectronApi } from '../../../electron/app/api.ts';

/** safeStorage with a toy cipher: what matters is that the file never holds the words. */
function storage(backend: string, available = true): ElectronApi['safeStorage'] {
  const parts = {
    isEncryptionAvailable: () => available,
    getSelectedStorageBackend: () => backend,
    encryptString: (text: string) => Buffer.from(text).map((byte) => byte ^ 0x5a),
    decryptString: (bytes: Buffer) => Buffer.from(bytes.map((byte) => byte ^ 0x5a)).toString(),
  };
  return parts as unknown as ElectronApi['safeStorage'];
}

describe('secrets by safeStorage', () => {
  let dir = '';
  before(async () => {
    dir = await mkdtemp(path.join(os.tmpdir(), 'virtlane-secrets-'));
  });
  after(() => rm(dir, { recursive: true }));

  it('keeps a secret encrypted, in a file that only its owner reads', async () => {
    const file = path.join(dir, 'a', 'secrets.json');
    const store = new SecretStore(storage('gnome_libsecret'), file);
    store.set('ssh:root@host', 'hunter2');
    assert.equal(new SecretStore(storage('gnome_libsecret'), file).get('ssh:root@host'), 'hunter2');
    assert.doesNotMatch(await readFile(file, 'utf8'), /hunter2/);
    assert.equal((await stat(file)).mode & 0o777, 0o600);
    store.delete('ssh:root@host');
    assert.equal(store.get('ssh:root@host'), null);
  });

  it('writes nothing where there is no keychain', async () => {
    const file = path.join(dir, 'b', 'secrets.json');
    new SecretStore(storage('basic_text'), file).set('key', 'hunter2');
    new SecretStore(storage('kwallet6', false), file).set('key', 'hunter2');
    await assert.rejects(stat(file));
  });

  it('answers the core over messages', async () => {
    const store = new SecretStore(storage('gnome_libsecret'), path.join(dir, 'c', 'secrets.json'));
    const remote: RemoteSecrets = new RemoteSecrets({
      postMessage: (message) => {
        assert.ok(isSecretRequest(message));
        queueMicrotask(() => remote.take(answerSecret(store, message)));
      },
    });
    await remote.ready();
    assert.equal(remote.canRemember, true);
    await remote.set('key', 'value');
    assert.equal(await remote.get('key'), 'value');
    await remote.delete('key');
    assert.equal(await remote.get('key'), null);
  });

  it('tells the core why a secret was not kept', async () => {
    const blocked = path.join(dir, 'blocked');
    await writeFile(blocked, 'a file where the folder should be');
    const store = new SecretStore(storage('gnome_libsecret'), path.join(blocked, 'secrets.json'));
    const remote: RemoteSecrets = new RemoteSecrets({
      postMessage: (message) => queueMicrotask(() => remote.take(answerSecret(store, message))),
    });
    await remote.ready();
    await assert.rejects(remote.set('key', 'value'), /EEXIST|ENOTDIR/);
    assert.equal(await remote.get('key'), null);
  });
});
