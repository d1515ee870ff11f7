import path from 'node:path';

export interface DataDirPlace {
  env: Readonly<Record<string, string | undefined>>;
  platform: NodeJS.Platform;
  home: string;
}

/**
 * Where settings, accepted host keys and the log are kept. `VIRTLANE_DATA_DIR` wins; else the system's own place: XDG config on
 * Linux, Library on macOS, AppData on Windows.
 */
export function dataDir(place: DataDirPlace): string {
  const { env, platform, home } = place;
  const own = env['VIRTLANE_DATA_DIR'];
  if (own !== undefined && own !== '') return path.resolve(own);
  if (platform === 'win32')
    return path.win32.join(env['APPDATA'] ?? path.win32.join(home, 'AppData', 'Roaming'), 'Virtlane');
  if (platform === 'darwin') return path.posix.join(home, 'Library', 'Application Support', 'Virtlane');
  // The XDG specification: a relative path in the variable is to be ignored.
  const xdg = env['XDG_CONFIG_HOME'];
  return path.posix.join(xdg?.startsWith('/') === true ? xdg : path.posix.join(home, '.config'), 'virtlane');
}

/** Journals of the demo fleet's jobs are no real host's, and none of those is shown beside the demo. */
export function demoJobsDir(dataDir: string): string {
  return path.join(dataDir, 'demo-jobs');
}
