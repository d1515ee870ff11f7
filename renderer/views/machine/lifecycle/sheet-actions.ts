import { IconArrowRight, IconCopy, IconCopyPlus, type Icon } from '@tabler/icons-react';
import { useTranslation } from 'react-i18next';
import type { Domain } from '../../../../main/contract/domain.ts';
import { useMove } from '../../../state/activity.ts';
import { openDialog } from '../../../state/dialogs.ts';
import { useHost } from '../../../state/inventory.ts';
import { whyNoSheet, type SheetId } from './availability.ts';

/** A line of a machine's menu that opens a sheet. */
export interface SheetAction {
  readonly Icon: Icon;
  /** Why it cannot be chosen now, as a sentence. */
  readonly reasonDisabled: string | null;
  /** Opens the sheet; does nothing while there is a reason not to. */
  readonly run: () => void;
}

const ICONS: Record<SheetId, Icon> = { fromTemplate: IconCopyPlus, clone: IconCopy, migrate: IconArrowRight };

export function useSheetAction(sheet: SheetId, domain: Domain): SheetAction {
  const { t } = useTranslation('machine');
  const { host, uuid } = domain;
  const owner = useHost(host);
  const move = useMove(uuid);
  const from = useHost(move?.host ?? '')?.name ?? '';
  const to = useHost(move?.hosts?.[1] ?? '')?.name ?? '';
  const connected = owner?.state === 'connected';
  const reason = whyNoSheet(sheet, domain, { connected, state: move?.state ?? null });
  return {
    Icon: ICONS[sheet],
    reasonDisabled: reason === null ? null : t(`disabled.${reason}`, { host: owner?.name ?? host, from, to }),
    run: () => {
      if (reason !== null) return;
      if (sheet === 'migrate') openDialog({ kind: 'migrate', machines: [{ host, uuid }] });
      else openDialog({ kind: sheet, host, uuid });
    },
  };
}
