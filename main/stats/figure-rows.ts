/** Figures in rows and columns, for one machine after another: the block is used again. */
export class FigureRows {
  readonly #width: number;
  #values: Float64Array;
  #labels: (string | null)[] = [];
  #present: boolean[] = [];

  constructor(width: number) {
    this.#width = width;
    this.#values = new Float64Array(width).fill(NaN);
  }

  /** One more than the last row that was touched. */
  get length(): number {
    return this.#present.length;
  }

  clear(): void {
    this.#values.fill(NaN, 0, this.#present.length * this.#width);
    this.#labels.length = 0;
    this.#present.length = 0;
  }

  /** NaN is a figure that is not told; a column of -1 only marks the row as there. */
  set(row: number, column: number, value: number): void {
    this.#touch(row);
    if (column >= 0) this.#values[row * this.#width + column] = value;
  }

  label(row: number, label: string | null): void {
    this.#touch(row);
    this.#labels[row] = label;
  }

  has(row: number): boolean {
    return this.#present[row] === true;
  }

  labelOf(row: number): string | null {
    return this.#labels[row] ?? null;
  }

  /** The first row with a label. */
  rowOf(label: string): number {
    return this.#labels.indexOf(label);
  }

  /** libvirt tells -1 for a figure that it has not got: null, as one that was not told. */
  known(row: number, column: number): number | null {
    const value = this.#values[row * this.#width + column] ?? NaN;
    return value >= 0 ? value : null;
  }

  #touch(row: number): void {
    while (this.#present.length <= row) {
      this.#present.push(false);
      this.#labels.push(null);
    }
    this.#present[row] = true;
    const needed = (row + 1) * this.#width;
    if (needed <= this.#values.length) return;
    const grown = new Float64Array(Math.max(needed, this.#values.length * 2)).fill(NaN);
    grown.set(this.#values);
    this.#values = grown;
  }
}
