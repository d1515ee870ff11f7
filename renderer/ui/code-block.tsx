import classes from './code-block.module.css';
import { ShellText } from './shell-text.tsx';

/** Text of a machine, such as XML or a command: it scrolls, by the keyboard too. */
export function CodeBlock(props: {
  label: string;
  text: string;
  busy?: boolean;
  /** Lines for a shell: long ones go on below, and no option is torn. */
  shell?: boolean;
  /** As CSS has it; left out: as high as its text. */
  maxHeight?: string;
}) {
  return (
    <pre
      className={classes['code']}
      style={{ maxHeight: props.maxHeight }}
      data-shell={props.shell || undefined}
      tabIndex={0}
      aria-label={props.label}
      aria-busy={props.busy ?? false}
    >
      {props.shell === true ? <ShellText line={props.text} /> : props.text}
    </pre>
  );
}
