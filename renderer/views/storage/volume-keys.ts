import { tableCommand, type KeyPress } from '../machines/table-keys.ts';

export type VolumeCommand =
  | { readonly do: 'move'; readonly to: number }
  | { readonly do: 'open' | 'menu' | 'delete' | 'filter' | 'leave' };

/** What a key does in the list of volumes; the moves are those of the list of machines. Null: it goes its way. */
export function volumeCommand(
  press: KeyPress,
  place: { readonly index: number; readonly count: number; readonly page: number },
): VolumeCommand | null {
  if (press.key === 'Delete' && !press.ctrlKey && !press.altKey && !press.metaKey) return { do: 'delete' };
  const command = tableCommand(press, { ...place, typing: false });
  switch (command?.do) {
    case 'move':
      return { do: 'move', to: command.to };
    case 'open':
    case 'menu':
    case 'filter':
      return { do: command.do };
    case 'peek':
      return { do: 'open' };
    case 'clear':
      return { do: 'leave' };
    default:
      return null;
  }
}
