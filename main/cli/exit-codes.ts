import type { FailureCode } from '../contract/failure-codes.ts';

/** How the command line ends (docs/cli.md). */
export const EXIT = { done: 0, failed: 1, usage: 2, unreachable: 3 } as const;
export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

const EXIT_OF: Partial<Record<FailureCode, ExitCode>> = {
  BAD_INPUT: EXIT.usage,
  HOST_UNREACHABLE: EXIT.unreachable,
  AUTH_FAILED: EXIT.unreachable,
  HOST_KEY_CHANGED: EXIT.unreachable,
  HOST_KEY_REFUSED: EXIT.unreachable,
  LIBVIRT_NOT_RUNNING: EXIT.unreachable,
  LINK_LOST: EXIT.unreachable,
};

export function exitCodeOf(code: FailureCode): ExitCode {
  return EXIT_OF[code] ?? EXIT.failed;
}

/** The code of a command that did several things: 3 when all that failed was out of reach, else 1. */
export function worstOf(codes: readonly number[]): ExitCode {
  const failed = codes.filter((code) => code !== EXIT.done);
  if (failed.length === 0) return EXIT.done;
  return failed.every((code) => code === EXIT.unreachable) ? EXIT.unreachable : EXIT.failed;
}
