import { Menu } from '@mantine/core';
import type { ReactNode } from 'react';

/** Where a context menu opens, in pixels of the window. */
export interface Point {
  readonly x: number;
  readonly y: number;
}

/** A context menu, open at a point: at the pointer, or at what has the keyboard. */
export function PointerMenu({
  at,
  children,
  onClose,
}: {
  at: Point;
  children: ReactNode;
  onClose: () => void;
}) {
  return (
    <Menu
      opened
      onClose={onClose}
      position="bottom-start"
      offset={2}
      transitionProps={{ duration: 0 }}
      withinPortal
    >
      <Menu.Target>
        <span aria-hidden="true" style={{ position: 'fixed', left: at.x, top: at.y, width: 1, height: 1 }} />
      </Menu.Target>
      <Menu.Dropdown>{children}</Menu.Dropdown>
    </Menu>
  );
}
