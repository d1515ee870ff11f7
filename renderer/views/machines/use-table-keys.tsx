import { useEffect, useRef, type KeyboardEvent, type RefObject } from 'react';
import type { Domain } from '../../../main/contract/domain.ts';
import { navigate } from '../../state/router.ts';
import { domainKey } from '../../state/store.ts';
import { askForMany, useDomainActions } from '../machine/actions.tsx';
import { rowId } from './machine-row.tsx';
import type { MenuPlace } from './row-menu.tsx';
import type { TableCommand } from './table-keys.ts';
import { tableCommand, typeAhead } from './table-keys.ts';
import type { Selection } from './use-selection.ts';

/** What the keys of the row in focus do. */
export interface RowActions {
  start?: () => void;
  shutdown?: () => void;
}

/** Tells what the keys of the machine in focus do, whenever that changes. */
export function ActiveActions({
  domain,
  onActions,
}: {
  domain: Domain;
  /** Must stay the same function. */
  onActions: (actions: RowActions) => void;
}) {
  const items = useDomainActions(domain);
  useEffect(() => {
    // A saved machine is started by restoring it; a paused one by resuming.
    const start = ['restore', 'start', 'resume'].flatMap((action) =>
      items.filter((item) => item.action === action && item.enabled),
    )[0];
    const shutdown = items.find((item) => item.action === 'shutdown' && item.enabled);
    onActions({
      // Both ask: whoever types a name into the list that begins with s must not start a machine by it.
      ...(start === undefined ? {} : { start: () => start.run({ ask: true }) }),
      ...(shutdown === undefined ? {} : { shutdown: () => shutdown.run({ ask: true }) }),
    });
    return () => onActions({});
  }, [items, onActions]);
  return null;
}

const TYPING_MS = 800;

interface TableKeysInput {
  readonly domains: readonly Domain[];
  readonly selection: Selection;
  /** The machines that are chosen; when there are any, they are what the keys act on. */
  readonly chosen: readonly Domain[];
  readonly actions: RefObject<RowActions>;
  readonly openPeek: () => void;
  readonly focusFilter: () => void;
  readonly openMenu: (place: MenuPlace) => void;
}

/** The keyboard of the list; gives the table's key handler. */
export function useTableKeys(input: TableKeysInput): (event: KeyboardEvent, page: number) => void {
  const typed = useRef({ text: '', at: 0 });
  return (event, page) => {
    if (event.target !== event.currentTarget) return;
    const { domains, selection } = input;
    const index = domains.findIndex((domain) => domainKey(domain.host, domain.uuid) === selection.active);
    const typing = typed.current.text !== '' && event.timeStamp - typed.current.at < TYPING_MS;
    const command = tableCommand(event, { index, count: domains.length, page, typing });
    if (command === null) return;
    event.preventDefault();
    event.stopPropagation();
    if (command.do === 'type') {
      const text = (typing ? typed.current.text : '') + command.character;
      typed.current = { text, at: event.timeStamp };
      const found = typeAhead(
        domains.map((domain) => domain.name),
        text,
        text.length > 1 ? index : index + 1,
      );
      if (found >= 0) selection.focus(found);
      return;
    }
    typed.current.text = '';
    obey(command, { ...input, index });
  };
}

/** What the keys mean for several machines: the first that any of them allows. */
const MANY = { start: ['start', 'resume'], shutdown: ['shutdown'] } as const;

function isOnly(active: Domain | undefined, chosen: readonly Domain[]): boolean {
  return chosen.length === 1 && chosen[0] === active;
}

function obey(
  command: Exclude<TableCommand, { do: 'type' }>,
  { domains, selection, index, ...input }: TableKeysInput & { index: number },
): void {
  const active = domains[index];
  const tab = command.do === 'console' ? 'console' : 'overview';
  switch (command.do) {
    case 'move':
      if (command.extend) selection.moveTo(command.to, true);
      else selection.focus(command.to);
      break;
    case 'toggle':
      if (index >= 0) selection.toggle(index);
      break;
    case 'selectAll':
      selection.selectAll();
      break;
    case 'clear':
      selection.clear();
      break;
    case 'filter':
      input.focusFilter();
      break;
    case 'peek':
      input.openPeek();
      break;
    case 'open':
    case 'console':
      if (active !== undefined) navigate({ page: 'machine', host: active.host, uuid: active.uuid, tab });
      break;
    case 'start':
    case 'shutdown':
      if (input.chosen.length > 0 && !isOnly(active, input.chosen))
        askForMany(input.chosen, MANY[command.do]);
      else input.actions.current[command.do]?.();
      break;
    case 'menu': {
      // The menu of a row that is not among the chosen ones is its own, and so nothing else is meant.
      if (index >= 0 && active !== undefined && !input.chosen.includes(active)) selection.moveTo(index);
      const box =
        active === undefined ? undefined : document.getElementById(rowId(active))?.getBoundingClientRect();
      if (active !== undefined && box !== undefined)
        input.openMenu({ domain: active, x: box.left + 28, y: box.bottom });
      break;
    }
  }
}
