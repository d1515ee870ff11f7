// What this program uses of js-yaml 4, which has no types of its own.
declare module 'js-yaml' {
  export interface Mark {
    /** From 0. */
    readonly line: number;
    readonly column: number;
  }

  export class YAMLException extends Error {
    readonly reason: string;
    readonly mark?: Mark;
  }

  export interface LoadOptions {
    readonly maxDepth?: number;
  }

  export interface DumpOptions {
    readonly lineWidth?: number;
    readonly noRefs?: boolean;
    readonly forceQuotes?: boolean;
    readonly quotingType?: '"' | "'";
  }

  export function load(text: string, options?: LoadOptions): unknown;
  export function dump(value: unknown, options?: DumpOptions): string;
}
