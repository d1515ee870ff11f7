import type { IpcEvent } from './api.ts';

/** The window's own origin: files of the bundle under a scheme of our own, so that they are a secure context with a CSP. */
export const SCHEME = 'virtlane';
export const ORIGIN = `${SCHEME}://app`;
export const START_URL = `${ORIGIN}/index.html`;

/** Whether a URL is a page of the app itself. */
export function isOwnPage(url: string): boolean {
  try {
    const parsed = new URL(url);
    return parsed.protocol === `${SCHEME}:` && parsed.host === 'app';
  } catch {
    return false; // not a URL
  }
}

/** Only the main frame of a page of the app itself may ask. */
export function isTrusted({ senderFrame: frame }: Pick<IpcEvent, 'senderFrame'>): boolean {
  return frame !== null && frame.parent === null && isOwnPage(frame.url);
}
