import { withXml } from './use-xml.ts';
import { newForm, type CreateForm } from './form.ts';

const KEY = 'virtlane.create';

/**
 * What was said and not made, for as long as the window's tab lives. A password is not written down, nor XML that holds one, and a file of this computer cannot be
 * held on to: both are asked for again.
 */
export function saveDraft(form: CreateForm): void {
  const safe: CreateForm = {
    ...form,
    ...(form.xml?.includes('passwd') === true ? withXml(form, null) : {}),
    firstBoot: { ...form.firstBoot, password: '' },
    answers: { ...form.answers, password: '', productKey: '' },
    iso: { ...form.iso, fileName: '' },
    image: { ...form.image, fileName: '' },
    archive: { ...form.archive, fileName: '' },
    // Proposed anew, of what runs then.
    network: null,
  };
  try {
    sessionStorage.setItem(KEY, JSON.stringify({ version: VERSION, form: safe }));
  } catch {
    // Storage is full or forbidden: the draft is lost, nothing else happens.
  }
}

/** Of the shape of a draft: one of an older build is not read. */
const VERSION = 4;

export function dropDraft(): void {
  try {
    sessionStorage.removeItem(KEY);
  } catch {
    // Forbidden: then there was none.
  }
}

/** The draft, if there is one that this build wrote. */
export function readDraft(): CreateForm | null {
  try {
    const saved: unknown = JSON.parse(sessionStorage.getItem(KEY) ?? 'null');
    if (!isDraft(saved)) return null;
    return { ...newForm(saved.form.host), ...saved.form };
  } catch {
    return null;
  }
}

function isDraft(saved: unknown): saved is { version: number; form: CreateForm } {
  return (
    typeof saved === 'object' &&
    saved !== null &&
    'version' in saved &&
    saved.version === VERSION &&
    'form' in saved &&
    typeof saved.form === 'object' &&
    saved.form !== null &&
    'host' in saved.form &&
    typeof saved.form.host === 'string'
  );
}
