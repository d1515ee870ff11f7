import { createHash } from 'node:crypto';
import type { DeviceTable } from '../model.ts';
import { unescaped } from './mounts.ts';
import { rowsOf, wordsOf, type Sections } from './sections.ts';

const MAX_ROWS = 256;

/** fstab(5) has the device in front, crypttab(5) behind the name. */
const TABLES = [
  { path: '/etc/fstab', section: 'fstab', word: 0, use: 1 },
  { path: '/etc/crypttab', section: 'crypttab', word: 1, use: 0 },
] as const;

/** What of the source names devices, line by line; of its other words nothing is kept, as some are passwords. */
export function deviceTablesOf(sections: Sections): DeviceTable[] {
  const links = new Map(rowsOf(sections, 'links').map(([from = '', to = '']) => [from, to]));
  return TABLES.flatMap(({ path, section, word, use }): DeviceTable[] => {
    const text = sections.texts.get(section) ?? null;
    if (text === null) return [];
    const rows = text.split('\n').flatMap((each, line) => {
      const words = each.trim().split(/\s+/);
      const device = words[word] ?? '';
      if (each.trim().startsWith('#') || !/^\/dev\/[\x21-\x7e]{1,200}$/.test(device)) return [];
      const named = wordsOf(unescaped(words[use] ?? '')) ?? '';
      return [{ line, word, device, use: named, leadsTo: wordsOf(links.get(device)) }];
    });
    if (rows.length === 0) return [];
    const isWhole = !sections.cut.includes(section) && !text.includes('\uFFFD');
    const sha256 = isWhole ? createHash('sha256').update(text).digest('hex') : null;
    return [{ path, sha256, rows: rows.slice(0, MAX_ROWS) }];
  });
}
