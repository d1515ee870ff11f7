import type { NewElement } from './fragment.ts';

/** What is to be done to one element. */
export interface ElementEdits {
  /** New value; null removes. */
  readonly attributes: Map<string, string | null>;
  /** Encoded text in place of all content; null leaves it. */
  content: string | null;
  appended: NewElement[];
  readonly before: NewElement[];
  readonly after: NewElement[];
  removed: boolean;
}

export function noEdits(): ElementEdits {
  return { attributes: new Map(), content: null, appended: [], before: [], after: [], removed: false };
}

export function isEdited(edits: ElementEdits): boolean {
  return (
    edits.removed ||
    edits.content !== null ||
    edits.attributes.size + edits.appended.length + edits.before.length + edits.after.length > 0
  );
}
