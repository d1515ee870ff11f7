import type { SourceArea, SourceReport } from '../../contract/p2v-source.ts';
import { bytes } from '../format.ts';
import { keyValues, table } from '../table.ts';

const TABLE = { gpt: 'GPT', mbr: 'MBR', none: 'no table of partitions', other: 'an unknown table' } as const;

/** What a running machine is and what a copy of it takes, for people. */
export function sourceLines(report: SourceReport): string[] {
  const { firmware, secureBoot, memoryBytes, cpus, nics } = report;
  const ofDisks = report.disks.flatMap(({ problems }) => problems);
  const isRefused = report.problems.length > 0;
  return [
    ...keyValues([
      ['machine', report.hostname],
      ['system', [report.system, report.kernel, report.arch].filter((word) => word !== null).join(', ')],
      ['firmware', `${firmware === 'uefi' ? 'UEFI' : 'BIOS'}${secureBoot === true ? ', Secure Boot' : ''}`],
      ['memory', bytes(memoryBytes)],
      ['CPUs', String(cpus)],
      ...nics.map(({ name, mac, addresses }): [string, string] => [name, [mac, ...addresses].join(' ')]),
    ]),
    ...report.disks.flatMap((disk) => [
      '',
      `${disk.name}: ${bytes(disk.sizeBytes)}, ${TABLE[disk.table]}${disk.model === null ? '' : `, ${disk.model}`}`,
      ...areaLines(disk.table === 'none' ? [disk] : disk.partitions),
    ]),
    ...report.groups.flatMap(({ name, freeBytes, volumes }) => [
      '',
      `${name}: volume group, ${bytes(freeBytes)} free`,
      ...areaLines(volumes),
    ]),
    ...listed('Cannot be:', isRefused ? [...report.problems, ...ofDisks] : []),
    ...listed('Works:', report.works),
    ...listed(
      'Would be asked, each by itself:',
      report.changes.map(({ id, text, why, lines }) => [`${id}: ${text} ${why}`, ...lines]),
    ),
    ...listed('To know:', report.warnings),
    ...listed('Cannot be:', isRefused ? [] : ofDisks),
  ];
}

function areaLines(areas: readonly SourceArea[]): string[] {
  if (areas.length === 0) return [];
  return table(
    [
      { title: 'NAME', value: ({ path }) => path },
      { title: 'SIZE', value: ({ sizeBytes }) => bytes(sizeBytes), align: 'right' },
      { title: 'CONTENT', value: ({ content }) => content ?? '-' },
      { title: 'USED', value: ({ usedBytes }) => bytes(usedBytes), align: 'right' },
      { title: 'MOUNTED AT', value: ({ mountpoints }) => mountpoints.join(', ') || '-' },
    ],
    areas,
  );
}

/** @param items each a line, or one and those under it: a line feed within one would be shown as such */
function listed(title: string, items: readonly (string | readonly string[])[]): string[] {
  const lines = items.flatMap((item) => {
    const [first = '', ...under] = typeof item === 'string' ? [item] : item;
    return [`- ${first}`, ...under.map((line) => `    ${line}`)];
  });
  return items.length === 0 ? [] : ['', title, ...lines];
}
