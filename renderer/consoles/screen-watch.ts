/** A guest's screen as it is shown. */
export interface ScreenSize {
  /** Of the guest's screen, in its own pixels. */
  readonly width: number;
  readonly height: number;
  /** The place that noVNC has for it, in whole CSS pixels. */
  readonly room: { readonly width: number; readonly height: number };
}

/**
 * Watches the canvas that noVNC has put into `target`, which has the guest's size: noVNC tells neither that nor what became of a resize.
 * Where a guest's pixel takes a whole number of the display's, its edges are kept sharp. Returns the end of it.
 */
export function watchScreen(target: HTMLElement, onSize: (size: ScreenSize) => void): () => void {
  const canvas = target.querySelector('canvas');
  if (canvas === null) return () => undefined;
  const tell = (): void => {
    const { width, height } = canvas;
    const room = { width: Math.floor(target.clientWidth), height: Math.floor(target.clientHeight) };
    onSize({ width, height, room });
  };
  const sizes = new MutationObserver(tell);
  sizes.observe(canvas, { attributeFilter: ['width', 'height'] });
  const rooms = new ResizeObserver(tell);
  rooms.observe(target);
  const sharpen = (): void => {
    const shown = canvas.getBoundingClientRect().width * window.devicePixelRatio;
    canvas.style.imageRendering = isWholeScale(shown, canvas.width) ? 'pixelated' : '';
  };
  const drawn = new ResizeObserver(sharpen);
  drawn.observe(canvas);
  // Another display, or another zoom of the page.
  window.addEventListener('resize', sharpen);
  return () => {
    window.removeEventListener('resize', sharpen);
    for (const observer of [sizes, rooms, drawn]) observer.disconnect();
  };
}

/** Whether each of so many guest pixels takes the same whole number of device pixels. */
export function isWholeScale(devicePixels: number, guestPixels: number): boolean {
  const scale = devicePixels / guestPixels;
  return scale > 0.5 && Math.abs(scale - Math.round(scale)) < 1 / guestPixels;
}
