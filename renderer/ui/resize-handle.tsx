import type { KeyboardEvent, PointerEvent } from 'react';
import { useTranslation } from 'react-i18next';
import classes from './resize-handle.module.css';

interface Bounds {
  readonly min: number;
  readonly max: number;
}

const STEP = 16;

/** The edge of a panel: dragged, or moved with the arrow keys. `edge` is the panel's side that it stands on. */
export function ResizeHandle({
  what,
  edge,
  size,
  bounds,
  onResize,
}: {
  /** Its name for those who do not see it: "sidebar". */
  what: string;
  edge: 'left' | 'right' | 'top';
  size: number;
  bounds: Bounds;
  onResize: (size: number) => void;
}) {
  const { t } = useTranslation('common');
  const vertical = edge === 'top';
  const resize = (next: number): void =>
    onResize(Math.min(bounds.max, Math.max(bounds.min, Math.round(next))));
  const grow = edge === 'right' ? 1 : -1;

  const drag = (down: PointerEvent<HTMLDivElement>): void => {
    if (down.button !== 0) return;
    down.preventDefault();
    const handle = down.currentTarget;
    handle.setPointerCapture(down.pointerId);
    const start = vertical ? down.clientY : down.clientX;
    const move = (event: globalThis.PointerEvent): void =>
      resize(size + grow * ((vertical ? event.clientY : event.clientX) - start));
    const end = (): void => {
      handle.removeEventListener('pointermove', move);
      handle.removeEventListener('lostpointercapture', end);
    };
    handle.addEventListener('pointermove', move);
    handle.addEventListener('lostpointercapture', end);
  };

  const press = (event: KeyboardEvent): void => {
    const towards = vertical ? ['ArrowUp', 'ArrowDown'] : ['ArrowLeft', 'ArrowRight'];
    const index = towards.indexOf(event.key);
    if (index < 0) return;
    event.preventDefault();
    resize(size + grow * (index === 0 ? -STEP : STEP));
  };

  return (
    <div
      role="separator"
      tabIndex={0}
      aria-orientation={vertical ? 'horizontal' : 'vertical'}
      aria-label={t('resize', { what })}
      aria-valuenow={size}
      aria-valuemin={bounds.min}
      aria-valuemax={bounds.max}
      className={classes['handle']}
      data-edge={edge}
      onPointerDown={drag}
      onKeyDown={press}
    />
  );
}
