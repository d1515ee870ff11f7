import type { Exec } from '../../../../drivers/transport/exec.ts';
import type { SourceAddress } from '../../../contract/p2v-source.ts';
import type { SourceLogins } from './source-logins.ts';

/** Programs of a machine that SSH reaches, over the login that there is, or a new one, which may ask a person. */
export function programsOver(sources: Pick<SourceLogins, 'use'>, address: SourceAddress): Exec {
  return (argv, options) => sources.use(address, options.signal, ({ exec }) => exec(argv, options));
}
