import { createContext, use, type ReactNode } from 'react';
import { createPortal } from 'react-dom';

/** The place at the right of the tabs where the view in front puts its own controls. */
export const ToolsSlot = createContext<HTMLElement | null>(null);

export function ToolsPortal({ children }: { children: ReactNode }) {
  const slot = use(ToolsSlot);
  return slot === null ? null : createPortal(children, slot);
}
