/** What the rest of the window may use of a machine's actions. */
export { ActionFailure } from './lifecycle/action-failure.tsx';
export { ActionButtons } from './lifecycle/action-buttons.tsx';
export { DomainActionItems } from './lifecycle/action-menu.tsx';
export { useDomainActions, type DomainActionItem } from './lifecycle/actions.tsx';
export { useSheetAction } from './lifecycle/sheet-actions.ts';
export type { ActionId, SheetId } from './lifecycle/availability.ts';
export { BulkButtons, BulkMenuItems, askForMany } from './lifecycle/bulk-items.tsx';
export { useActionState } from './lifecycle/action-store.ts';
