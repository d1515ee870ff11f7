import type { ReactNode } from 'react';
import classes from './file-box.module.css';
import { useFileDrop } from './use-file-drop.ts';

/** Where files of this computer can be dropped; within it, the button that chooses them. */
export function FileBox(props: { onFiles: (files: readonly File[]) => void; children: ReactNode }) {
  const drop = useFileDrop(props.onFiles);
  return (
    <div className={classes['box']} data-over={drop.over || undefined} {...drop.props}>
      {props.children}
    </div>
  );
}
