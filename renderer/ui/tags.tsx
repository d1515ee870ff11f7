import classes from './ui.module.css';

/** What ends a tag in a field of tags, beside Enter. */
export const TAG_ENDS = [',', ' '];

/** A machine's tags, as it is found by them. */
export function TagList({ tags }: { tags: readonly string[] }) {
  return (
    <ul className={classes['tags']}>
      {tags.map((tag) => (
        <li key={tag} className={classes['badge']}>
          {tag}
        </li>
      ))}
    </ul>
  );
}
