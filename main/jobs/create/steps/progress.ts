import type { StepContext } from '../../engine/step.ts';

/** Speed and time left are told of this much time. */
const SPEED_WINDOW_MS = 5000;

/** Tells how far bytes have come, with speed and time left; null: nobody knows how many there will be. */
export function progressOf(step: StepContext): (bytes: number, totalBytes: number | null) => void {
  let before = { time: Date.now(), bytes: 0 };
  let speed: number | null = null;
  return (bytes, totalBytes) => {
    const elapsedMs = Date.now() - before.time;
    if (elapsedMs >= SPEED_WINDOW_MS / 5) {
      const now = ((bytes - before.bytes) * 1000) / elapsedMs;
      speed = speed === null ? now : speed * 0.8 + now * 0.2;
      before = { time: Date.now(), bytes };
    }
    step.progress({
      fraction: totalBytes === null ? null : totalBytes === 0 ? 1 : Math.min(bytes / totalBytes, 1),
      bytesPerSecond: speed,
      secondsLeft:
        speed === null || speed <= 0 || totalBytes === null ? null : Math.max(totalBytes - bytes, 0) / speed,
    });
  };
}
