/** What the Electron preload puts into the page. */
interface Shell {
  /** The system's own dialog; null: it was closed. */
  readonly choosePath: (kind: 'folder' | 'file') => Promise<string | null>;
}

declare global {
  interface Window {
    readonly virtlane?: Shell;
  }
}

/** The dialog of the system that chooses a folder or a file by its path; null: a browser has none. */
export function nativeDialog(): Shell['choosePath'] | null {
  return window.virtlane?.choosePath ?? null;
}
