import classes from './code-block.module.css';

/** Text of a machine, such as XML or a command: it scrolls, by the keyboard too. */
export function CodeBlock(props: {
  label: string;
  text: string;
  busy?: boolean;
  /** Long lines go on below, as in a terminal. */
  wrap?: boolean;
  /** As CSS has it; left out: as high as its text. */
  maxHeight?: string;
}) {
  return (
    <pre
      className={classes['code']}
      style={{ maxHeight: props.maxHeight }}
      data-wrap={props.wrap || undefined}
      tabIndex={0}
      aria-label={props.label}
      aria-busy={props.busy ?? false}
    >
      {props.text}
    </pre>
  );
}
