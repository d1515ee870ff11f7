// What p2v.ts measures: an image's bytes to a raw file, by the compiled drivers, as they are delivered.
import { createReadStream } from 'node:fs';
import { open } from 'node:fs/promises';

const built = new URL('../../build/drivers/formats/open-image.js', import.meta.url);
const { openImage } = await import(built.href);
const [from, to] = process.argv.slice(2);
const image = await openImage(createReadStream(from, { highWaterMark: 1024 ** 2 }));
const target = await open(to, 'w');
await target.truncate(image.deviceBytes);
for await (const { offset, data } of image.runs) await target.write(data, 0, data.length, offset);
await target.close();
