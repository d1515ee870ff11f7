import path from 'node:path';
import { z } from 'zod';
import { preferences, type Preferences } from '../contract/app.ts';
import { savedHost, type SavedHost } from '../contract/host.ts';
import { FailureError } from '../hosts/failures.ts';
import { JsonFile, type BrokenFile } from './json-file.ts';

const DEFAULT_PREFERENCES: Preferences = { theme: 'system', statsIntervalMs: 2000 };

/** What can change of a saved host. */
export type HostChange = Partial<Omit<SavedHost, 'id'>>;

export interface SettingsOptions {
  dataDir: string;
  /** Nothing saved is read and nothing is written: for one command with its own hosts. */
  transient?: boolean;
  onBroken?: (broken: BrokenFile) => void;
}

/** Saved hosts and preferences, in memory and on disk. Open with `openSettings`. */
export class Settings {
  readonly #hostsFile: JsonFile<SavedHost[]> | null;
  readonly #preferencesFile: JsonFile<Preferences> | null;
  readonly #hosts: Map<string, SavedHost>;
  /** Hosts that are not to be saved yet. */
  readonly #trials = new Set<string>();
  /** Hosts that were removed here: where another instance writes them back, they stay away. */
  readonly #removed = new Set<string>();
  /** What `takeNewHosts` found in the file last. */
  #inFile: readonly SavedHost[] = [];
  #preferences: Preferences;

  private constructor(
    files: { hosts: JsonFile<SavedHost[]>; preferences: JsonFile<Preferences> } | null,
    hosts: readonly SavedHost[],
    saved: Preferences,
  ) {
    this.#hostsFile = files?.hosts ?? null;
    this.#preferencesFile = files?.preferences ?? null;
    this.#hosts = new Map(hosts.map((host) => [host.id, host]));
    this.#preferences = saved;
  }

  static async open(options: SettingsOptions): Promise<Settings> {
    if (options.transient === true) return new Settings(null, [], DEFAULT_PREFERENCES);
    const onBroken = options.onBroken === undefined ? {} : { onBroken: options.onBroken };
    const hosts = new JsonFile<SavedHost[]>({
      path: path.join(options.dataDir, 'hosts.json'),
      schema: z.array(savedHost).max(10_000),
      version: 1,
      fallback: () => [],
      ...onBroken,
    });
    const saved = new JsonFile<Preferences>({
      path: path.join(options.dataDir, 'preferences.json'),
      schema: preferences,
      version: 1,
      fallback: () => DEFAULT_PREFERENCES,
      ...onBroken,
    });
    return new Settings({ hosts, preferences: saved }, await hosts.read(), await saved.read());
  }

  hosts(): SavedHost[] {
    return [...this.#hosts.values()];
  }

  host(id: string): SavedHost | undefined {
    return this.#hosts.get(id);
  }

  /**
   * Hosts that another instance of the app has saved since, and that this one does not know: it does from now on. One whose URI this
   * one has under another id, of a trial perhaps, is found when that is gone.
   */
  async takeNewHosts(): Promise<SavedHost[]> {
    this.#inFile = (await this.#hostsFile?.readIfChanged()) ?? this.#inFile;
    const known = this.hosts();
    const found = this.#inFile.filter(
      (host) =>
        !this.#removed.has(host.id) && !known.some(({ id, uri }) => id === host.id || uri === host.uri),
    );
    for (const host of found) this.#hosts.set(host.id, host);
    return found;
  }

  /** A host that is in memory only until `keepHost`. */
  tryHost(host: SavedHost): void {
    this.#hosts.set(host.id, host);
    this.#trials.add(host.id);
  }

  isTrial(id: string): boolean {
    return this.#trials.has(id);
  }

  /** Adds a host. One that could not be written is not there. */
  async addHost(host: SavedHost): Promise<void> {
    this.#hosts.set(host.id, host);
    try {
      await this.#write(host);
    } catch (error) {
      this.#hosts.delete(host.id);
      throw error;
    }
  }

  /**
   * Changes a host; of what is in the file these fields alone, since another instance of the app may have changed others.
   * @throws FailureError CONFLICT when another instance has removed it
   */
  async changeHost(id: string, change: HostChange): Promise<void> {
    const before = this.#hosts.get(id);
    if (before === undefined) return;
    this.#hosts.set(id, { ...before, ...change });
    if (this.#trials.has(id)) return;
    try {
      await this.#hostsFile?.update(this.#toSave(), (saved) => {
        if (!saved.some((host) => host.id === id)) throw removedElsewhere();
        return saved.map((host) => (host.id === id ? { ...host, ...change } : host));
      });
    } catch (error) {
      this.#hosts.set(id, before);
      throw error;
    }
  }

  /** What a host at this URI calls itself. Nobody asked for this to be written: a host that is gone or elsewhere by now is left alone. */
  async learnOwnName({ id, uri }: Pick<SavedHost, 'id' | 'uri'>, ownName: string): Promise<void> {
    const isMeant = (host: SavedHost): boolean => host.id === id && host.uri === uri;
    const before = this.#hosts.get(id);
    if (before === undefined || !isMeant(before)) return;
    this.#hosts.set(id, { ...before, ownName });
    if (this.#trials.has(id)) return;
    await this.#hostsFile?.update(null, (saved) => {
      return saved.some(isMeant) ? saved.map((host) => (isMeant(host) ? { ...host, ownName } : host)) : saved;
    });
  }

  /** Saves a host that is on trial. It stays on trial when it could not be written. */
  async keepHost(id: string): Promise<void> {
    const host = this.#hosts.get(id);
    if (host === undefined || !this.#trials.delete(id)) return;
    try {
      await this.#write(host);
    } catch (error) {
      this.#trials.add(id);
      throw error;
    }
  }

  /** Removes a host. One whose removal could not be written is still there. */
  async removeHost(id: string): Promise<void> {
    if (this.#hosts.has(id) && !this.#trials.has(id))
      await this.#hostsFile?.update(this.#toSave(), (saved) => saved.filter((host) => host.id !== id));
    this.#removed.add(id);
    this.#trials.delete(id);
    this.#hosts.delete(id);
  }

  async #write(host: SavedHost): Promise<void> {
    // Another instance may have added the same host, of which this one knows nothing: two of it would be ambiguous for ever.
    await this.#hostsFile?.update(this.#toSave(), (saved) => [
      ...saved.filter(({ id, uri }) => id !== host.id && uri !== host.uri),
      host,
    ]);
  }

  #toSave(): SavedHost[] {
    return this.hosts().filter(({ id }) => !this.#trials.has(id));
  }

  preferences(): Preferences {
    return this.#preferences;
  }

  async setPreferences(change: Partial<Preferences>): Promise<Preferences> {
    this.#preferences = { ...this.#preferences, ...change };
    await this.#preferencesFile?.update(this.#preferences, (saved) => ({ ...saved, ...change }));
    return this.#preferences;
  }

  /** Resolves when everything asked for is on disk. */
  async close(): Promise<void> {
    await Promise.all([this.#hostsFile?.settled(), this.#preferencesFile?.settled()]);
  }
}

function removedElsewhere(): FailureError {
  return new FailureError({
    code: 'CONFLICT',
    message: 'The change was not saved: another Virtlane has removed this host from the list.',
  });
}
