import type { MigrateDisk, ShownDisk } from '../../contract/migrate.ts';

/**
 * What would become of disks otherwise than a person was shown, half a sentence for each; empty: all is as shown. A disk that was to be either is as shown
 * whichever it is, and one that was to be copied may stay where it is, as both hosts see it by now. Pure.
 */
export function changedWays(shown: readonly ShownDisk[], now: readonly MigrateDisk[]): string[] {
  const gone = shown.filter(({ target }) => now.every((disk) => disk.target !== target));
  return [
    ...now.flatMap(({ target, way }) => {
      const was = shown.find((disk) => disk.target === target)?.way;
      if (was === 'either' || was === way || (was === 'copy' && way === 'shared')) return [];
      const then = was === undefined ? 'was not shown' : `was to ${words(was)}`;
      return [`${target} ${then}, and would now ${words(way)}`];
    }),
    ...gone.map(({ target }) => `${target} is no disk of it any more`),
  ];
}

function words(way: MigrateDisk['way']): string {
  return way === 'shared' ? 'stay where it is, seen by both hosts' : 'be copied';
}
