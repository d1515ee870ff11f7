import type { Clock } from '../../../hosts/clock.ts';
import { firstBoot } from '../../source/source-host.ts';
import type { SourceLogins } from './source-logins.ts';
import type { SourceOf } from './source-params.ts';

/** The sources of steps, by the logins of this program; that one is away is told in the job and its log. */
export function loggedIn(logins: SourceLogins, clock: Clock): SourceOf {
  return (source, step) => ({
    name: source.target,
    clock,
    boot: firstBoot(source.target),
    use: (signal, work) => logins.use(source, signal, ({ exec }) => work(exec)),
    onAway: (isAway) => {
      step.log(isAway ? `${source.target} does not answer: it is waited for` : `${source.target} is back`);
      step.outside(isAway ? source.target : null);
    },
  });
}
