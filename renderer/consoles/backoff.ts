const STEPS_MS = [0, 500, 1000, 2000, 4000, 8000, 15_000] as const;

/** How long to wait before attempt number `attempt` (0 is the first try after a loss). */
export function retryDelayMs(attempt: number): number {
  return STEPS_MS[Math.min(attempt, STEPS_MS.length - 1)] ?? 15_000;
}
