import { useDebouncedValue } from '@mantine/hooks';
import { useEffect, useEffectEvent } from 'react';
import type { CreateInput, CreateProblem, ReadXml } from '../../../main/contract/create.ts';
import { api } from '../../api/client.ts';
import type { CreateForm } from './form.ts';
import { saidAt, sectionOf, SECTIONS, type Section } from './problems.ts';

/** XML that was edited and that the fields do not follow yet. */
export function isUnread(form: CreateForm): boolean {
  return form.xml !== null && form.xmlBase === null;
}

/** What of XML that was edited and cannot be read is wrong; null: it can. The fields are as it was before. */
export function unreadable(form: CreateForm, problems: readonly CreateProblem[]): string | null {
  return isUnread(form) ? saidAt(problems, 'xml') : null;
}

/** All that these sections say stands in the XML. */
export const IN_XML: ReadonlySet<Section> = new Set(['system', 'disks', 'network', 'devices']);

/** The form with XML that was just typed. What the fields said before is kept: giving up the edit brings it back. */
export function withXml(form: CreateForm, xml: string | null): Partial<CreateForm> {
  const { name, title, description, tags, edits, xmlUndo } = form;
  if (xml === null) return { ...xmlUndo, ...NO_XML };
  return { ...NO_XML, xml, xmlUndo: xmlUndo ?? { name, title, description, tags, edits } };
}

const NO_XML = { xml: null, xmlBase: null, xmlBeyond: [], xmlUndo: null, xmlRead: null } as const;

/** The fields as the XML says them. */
function followed(read: ReadXml): Partial<CreateForm> {
  const { name, title, description, tags, spec, base, beyond } = read;
  const fields = { name, title: title ?? '', description: description ?? '', tags, edits: spec };
  return {
    ...fields,
    xmlRead: fields,
    xmlBase: base,
    xmlBeyond: beyond,
  };
}

/** The sections where something was said after the XML was edited. */
export function changedSinceXml({ xmlRead, name, title, description, tags, edits }: CreateForm): Section[] {
  if (xmlRead === null) return [];
  const now: Record<string, unknown> = { name, title, description, tags };
  const read: Record<string, unknown> = {
    name: xmlRead.name,
    title: xmlRead.title,
    description: xmlRead.description,
    tags: xmlRead.tags,
  };
  for (const [key, value] of Object.entries(edits)) now[`spec.${key}`] = value;
  for (const [key, value] of Object.entries(xmlRead.edits)) read[`spec.${key}`] = value;
  const changed = new Set(
    Object.keys(now)
      .filter((field) => JSON.stringify(now[field]) !== JSON.stringify(read[field]))
      .map(sectionOf),
  );
  return SECTIONS.filter((section) => changed.has(section));
}

/** Lets the fields follow edited XML, a moment after the last key. XML that cannot be read is a problem of the plan, and is not followed. */
export function useFollowXml(
  form: CreateForm,
  input: CreateInput | null,
  onForm: (change: (form: CreateForm) => CreateForm) => void,
): void {
  const [settled] = useDebouncedValue(form.xml, 300);
  const due = isUnread(form) && settled === form.xml && input !== null;
  const read = useEffectEvent((signal: AbortSignal) => {
    if (input === null) return;
    const { xml } = input;
    api.create.readXml(input, { signal }).then(
      (answer) =>
        onForm((before) =>
          before.xml === xml && isUnread(before) ? { ...before, ...followed(answer) } : before,
        ),
      // The plan of the same input says what is wrong.
      () => undefined,
    );
  });
  useEffect(() => {
    if (!due) return undefined;
    const controller = new AbortController();
    read(controller.signal);
    return () => controller.abort();
  }, [due, form.xml]);
}
