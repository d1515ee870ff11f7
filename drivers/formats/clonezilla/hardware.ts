import { readText, type ImageFiles } from './image-files.ts';

/** What the image's own reports tell of the machine; null where they do not say it. */
export interface Hardware {
  readonly vendor: string | null;
  readonly product: string | null;
  readonly memoryBytes: number | null;
  readonly cpus: number | null;
  readonly cpuModel: string | null;
  readonly macs: readonly string[];
}

const REPORT_LIMIT = 2 << 20;
const MAX_MACS = 64;
const MAX_WORDS = 120;
const UNITS: Readonly<Record<string, number>> = {
  kB: 2 ** 10,
  KB: 2 ** 10,
  MB: 2 ** 20,
  GB: 2 ** 30,
  TB: 2 ** 40,
};

/** Reads `Info-dmi.txt` (dmidecode) and `Info-lshw.txt` (lshw), as far as they are there. */
export async function readHardware(files: ImageFiles): Promise<Hardware> {
  // Nothing depends on a report: one that is too long is as good as none.
  const report = async (name: string): Promise<string> =>
    (files.sizes.get(name) ?? 0) > REPORT_LIMIT ? '' : ((await readText(files, name)) ?? '');
  const dmi = sectionsOf(await report('Info-dmi.txt'));
  const lshw = await report('Info-lshw.txt');
  const system = dmi.find(({ title }) => title === 'System Information');
  const processors = dmi.filter(
    ({ title, values }) =>
      title === 'Processor Information' && /^populated/i.test(values.get('Status') ?? ''),
  );
  return {
    vendor: words(system?.values.get('Manufacturer')),
    product: words(system?.values.get('Product Name')),
    memoryBytes: memoryOf(dmi) ?? lshwMemory(lshw),
    cpus: cpusOf(processors),
    cpuModel: words(processors[0]?.values.get('Version')),
    macs: macsIn(lshw),
  };
}

interface DmiSection {
  readonly title: string;
  readonly values: ReadonlyMap<string, string>;
}

/** `Handle …`, the title, then `\tkey: value` lines. */
function sectionsOf(text: string): DmiSection[] {
  return text
    .split(/\n(?=Handle 0x)/)
    .map((block) => block.split('\n'))
    .map(([, title = '', ...lines]) => {
      const pairs = lines.map((line) => /^\t([^\t:]+):\s*(.*)$/.exec(line));
      const values = new Map(
        pairs.flatMap((pair) => (pair === null ? [] : [[pair[1] ?? '', pair[2] ?? ''] as const])),
      );
      return { title: title.trim(), values };
    });
}

/** What makers leave in such fields is no name. */
function words(text: string | undefined): string | null {
  const trimmed = (text ?? '').trim().slice(0, MAX_WORDS);
  return /^(?:|not specified|to be filled by o\.e\.m\.|default string|system (?:manufacturer|product name))$/i.test(
    trimmed,
  )
    ? null
    : trimmed;
}

function memoryOf(dmi: readonly DmiSection[]): number | null {
  const bytes = dmi
    .filter(({ title }) => title === 'Memory Device')
    .map(({ values }) => /^(\d{1,9}) (kB|KB|MB|GB|TB)$/.exec(values.get('Size') ?? ''))
    .reduce((sum, size) => sum + Number(size?.[1] ?? 0) * (UNITS[size?.[2] ?? ''] ?? 0), 0);
  return bytes > 0 && Number.isSafeInteger(bytes) ? bytes : null;
}

function cpusOf(processors: readonly DmiSection[]): number | null {
  const cpus = processors.reduce((sum, { values }) => {
    const threads = Number(
      values.get('Thread Count') ?? values.get('Core Enabled') ?? values.get('Core Count') ?? 1,
    );
    return sum + (Number.isInteger(threads) && threads > 0 && threads < 4096 ? threads : 1);
  }, 0);
  return cpus > 0 ? cpus : null;
}

/** The first `*-memory` of lshw is all of it. */
function lshwMemory(text: string): number | null {
  const block = /\*-memory\b[^\n]*\n(?<lines>(?:(?!\s*\*-)[^\n]*\n)*)/.exec(text)?.groups?.['lines'] ?? '';
  const size = /^\s*size: (\d{1,6})([KMGT])iB\s*$/m.exec(block);
  const bytes = Number(size?.[1]) * (UNITS[`${size?.[2] ?? ''}B`] ?? NaN);
  return Number.isSafeInteger(bytes) ? bytes : null;
}

function macsIn(lshw: string): string[] {
  const blocks = lshw.split(/\n(?=\s*\*-)/).filter((block) => /^\s*\*-network\b/.test(block));
  const macs = blocks.map((block) => /^\s*serial: ((?:[0-9a-f]{2}:){5}[0-9a-f]{2})\s*$/im.exec(block)?.[1]);
  return [...new Set(macs.flatMap((mac) => (mac === undefined ? [] : [mac.toLowerCase()])))].slice(
    0,
    MAX_MACS,
  );
}
