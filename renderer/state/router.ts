import { createStore, useStore } from './store.ts';

export const MACHINE_TABS = ['overview', 'graphs', 'console', 'xml'] as const;
export type MachineTab = (typeof MACHINE_TABS)[number];

export interface MachineRoute {
  readonly page: 'machine';
  readonly host: string;
  readonly uuid: string;
  readonly tab: MachineTab;
}

/** What of the storage is chosen: nothing, a pool, or a volume of it by name. */
export interface StorageRoute {
  readonly page: 'storage';
  readonly pool?: { readonly host: string; readonly uuid: string };
  readonly volume?: string;
}

export const NETWORK_VIEWS = ['networks', 'interfaces', 'filters'] as const;
export type NetworkView = (typeof NETWORK_VIEWS)[number];
export const NETWORK_TABS = ['overview', 'leases', 'fixed', 'dns', 'portGroups', 'rates', 'xml'] as const;
export type NetworkTab = (typeof NETWORK_TABS)[number];

/** Which list of the networks' page, and what of the networks is chosen. */
export interface NetworksRoute {
  readonly page: 'networks';
  readonly view: NetworkView;
  readonly network?: { readonly host: string; readonly uuid: string };
  readonly tab?: NetworkTab;
}

export type Route = { readonly page: 'machines' } | MachineRoute | StorageRoute | NetworksRoute;

/**
 * `#/machine/<host>/<uuid>/<tab>`, `#/storage/<host>/<pool>/<volume>`, `#/networks/<view>` or `#/networks/<host>/<uuid>/<tab>`; anything
 * else is the list.
 */
export function parseRoute(hash: string): Route {
  const [page, host = '', uuid = '', last = ''] = hash.replace(/^#\/?/, '').split('/').map(decode);
  const whole = host !== '' && uuid !== '';
  if (page === 'machine' && whole)
    return { page, host, uuid, tab: MACHINE_TABS.find((one) => one === last) ?? 'overview' };
  if (page === 'storage')
    return {
      page,
      ...(whole ? { pool: { host, uuid } } : {}),
      ...(whole && last !== '' ? { volume: last } : {}),
    };
  if (page === 'networks') return whole ? networkRoute(host, uuid, last) : { page, view: networkView(host) };
  return { page: 'machines' };
}

function networkView(name: string): NetworkView {
  return NETWORK_VIEWS.find((one) => one === name) ?? 'networks';
}

function networkRoute(host: string, uuid: string, last: string): NetworksRoute {
  const tab = NETWORK_TABS.find((one) => one === last);
  return {
    page: 'networks',
    view: 'networks',
    network: { host, uuid },
    ...(tab === undefined ? {} : { tab }),
  };
}

function decode(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

export function routeHash(route: Route): string {
  return `#/${routeParts(route).map(encodeURIComponent).join('/')}`;
}

function routeParts(route: Route): readonly string[] {
  switch (route.page) {
    case 'machines':
      return [route.page];
    case 'machine':
      return [route.page, route.host, route.uuid, route.tab];
    case 'storage': {
      const { page, pool, volume } = route;
      if (pool === undefined) return [page];
      return [page, pool.host, pool.uuid, ...(volume === undefined ? [] : [volume])];
    }
    case 'networks': {
      const { page, view, network, tab } = route;
      if (network === undefined) return view === 'networks' ? [page] : [page, view];
      return [page, network.host, network.uuid, ...(tab === undefined ? [] : [tab])];
    }
  }
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

export function currentRoute(): Route {
  return current.get();
}

export function useRoute(): Route {
  return useStore(current);
}
