import { YAMLException, dump, load } from 'js-yaml';
import { FormatError } from './errors.ts';

const MAX_DEPTH = 50;

/** A text that is not YAML. */
export class YamlError extends FormatError {
  /** From 1; null when it is not about a line. */
  readonly line: number | null;
  readonly reason: string;

  constructor(reason: string, line: number | null) {
    super('BAD_VALUE', line === null ? `Not YAML: ${reason}` : `Not YAML in line ${line}: ${reason}`);
    this.reason = reason;
    this.line = line;
  }
}

/** Every text that is a value is quoted: readers of YAML 1.1 take `yes`, `2_` and `52:54:00:12:34:56` for something else. Keys begin with a letter. */
export function toYaml(value: unknown): string {
  return dump(value, { lineWidth: -1, noRefs: true, quotingType: '"', forceQuotes: true });
}

/** A document of YAML 1.2; undefined when it holds comments alone. Aliases are the same objects, so none grows. @throws {YamlError} */
export function parseYaml(text: string): unknown {
  try {
    return load(text, { maxDepth: MAX_DEPTH });
  } catch (error) {
    if (!(error instanceof YAMLException)) throw error;
    throw new YamlError(error.reason, error.mark === undefined ? null : error.mark.line + 1);
  }
}
