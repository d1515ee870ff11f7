import fc from 'fast-check';
import { codePoint } from '../../support/code-points.ts';
import type { Codec } from '../../../drivers/xdr/xdr.ts';

/** Lists and texts are kept short: the property is about shape, not size. */
const SHORT = 5;

const text = (max: number): fc.Arbitrary<string> =>
  fc
    .string({ unit: codePoint, maxLength: Math.min(SHORT, Math.floor(max / 4)) })
    .map((value) => value.replaceAll('\0', '.'));

/** Any value that a codec can write, from the codec's own description. */
export function arbitraryOf(codec: Codec<unknown>): fc.Arbitrary<unknown> {
  const { shape } = codec;
  switch (shape.kind) {
    case 'int':
      return fc.integer({ min: shape.min, max: shape.max });
    case 'hyper':
      return fc.bigInt({ min: -(1n << 63n), max: (1n << 63n) - 1n });
    case 'uhyper':
      return fc.bigInt({ min: 0n, max: (1n << 64n) - 1n });
    case 'double':
      return fc.double({ noNaN: true });
    case 'bool':
      return fc.boolean();
    case 'void':
      return fc.constant(undefined);
    case 'string':
      return text(shape.max);
    case 'chars':
      return text(shape.max - 1);
    case 'charsFixed':
      return text(shape.length - 1);
    case 'opaque':
    case 'charBytes':
      return fc.uint8Array({ maxLength: Math.min(SHORT, shape.max) });
    case 'opaqueFixed':
      return fc.uint8Array({ minLength: shape.length, maxLength: shape.length });
    case 'optional':
      return fc.option(arbitraryOf(shape.of), { nil: null });
    case 'array':
      return fc.array(arbitraryOf(shape.of), { maxLength: Math.min(SHORT, shape.max) });
    case 'struct':
      return fc.record(Object.fromEntries(shape.fields.map(([key, of]) => [key, arbitraryOf(of)])), {
        noNullPrototype: true,
      });
    case 'union':
      return fc.oneof(
        ...shape.cases.map(({ type, of }) =>
          fc.record({ type: fc.constant(type), value: arbitraryOf(of) }, { noNullPrototype: true }),
        ),
      );
  }
}
