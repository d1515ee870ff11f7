/**
 * Why something did not happen, as one closed list. A code says what a person can do next; libvirt's own words travel
 * beside it in `Failure.libvirt`. Plain constants without zod, so that the window can use them at no cost.
 */
export const FAILURE_CODES = [
  /** The request itself is wrong; nothing was sent to a host. */
  'BAD_INPUT',
  /** The host, machine, device or file named does not exist (any more). */
  'NOT_FOUND',
  /** The machine or host is not in a state where this can be done. */
  'CONFLICT',
  /** No route, refused port, unknown name, nothing answers. */
  'HOST_UNREACHABLE',
  /** The host answered and none of the ways to log in was accepted. */
  'AUTH_FAILED',
  /** The host's SSH key is not the one known for it. */
  'HOST_KEY_CHANGED',
  /** The person did not accept an unknown SSH key. */
  'HOST_KEY_REFUSED',
  /** Logged in, but this user may not open libvirt's socket or do this in libvirt. */
  'PERMISSION',
  /** Logged in, but no libvirt daemon listens there. */
  'LIBVIRT_NOT_RUNNING',
  /** The link was lost while waiting; the host may or may not have done it. */
  'LINK_LOST',
  /** No answer within the time limit; the host may or may not have done it. */
  'TIMEOUT',
  /** Ended because the person asked for it. */
  'CANCELLED',
  /** This host, its libvirt or its driver cannot do it. */
  'UNSUPPORTED',
  /** libvirt refused it, for the reason in `libvirt`. */
  'LIBVIRT',
  /** A fault of Virtlane's own. */
  'INTERNAL',
] as const;

export type FailureCode = (typeof FAILURE_CODES)[number];
