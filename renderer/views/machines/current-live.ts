import type { Domain } from '../../../main/contract/domain.ts';
import type { DomainFigures } from '../../../main/contract/figures.ts';
import type { DomainLive } from '../../state/figures.ts';
import { isActive } from '../../ui/domain-state.ts';

/** What the last figures still mean in the machine's present state: that comes at once, the next figures only with the next tick. */
export function currentFigures(
  domain: Pick<Domain, 'state'>,
  figures: DomainFigures | null,
): DomainFigures | null {
  if (figures === null || !isActive(domain)) return null;
  if (domain.state !== 'paused' && domain.state !== 'pmsuspended') return figures;
  const still = (rate: number | null): number | null => (rate === null ? null : 0);
  return {
    ...figures,
    cpu: still(figures.cpu),
    diskReadBytes: still(figures.diskReadBytes),
    diskWriteBytes: still(figures.diskWriteBytes),
    netInBytes: still(figures.netInBytes),
    netOutBytes: still(figures.netOutBytes),
  };
}

/** The same with the small graphs, which show what was. */
export function currentLive(domain: Pick<Domain, 'state'>, live: DomainLive): DomainLive {
  return { ...live, figures: currentFigures(domain, live.figures) };
}
