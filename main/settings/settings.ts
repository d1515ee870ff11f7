import path from 'node:path';
import { z } from 'zod';
import { preferences, type Preferences } from '../contract/app.ts';
import { savedHost, type SavedHost } from '../contract/host.ts';
import { JsonFile, type BrokenFile } from './json-file.ts';

const DEFAULT_PREFERENCES: Preferences = { theme: 'system', statsIntervalMs: 2000 };

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

  /** A host that is in memory only until `keepHost`. */
  tryHost(host: SavedHost): void {
    this.#hosts.set(host.id, host);
    this.#trials.add(host.id);
  }

  isTrial(id: string): boolean {
    return this.#trials.has(id);
  }

  /** Adds or changes a host. One that could not be written is not there. */
  async putHost(host: SavedHost): Promise<void> {
    const before = this.#hosts.get(host.id);
    this.#hosts.set(host.id, host);
    if (this.#trials.has(host.id)) return;
    try {
      await this.#write(host);
    } catch (error) {
      if (before === undefined) this.#hosts.delete(host.id);
      else this.#hosts.set(host.id, before);
      throw error;
    }
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

  async removeHost(id: string): Promise<void> {
    if (!this.#hosts.delete(id) || this.#trials.delete(id)) return;
    await this.#hostsFile?.update(this.#toSave(), (saved) => saved.filter((host) => host.id !== id));
  }

  async #write(host: SavedHost): Promise<void> {
    await this.#hostsFile?.update(this.#toSave(), (saved) => {
      return saved.some(({ id }) => id === host.id)
        ? saved.map((before) => (before.id === host.id ? host : before))
        : [...saved, host];
    });
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
