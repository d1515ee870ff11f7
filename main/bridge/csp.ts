/**
 * The Content-Security-Policy of the window, in a browser and in Electron. Scripts come from the app's own files only. Styles may be
 * inline because Mantine, recharts and CodeMirror set style attributes and insert style elements while running; no page text can
 * reach them. Pictures may be data and blobs: screenshots, and what noVNC draws.
 */
export function contentSecurityPolicy(connectSources: readonly string[]): string {
  return [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self' 'unsafe-inline'",
    "img-src 'self' data: blob:",
    "font-src 'self'",
    `connect-src ${["'self'", ...connectSources].join(' ')}`,
    "manifest-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join('; ');
}
