import { writeFile } from 'node:fs/promises';

/** One comparison, both sides measured in this run. `ratio` is theirs / ours: above 1, ours is the better one. */
export interface Row {
  readonly name: string;
  readonly ours: number;
  readonly theirs: number;
  readonly ratio: number;
  readonly unit: string;
}

/** For every unit here less is better. */
export type Unit = 'ms' | 's' | 'calls' | '% of a core' | 'MiB' | 'ms of CPU';

export class Report {
  readonly #rows: Row[] = [];

  add(name: string, unit: Unit, sides: { ours: number; theirs: number; against: string }): void {
    const row = {
      name: `${name}, against ${sides.against}`,
      ours: round(sides.ours),
      theirs: round(sides.theirs),
      ratio: round(sides.theirs / sides.ours),
      unit,
    };
    this.#rows.push(row);
    console.log(`${row.name}\n    ours ${row.ours} ${unit}, theirs ${row.theirs} ${unit}: x ${row.ratio}`);
  }

  async write(file: string): Promise<void> {
    await writeFile(file, `${JSON.stringify(this.#rows, null, 2)}\n`);
  }
}

function round(value: number): number {
  return Number(value.toPrecision(4));
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}

export function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** Milliseconds that `work` takes. */
export async function timed(work: () => Promise<unknown>): Promise<number> {
  const started = performance.now();
  await work();
  return performance.now() - started;
}
