import classes from './overview.module.css';
import { splitPath } from './split-path.ts';

/** A path on one line, cut in its middle; whole in its title. `title`: more that belongs there. */
export function PathText({ path, title = path }: { path: string; title?: string }) {
  const { folder, name } = splitPath(path);
  return (
    <span className={classes['pathText']} title={title}>
      <span className={classes['folder']}>{folder}</span>
      <span className={classes['fileName']}>{name}</span>
    </span>
  );
}
