import { linesOf, type Sections } from './sections.ts';

/** A file system that is mounted, of a block device. */
export interface Mount {
  /** `8:1`; of btrfs and the like one that is no block device's. */
  readonly device: string;
  readonly at: string;
  /** Not only a folder of it. */
  readonly whole: boolean;
  readonly type: string;
  /** `/dev/sda1`, as the mount was asked for. */
  readonly source: string;
  readonly readOnly: boolean;
  readonly usedBytes: number | null;
}

/** /proc/self/mountinfo (proc_pid_mountinfo(5)), with what `df -kP` tells of them. */
export function mountsOf(sections: Sections): Mount[] {
  const used = usedOf(sections);
  return linesOf(sections, 'mounts').flatMap((line) => {
    const [before = '', after = ''] = line.split(' - ');
    const [, , device = '', root = '', at = ''] = before.split(' ');
    const [type = '', source = '', more = ''] = after.split(' ');
    if (!/^\d+:\d+$/.test(device) || at === '') return [];
    // Of the file system itself: a mount for reading alone may be one of several.
    const readOnly = more.split(',').includes('ro');
    const path = unescaped(at);
    return [
      {
        device,
        at: path,
        whole: isWhole(root, type),
        type,
        source: unescaped(source),
        readOnly,
        usedBytes: used.get(path) ?? null,
      },
    ];
  });
}

/** A subvolume of btrfs is mounted by its name. */
function isWhole(root: string, type: string): boolean {
  return root === '/' || type === 'btrfs';
}

/** Blanks and the like are three octal digits. */
export function unescaped(text: string): string {
  return text.replaceAll(/\\([0-7]{3})/g, (_all, digits: string) => String.fromCharCode(parseInt(digits, 8)));
}

function usedOf(sections: Sections): Map<string, number> {
  return new Map(
    linesOf(sections, 'df').flatMap((line) => {
      const match = /^.+?\s+\d+\s+(\d{1,13})\s+-?\d+\s+\S+%?\s+(\/.*)$/.exec(line);
      return match === null ? [] : [[match[2] ?? '', Number(match[1]) * 1024] as const];
    }),
  );
}
