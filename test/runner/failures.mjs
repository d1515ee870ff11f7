// What of a file's report says why it failed, for the end of a long run's output.

/** Enough for a few failures with what they say; what went before them is further up. */
const MOST_LINES = 60;
/** Where the reporters begin to tell failures: node:test's, Playwright's. */
const BEGINS = [/^✖ failing tests:/, /^ {2}1\) /];

/** The lines that tell the failures of a report, the last ones where it does not say. */
export function whyFailed(lines) {
  const at = lines.findIndex((line) => BEGINS.some((begin) => begin.test(line)));
  const told = at === -1 ? lines.slice(-MOST_LINES) : lines.slice(at, at + MOST_LINES);
  return told.filter((line) => !/^\s+at /.test(line));
}
