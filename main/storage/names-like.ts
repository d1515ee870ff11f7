/**
 * `web.qcow2`, `web-2.qcow2`, `web-3.qcow2`…: names for who looks for a free one.
 * @param ending what the number goes before; left out: from the last dot on
 */
export function* namesLike(wanted: string, ending = extensionOf(wanted)): Generator<string, never, void> {
  const stem = wanted.slice(0, wanted.length - ending.length);
  yield wanted;
  for (let n = 2; ; n += 1) yield `${stem}-${n}${ending}`;
}

/** The first of them that nobody has. */
export function firstFree(wanted: string, isTaken: (name: string) => boolean, ending?: string): string {
  for (const name of namesLike(wanted, ending)) if (!isTaken(name)) return name;
  return wanted;
}

function extensionOf(name: string): string {
  const dot = name.lastIndexOf('.');
  return dot > 0 ? name.slice(dot) : '';
}
