import type { Exec } from '../../../../drivers/transport/exec.ts';
import type { SourceLogins } from './source-logins.ts';

/** Programs of a machine that SSH reaches, over the login that there is, or a new one, which may ask a person. */
export function programsOver(sources: Pick<SourceLogins, 'use'>, target: string): Exec {
  return (argv, options) =>
    sources.use({ target, keyFile: null }, options.signal, ({ exec }) => exec(argv, options));
}
