import { Spotlight } from '@mantine/spotlight';
import type { ReactNode } from 'react';
import { useHost } from '../../state/inventory.ts';
import classes from './search.module.css';

/** A line of the search that does something. `host`: where; `reason`: why it cannot be chosen now. */
export function Line(props: {
  icon: ReactNode;
  text: string;
  host?: string;
  reason?: string | null;
  off?: boolean;
  onChoose: () => void;
}) {
  const { reason = null, off = reason !== null } = props;
  const owner = useHost(props.host ?? '');
  return (
    <Spotlight.Action
      className={classes['action'] ?? ''}
      closeSpotlightOnTrigger={!off}
      {...(off ? { 'aria-disabled': true } : {})}
      {...(reason === null ? {} : { title: reason })}
      onClick={() => {
        if (!off) props.onChoose();
      }}
    >
      <div className={`${classes['line']} ${classes['command']}`}>
        {props.icon}
        <span className="strong truncate">{props.text}</span>
        <span className={`muted small truncate ${classes['end']}`}>{owner?.name}</span>
        {reason !== null && <span className={`small ${classes['reason']}`}>{reason}</span>}
      </div>
    </Spotlight.Action>
  );
}
