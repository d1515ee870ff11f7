/** Words that begin as options do; what is longer than a line of a narrow window has to break somewhere. */
const OPTION = /^-{1,2}\w\S{0,30}$/;

/** A line for a shell. It may wrap between its words, but an option stays whole: after a break `--storage` would read as `- -storage`. */
export function ShellText({ line }: { line: string }) {
  return line.split(/(\s+)/).map((word, index) =>
    OPTION.test(word) ? (
      <span key={index} className="unbroken">
        {word}
      </span>
    ) : (
      word
    ),
  );
}
