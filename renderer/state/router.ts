import { createStore, useStore } from './store.ts';

export const MACHINE_TABS = ['overview', 'graphs', 'console', 'xml'] as const;
export type MachineTab = (typeof MACHINE_TABS)[number];

export type Route =
  | { readonly page: 'machines' }
  | { readonly page: 'machine'; readonly host: string; readonly uuid: string; readonly tab: MachineTab };

/** `#/machine/<host>/<uuid>/<tab>`; anything else is the list. */
export function parseRoute(hash: string): Route {
  const [page, host, uuid, tab] = hash.replace(/^#\/?/, '').split('/').map(decode);
  if (page !== 'machine' || host === undefined || host === '' || uuid === undefined || uuid === '')
    return { page: 'machines' };
  return { page: 'machine', host, uuid, tab: MACHINE_TABS.find((one) => one === tab) ?? 'overview' };
}

function decode(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

export function routeHash(route: Route): string {
  if (route.page === 'machines') return '#/machines';
  return `#/machine/${encodeURIComponent(route.host)}/${encodeURIComponent(route.uuid)}/${route.tab}`;
}

const current = createStore<Route>({ page: 'machines' });

/** Starts to follow the address bar. */
export function startRouter(): void {
  const follow = (): void => current.set(parseRoute(location.hash));
  window.addEventListener('hashchange', follow);
  follow();
}

/** `replace` leaves no step to go back to: for a change of tab. */
export function navigate(route: Route, options: { replace?: boolean } = {}): void {
  const hash = routeHash(route);
  if (hash === location.hash) return;
  if (options.replace === true) {
    history.replaceState(null, '', hash);
    current.set(route);
  } else location.hash = hash;
}

export function useRoute(): Route {
  return useStore(current);
}
