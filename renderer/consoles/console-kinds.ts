import type { DomainDetail, SerialView } from '../../main/contract/domain.ts';

/** How a machine can be looked at. */
export interface ConsoleKinds {
  readonly vnc: boolean;
  readonly serials: readonly SerialView[];
  /** It has a SPICE display and no VNC one. */
  readonly spiceOnly: boolean;
  /** Its video card follows the window's size. */
  readonly resizable: boolean;
  readonly videoModel: string | null;
}

/** Serial kinds whose bytes libvirt hands out as a stream. */
const STREAMED = new Set(['pty', 'tcp', 'unix', 'dev']);

export function consoleKinds(detail: DomainDetail): ConsoleKinds {
  const types = new Set(detail.graphics.map(({ type }) => type));
  const videoModel = detail.video[0]?.model ?? null;
  return {
    vnc: types.has('vnc'),
    serials: detail.serials.filter(({ type }) => STREAMED.has(type)),
    spiceOnly: types.has('spice') && !types.has('vnc'),
    // QEMU forwards a size to the guest with virtio video alone.
    resizable: videoModel === 'virtio',
    videoModel,
  };
}
