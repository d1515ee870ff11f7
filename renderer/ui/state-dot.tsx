import type { Tone } from './domain-state.ts';
import classes from './state-dot.module.css';

/** The sign of a state: a shape and a colour. It stands beside its word; where it stands alone, `label` is read out. */
export function StateDot({ tone, label }: { tone: Tone; label?: string }) {
  return label === undefined ? (
    <span className={classes['dot']} data-tone={tone} aria-hidden="true" />
  ) : (
    <span className={classes['dot']} data-tone={tone} role="img" aria-label={label} title={label} />
  );
}
