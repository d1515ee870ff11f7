import { sheetDraft } from '../sheet/draft.ts';
import { newForm, type CreateForm } from './form.ts';
import { withXml } from './use-xml.ts';

const draft = sheetDraft('virtlane.create', 4, isCreateForm);

/**
 * A password is not written down, nor XML that holds one, and a file of this computer cannot be held on to: both are asked for again.
 */
export function saveDraft(form: CreateForm): void {
  draft.save({
    ...form,
    ...(form.xml?.includes('passwd') === true ? withXml(form, null) : {}),
    firstBoot: { ...form.firstBoot, password: '' },
    answers: { ...form.answers, password: '', productKey: '' },
    iso: { ...form.iso, fileName: '' },
    image: { ...form.image, fileName: '' },
    archive: { ...form.archive, fileName: '' },
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
