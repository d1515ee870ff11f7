import type { Host } from '../../../main/contract/host.ts';
import type { Pool } from '../../../main/contract/storage.ts';
import { find, hasWords, rankOf, words } from '../machines/find.ts';
import { isActive, makesVolumes, takesFiles } from '../storage/pool-facts.ts';
import { askedOf } from './find-commands.ts';

const ON_HOST = ['newMachine', 'newPool', 'newNetwork'] as const;
const IN_POOL = ['newVolume', 'upload'] as const;
const OF_APP = ['addHost', 'jobs', 'events', 'settings', 'dark', 'light', 'system', 'keys'] as const;

/** What makes something new, and what belongs to the app. */
export const APP_COMMAND_IDS = [...ON_HOST, ...IN_POOL, ...OF_APP] as const;
export type AppCommandId = (typeof APP_COMMAND_IDS)[number];

export type FoundAppCommand =
  | { readonly id: (typeof OF_APP)[number] }
  /** On the host that the text names; null: it names none. */
  | { readonly id: (typeof ON_HOST)[number]; readonly host: Host | null }
  /** Null: no pool that is there can take one. */
  | { readonly id: (typeof IN_POOL)[number]; readonly pool: Pool | null };

/** What the window knows. */
export interface AppKnown {
  readonly hosts: readonly Host[];
  /** Of the hosts that are connected, the one that is looked at first. */
  readonly pools: readonly Pool[];
}

interface Asked {
  readonly id: AppCommandId;
  /** The command's words are all there. */
  readonly whole: boolean;
  /** What follows them, in lower case. */
  readonly rest: string;
}

/**
 * “new pool kvm-a”, “upload default”, “dark”: what the buttons of the pages and of the frame do, by their words and then the host's or pool's.
 * @param wordsOf a command's words, the button's own first
 */
export function findAppCommands(
  known: AppKnown,
  wordsOf: (id: AppCommandId) => readonly string[],
  query: { readonly text: string; readonly limit: number },
): readonly FoundAppCommand[] {
  const given = words(query.text);
  return APP_COMMAND_IDS.flatMap((id) => askedOf(id, wordsOf(id), query.text))
    .map(({ id, whole, taken }): Asked => ({ id, whole, rest: given.slice(taken).join(' ') }))
    .toSorted((a, b) => Number(b.whole) - Number(a.whole))
    .flatMap((asked) => linesOf(asked, known))
    .slice(0, query.limit);
}

function linesOf({ id, whole, rest }: Asked, { hosts, pools }: AppKnown): readonly FoundAppCommand[] {
  if (isOnHost(id)) {
    if (rest === '') return [{ id, host: null }];
    return find({ domains: [], hosts }, { text: rest, limit: hosts.length }).hosts.map((host) => ({
      id,
      host,
    }));
  }
  if (!isInPool(id)) return rest === '' ? [{ id }] : [];
  const can = pools.filter((pool) => isActive(pool) && (id === 'upload' ? takesFiles : makesVolumes)(pool));
  if (rest === '' && can.length === 0) return [{ id, pool: null }];
  const found = poolsNamed(can, hosts, rest);
  // “new” is said of much: one pool stands for all of them.
  return (whole ? found : found.slice(0, 1)).map((pool) => ({ id, pool }));
}

function poolsNamed(pools: readonly Pool[], hosts: readonly Host[], text: string): readonly Pool[] {
  const names = new Map(hosts.map(({ id, name }) => [id, name]));
  const wanted = words(text);
  const [first] = wanted;
  const found = pools.filter(({ name, host }) =>
    hasWords(`${name} ${names.get(host) ?? ''}`.toLowerCase(), wanted),
  );
  return first === undefined
    ? found
    : found.toSorted((a, b) => rankOf(a.name, first) - rankOf(b.name, first));
}

function isOnHost(id: AppCommandId): id is (typeof ON_HOST)[number] {
  return ON_HOST.some((one) => one === id);
}

function isInPool(id: AppCommandId): id is (typeof IN_POOL)[number] {
  return IN_POOL.some((one) => one === id);
}
