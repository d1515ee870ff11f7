import type { AppInfo, Preferences } from '../../main/contract/app.ts';
import { api } from '../api/client.ts';
import { createStore, useStore } from './store.ts';

export const preferences = createStore<Preferences>({ theme: 'system', statsIntervalMs: 2000 });
const appInfo = createStore<AppInfo | null>(null);

export async function loadApp(): Promise<void> {
  const [info, saved] = await Promise.all([api.app.info(), api.app.preferences()]);
  appInfo.set(info);
  preferences.set(saved);
}

/** Shows the change at once and saves it; puts the old value back when it could not be saved. Rejects as the call does. */
export async function changePreferences(change: Partial<Preferences>): Promise<void> {
  const before = preferences.get();
  preferences.set({ ...before, ...change });
  try {
    preferences.set(await api.app.setPreferences(change));
  } catch (error) {
    preferences.set(before);
    throw error;
  }
}

export function usePreferences(): Preferences {
  return useStore(preferences);
}

/** Null until the core has told. */
export function useAppInfo(): AppInfo | null {
  return useStore(appInfo);
}
