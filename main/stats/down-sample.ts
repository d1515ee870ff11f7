/** A row of history: all columns at one time; `values` null where there is nothing, which breaks the line. */
export interface Row {
  readonly time: number;
  readonly values: readonly number[] | null;
}

/**
 * At most `maxPoints` rows that keep every column's peaks: of the rows of each stretch of time, one column after the other, the lowest and
 * the highest value, in the order in which they came. Times are shared by all columns, so a peak may stand off by half a stretch.
 * A gap stays a row without values.
 */
export function downSample(rows: readonly Row[], maxPoints: number): Row[] {
  const first = rows[0];
  const last = rows.at(-1);
  if (rows.length <= maxPoints || first === undefined || last === undefined) return [...rows];
  // Two rows for each stretch, and a third for a gap in it.
  const stretches = Math.max(1, Math.floor(maxPoints / (rows.some((row) => row.values === null) ? 3 : 2)));
  const width = (last.time - first.time) / stretches || 1;
  const result: Row[] = [];
  let from = 0;
  for (let stretch = 0; stretch < stretches && from < rows.length; stretch += 1) {
    const end = stretch === stretches - 1 ? Infinity : first.time + (stretch + 1) * width;
    let to = from;
    while (to < rows.length && (rows[to]?.time ?? 0) < end) to += 1;
    result.push(...summarize(rows.slice(from, to)));
    from = to;
  }
  return result;
}

function summarize(rows: readonly Row[]): Row[] {
  const known = rows.filter((row) => row.values !== null);
  const gap = rows.find((row) => row.values === null);
  const result = known.length <= 2 ? known : extremes(known);
  if (gap === undefined) return result;
  return [...result, gap].toSorted((a, b) => a.time - b.time);
}

function extremes(rows: readonly Row[]): Row[] {
  const columns = rows[0]?.values?.length ?? 0;
  const early: number[] = [];
  const late: number[] = [];
  for (let column = 0; column < columns; column += 1) {
    const [low, high] = lowAndHigh(rows, column);
    early.push(low.index <= high.index ? low.value : high.value);
    late.push(low.index <= high.index ? high.value : low.value);
  }
  return [
    { time: rows[0]?.time ?? NaN, values: early },
    { time: rows.at(-1)?.time ?? NaN, values: late },
  ];
}

interface Found {
  index: number;
  value: number;
}

function lowAndHigh(rows: readonly Row[], column: number): [Found, Found] {
  let low: Found = { index: -1, value: NaN };
  let high: Found = { index: -1, value: NaN };
  for (const [index, row] of rows.entries()) {
    const value = row.values?.[column] ?? NaN;
    if (Number.isNaN(value)) continue;
    if (low.index === -1 || value < low.value) low = { index, value };
    if (high.index === -1 || value > high.value) high = { index, value };
  }
  return [low, high];
}
