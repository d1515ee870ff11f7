import { useState, type DragEvent } from 'react';

/** What an element needs to take files that are dropped on it. */
export interface FileDrop {
  /** Files are held over it now. */
  readonly over: boolean;
  readonly props: {
    readonly onDragEnter: (event: DragEvent) => void;
    readonly onDragOver: (event: DragEvent) => void;
    readonly onDragLeave: (event: DragEvent) => void;
    readonly onDrop: (event: DragEvent) => void;
  };
}

const hasFiles = (event: DragEvent): boolean => event.dataTransfer.types.includes('Files');

/** `onFiles` null: files are refused, and the browser is kept from opening them in place of the window. */
export function useFileDrop(onFiles: ((files: readonly File[]) => void) | null): FileDrop {
  const [over, setOver] = useState(false);
  const hold = (event: DragEvent): void => {
    if (!hasFiles(event)) return;
    event.preventDefault();
    event.stopPropagation();
    event.dataTransfer.dropEffect = onFiles === null ? 'none' : 'copy';
    setOver(true);
  };
  return {
    over,
    props: {
      onDragEnter: hold,
      onDragOver: hold,
      onDragLeave: (event) => {
        // Moving on to a part of the same element is no leaving.
        const to = event.relatedTarget;
        if (!(to instanceof Node) || !event.currentTarget.contains(to)) setOver(false);
      },
      onDrop: (event) => {
        if (!hasFiles(event)) return;
        event.preventDefault();
        event.stopPropagation();
        setOver(false);
        const files = [...event.dataTransfer.files];
        if (files.length > 0) onFiles?.(files);
      },
    },
  };
}
