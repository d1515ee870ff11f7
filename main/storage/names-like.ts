/** `web.qcow2`, `web-2.qcow2`, `web-3.qcow2`…: names for who looks for a free one. */
export function* namesLike(wanted: string): Generator<string, never, void> {
  const dot = wanted.lastIndexOf('.');
  const [stem, end] = dot > 0 ? [wanted.slice(0, dot), wanted.slice(dot)] : [wanted, ''];
  yield wanted;
  for (let n = 2; ; n += 1) yield `${stem}-${n}${end}`;
}
