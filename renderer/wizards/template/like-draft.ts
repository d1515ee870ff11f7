import { sheetDraft } from '../sheet/draft.ts';

/** What of a sheet's form its draft has to know. */
interface Kept {
  readonly host: string;
  readonly name: string;
  readonly password: string;
  /** The draft that the form comes from was written without its password. */
  readonly passwordForgotten: boolean;
}

/** What was said in a sheet that makes machines like another one, and not done. */
export interface LikeDraft<F> {
  /** The draft of just this machine; else the form as it opens. */
  readonly read: (first: F) => F;
  /** `first`: the form as it opened. */
  readonly save: (form: F, first: F) => void;
  readonly drop: () => void;
}

/**
 * @param version of the shape of the form
 * @param subject names the machine that the form is about, on its host
 */
export function likeDraft<F extends Kept>(
  key: string,
  version: number,
  subject: (form: F) => string,
): LikeDraft<F> {
  const isForm = (form: object): form is F => 'host' in form && 'name' in form && 'password' in form;
  const draft = sheetDraft(key, version, isForm);
  return {
    read(first) {
      const saved = draft.read();
      if (saved === null || saved.host !== first.host || subject(saved) !== subject(first)) return first;
      return { ...first, ...saved, name: saved.name === '' ? first.name : saved.name };
    },
    save(form, first) {
      if (form === first) return;
      draft.save({
        ...form,
        // One that was proposed is proposed anew, of those that are free then.
        name: form.name === first.name ? '' : form.name,
        password: '',
        passwordForgotten: form.password !== '' || form.passwordForgotten,
      });
    },
    drop: draft.drop,
  };
}
