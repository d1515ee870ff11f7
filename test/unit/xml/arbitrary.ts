import fc from 'fast-check';

const name = fc.constantFrom('a', 'disk', 'qemu:arg', 'ünit', 'x-1', '名前');
const character = fc.constantFrom(
  'x',
  ' ',
  '\t',
  '\n',
  '\r\n',
  '\r',
  'é',
  '😀',
  '漢',
  '&amp;',
  '&lt;',
  '&#x1F600;',
  '&#65;',
  '>',
  '"',
  "'",
);
const raw = fc.array(character, { maxLength: 12 }).map((parts) => parts.join(''));
const value = fc.oneof(
  raw.map((text) => `"${text.replaceAll('"', '')}"`),
  raw.map((text) => `'${text.replaceAll("'", '')}'`),
);
const space = fc.constantFrom(' ', '\n  ', '\r\n\t', '  ');
const attribute = fc.tuple(space, fc.constantFrom('', ' '), value);
const attributes = fc
  .tuple(fc.array(attribute, { maxLength: 3 }), fc.constantFrom('', ' ', '\n'))
  .map(
    ([list, tail]) =>
      list.map(([lead, gap, text], index) => `${lead}k${index}${gap}=${gap}${text}`).join('') + tail,
  );

const comment = raw.map((text) => `<!--${text.replaceAll('-', '')}<b>-->`);
const cdata = raw.map((text) => `<![CDATA[${text}<b>&]]>`);
const instruction = raw.map((text) => `<?pi ${text.replaceAll('?', '')}?>`);

const element: fc.Arbitrary<string> = fc.letrec<{ element: string }>((tie) => ({
  element: fc.oneof(
    { maxDepth: 4, withCrossShrink: true },
    fc.tuple(name, attributes).map(([tag, list]) => `<${tag}${list}/>`),
    fc
      .tuple(
        name,
        attributes,
        fc.array(fc.oneof(raw, comment, cdata, instruction, tie('element')), { maxLength: 5 }),
      )
      .map(([tag, list, content]) => `<${tag}${list}>${content.join('')}</${tag}>`),
  ),
})).element;

const misc = fc.constantFrom('', '\n', '<!-- c -->', '\r\n<?pi x?>\n');

/** Texts of well-formed documents, as wild as they may be. */
export const xmlText = fc
  .tuple(fc.constantFrom('', '<?xml version="1.0" encoding="UTF-8"?>\n', '\uFEFF'), misc, element, misc)
  .map((parts) => parts.join(''));
