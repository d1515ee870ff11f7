import type { Job } from '../../../main/contract/activity.ts';
import type { Domain } from '../../../main/contract/domain.ts';
import type { Host } from '../../../main/contract/host.ts';
import { domainKey } from '../../state/store.ts';
import {
  ACTION_IDS,
  whyDisabled,
  whyMoving,
  whyNoSheet,
  type ActionId,
  type SheetId,
} from '../machine/lifecycle/availability.ts';
import { find, wordsTaken, words } from '../machines/find.ts';

/** What a machine's menu offers: its pages, its sheets, and what is done to it. */
export type CommandId = 'open' | 'console' | SheetId | ActionId;

const SHEETS: readonly SheetId[] = ['fromTemplate', 'clone', 'migrate'];
export const COMMAND_IDS: readonly CommandId[] = ['open', 'console', ...SHEETS, ...ACTION_IDS];

export function isSheet(id: CommandId): id is SheetId {
  return SHEETS.some((sheet) => sheet === id);
}

export interface FoundCommand {
  readonly id: CommandId;
  readonly domain: Domain;
  /** The text names machines; else it is the command alone, of any machine. */
  readonly named: boolean;
}

type AnyJob = Pick<Job, 'kind' | 'uuid' | 'state'>;

/** What the window knows, and which machine is chosen in it (`domainKey`; null: none). */
export interface Known {
  readonly domains: readonly Domain[];
  readonly hosts: readonly Host[];
  readonly jobs: readonly AnyJob[];
  readonly chosen: string | null;
}

interface Ranked extends FoundCommand {
  /** The command's words are all there. */
  readonly whole: boolean;
  readonly can: boolean;
  readonly exact: boolean;
}

/**
 * “shut down web”: what the menus of machines offer, by its words and then the machine's. A machine that is named shows also what is refused,
 * where that is what was asked for; without a name there is what can be done, of the chosen machine first.
 * @param wordsOf a command's words, the menu's own first
 */
export function findCommands(
  known: Known,
  wordsOf: (id: CommandId) => readonly string[],
  query: { readonly text: string; readonly limit: number },
): readonly FoundCommand[] {
  const given = words(query.text);
  const asked = COMMAND_IDS.flatMap((id) => askedOf(id, wordsOf(id), query.text));
  const moves = new Map(known.jobs.flatMap((job) => (isMove(job) ? [[job.uuid, job.state] as const] : [])));
  const up = new Set(known.hosts.flatMap(({ id, state }) => (state === 'connected' ? [id] : [])));
  const all = [...new Set(asked.map(({ taken }) => taken))].flatMap((taken) => {
    const text = given.slice(taken).join(' ');
    const found = find(known, { text, limit: query.limit }).machines.map(({ domain }) => domain);
    const first = known.domains.filter(
      (one) => text === '' && domainKey(one.host, one.uuid) === known.chosen,
    );
    return [...new Set([...first, ...found])].flatMap((domain) =>
      asked
        .filter((one) => one.taken === taken)
        .map(({ id, whole }): Ranked => {
          const { host, uuid, name } = domain;
          const can = canDo(id, domain, { connected: up.has(host), state: moves.get(uuid) ?? null });
          const exact = text === '' ? domainKey(host, uuid) === known.chosen : name.toLowerCase() === text;
          return { id, domain, named: text !== '', whole, can, exact };
        }),
    );
  });
  return all
    .filter((one) => isShown(one, all))
    .sort((a, b) => weight(a) - weight(b))
    .slice(0, query.limit);
}

/** The longest of a command's texts that the query begins with: how many of its words it takes, and whether the text is all there. */
export function askedOf<Id>(id: Id, texts: readonly string[], query: string) {
  const best = texts
    .map((text) => ({ id, taken: wordsTaken(text, query), whole: false, length: words(text).length }))
    .map((one) => ({ ...one, whole: one.taken === one.length }))
    .toSorted((a, b) => b.taken - a.taken || Number(b.whole) - Number(a.whole))[0];
  return best === undefined || best.taken === 0 ? [] : [best];
}

function isMove(job: AnyJob): job is AnyJob & { uuid: string } {
  const over = job.state === 'done' || job.state === 'failed' || job.state === 'cancelled';
  return job.kind === 'migrate' && job.uuid !== null && !over;
}

function canDo(
  id: CommandId,
  domain: Domain,
  now: { connected: boolean; state: Job['state'] | null },
): boolean {
  if (id === 'open' || id === 'console') return true;
  if (isSheet(id)) return whyNoSheet(id, domain, now) === null;
  return (whyDisabled(id, domain, now.connected) ?? whyMoving(id, now.state)) === null;
}

function isShown({ id, domain, named, whole, can }: Ranked, all: readonly Ranked[]): boolean {
  if (can) return true;
  // That it is no template is no answer to anybody.
  if (!named || id === 'fromTemplate' || id === 'releaseTemplate') return false;
  return whole || !all.some((one) => one.domain === domain && (one.can || one.whole));
}

function weight({ whole, can, exact }: Ranked): number {
  return (exact ? 0 : 4) + (whole ? 0 : 2) + (can ? 0 : 1);
}
