import type { Sections } from './sections.ts';

/** What blkid says of each device (`sda1`), by its own tags: `TYPE`, `UUID`, `LABEL`, `PTTYPE`, `PART_ENTRY_TYPE`. */
export type Tags = ReadonlyMap<string, ReadonlyMap<string, string>>;

/** `blkid -p -o export` has a line for each tag, busybox's blkid all of them in one. */
export function tagsOf({ texts }: Sections): Tags {
  const [, ...parts] = `\n${texts.get('blkid') ?? ''}`.split('\nVIRTLANE=');
  return new Map(
    parts.map((part) => {
      const [name = '', ...lines] = part.split('\n');
      return [name, new Map(lines.flatMap(pairsIn))] as const;
    }),
  );
}

function pairsIn(line: string): (readonly [string, string])[] {
  const exported = /^([A-Z_]+)=(.*)$/.exec(line);
  if (exported !== null) return [[exported[1] ?? '', unquoted(exported[2] ?? '')]];
  return [...line.matchAll(/\b([A-Z_]+)="([^"]*)"/g)].map(
    ([, key = '', value = '']) => [key, value] as const,
  );
}

/** Blanks and signs stand behind a backslash. */
function unquoted(value: string): string {
  return value.replaceAll(/\\(.)/g, '$1');
}
