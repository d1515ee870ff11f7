import { sheetDraft } from '../sheet/draft.ts';
import { newForm, type CreateForm } from './form.ts';
import { withoutSecrets } from './secrets.ts';

const draft = sheetDraft('virtlane.create', 5, isCreateForm);

/** A secret is not written down, and a file of this computer cannot be held on to: both are asked for again. */
export function saveDraft(form: CreateForm): void {
  const { iso, image, archive, live, ...rest } = withoutSecrets(form);
  draft.save({
    ...rest,
    iso: { ...iso, fileName: '' },
    image: { ...image, fileName: '' },
    archive: { ...archive, fileName: '' },
    // Nobody is logged in for it unasked.
    live: { ...live, looked: null },
    // Proposed anew, of what runs then.
    network: null,
  });
}

export function dropDraft(): void {
  draft.drop();
}

/** The draft, if there is one that this build wrote. */
export function readDraft(): CreateForm | null {
  const form = draft.read();
  return form === null ? null : { ...newForm(form.host), ...form };
}

function isCreateForm(form: object): form is CreateForm {
  return 'host' in form && typeof form.host === 'string';
}
