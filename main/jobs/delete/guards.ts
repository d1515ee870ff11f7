import type { DeletionPlan, ShownLosses } from '../../contract/domain.ts';

/** What would be lost now, and what cannot be seen of the files that go, and was not shown to the person who agreed: one phrase each. */
export function unshownLosses(plan: DeletionPlan, shown: ShownLosses, volumes: readonly string[]): string[] {
  const more = (count: number, before: number, what: string): string[] => {
    const added = count - before;
    return added <= 0 ? [] : [`${added} ${what}${added === 1 ? '' : 's'}`];
  };
  return [
    ...(plan.managedSave && !shown.managedSave ? ['a saved state'] : []),
    ...more(plan.snapshots, shown.snapshots, 'snapshot'),
    ...more(plan.checkpoints, shown.checkpoints, 'checkpoint'),
    ...(plan.nvram !== null && !shown.nvram ? ['firmware settings (NVRAM)'] : []),
    ...(plan.tpm && !shown.tpm ? ['what its TPM holds'] : []),
    ...(volumes.length > 0 && plan.unseen.some((sentence) => shown.unseen?.includes(sentence) !== true)
      ? ['files of which it cannot be seen whether something else needs them']
      : []),
  ];
}

/**
 * A machine with the same UUID on another host was moved, or is about to be: on storage that both hosts see, the files are the other
 * one's too. They stay; whoever knows that they are copies can delete them as volumes.
 * @param twins names of those machines with their hosts
 */
export function keepForTwins(plan: DeletionPlan, twins: readonly string[]): DeletionPlan {
  if (twins.length === 0) return plan;
  const volumes = plan.volumes.map((volume) => ({
    ...volume,
    keep: 'usedByOther' as const,
    usedBy: [...volume.usedBy, ...twins],
  }));
  return { ...plan, volumes };
}
