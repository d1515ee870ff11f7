import classes from './ui.module.css';

/** A key or a combination: `<Kbd keys="Ctrl K" />`. */
export function Kbd({ keys }: { keys: string }) {
  return <kbd className={classes['kbd']}>{keys}</kbd>;
}
