import type { ImageFiles } from '../../drivers/formats/clonezilla/image-files.ts';

/** A directory in memory. */
export function memoryFiles(contents: Readonly<Record<string, string | Uint8Array>>): ImageFiles {
  const bytes = new Map(Object.entries(contents).map(([name, content]) => [name, Buffer.from(content)]));
  return {
    sizes: new Map([...bytes].map(([name, { length }]) => [name, length])),
    async *stream(name) {
      await Promise.resolve();
      yield bytes.get(name) ?? Buffer.alloc(0);
    },
  };
}
