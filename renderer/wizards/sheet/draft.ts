/** What was said in a sheet and not done, for as long as the window's tab lives. */
export interface SheetDraft<F> {
  readonly save: (form: F) => void;
  readonly drop: () => void;
  /** Null: there is none, or another build wrote it. */
  readonly read: () => F | null;
}

/**
 * @param version of the shape of the form: a draft of another one is not read
 * @param isForm tells the sheet's own from what else may be under the key
 */
export function sheetDraft<F extends object>(
  key: string,
  version: number,
  isForm: (form: object) => form is F,
): SheetDraft<F> {
  return {
    save(form) {
      try {
        sessionStorage.setItem(key, JSON.stringify({ version, form }));
      } catch {
        // Storage is full or forbidden: the draft is lost, nothing else happens.
      }
    },
    drop() {
      try {
        sessionStorage.removeItem(key);
      } catch {
        // Forbidden: then there was none.
      }
    },
    read() {
      try {
        const saved: unknown = JSON.parse(sessionStorage.getItem(key) ?? 'null');
        if (!isDraft(saved) || saved.version !== version) return null;
        return isForm(saved.form) ? saved.form : null;
      } catch {
        return null;
      }
    },
  };
}

function isDraft(saved: unknown): saved is { version: unknown; form: object } {
  return (
    typeof saved === 'object' &&
    saved !== null &&
    'version' in saved &&
    'form' in saved &&
    typeof saved.form === 'object' &&
    saved.form !== null
  );
}
