import { currentFilter, useFilter, type MachineFilter } from './filter.ts';
import { currentRoute, useRoute, type Route } from './router.ts';

/** The host whose machines, machine, pool or network is looked at; null: it is several, or none. */
export function hostInView(
  route: Route = currentRoute(),
  filter: MachineFilter = currentFilter(),
): string | null {
  switch (route.page) {
    case 'machines':
      return filter.host;
    case 'machine':
      return route.host;
    case 'storage':
      return route.pool?.host ?? null;
    case 'networks':
      return route.network?.host ?? null;
  }
}

export function useHostInView(): string | null {
  return hostInView(useRoute(), useFilter());
}
