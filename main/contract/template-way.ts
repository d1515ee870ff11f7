/** What a first-boot template is on some systems. */
interface Way {
  readonly systems: readonly string[];
}

/**
 * How a template is made on a system (`create.options`, `systems.id`); null: the system cannot have it. An image whose system is not known gets
 * the first way. Without zod, so that the window can use it at no cost.
 */
export function templateWay<W extends Way>(
  { ways }: { readonly ways: readonly W[] },
  os: string | null,
): W | null {
  return (os === null ? ways[0] : ways.find(({ systems }) => systems.includes(os))) ?? null;
}
