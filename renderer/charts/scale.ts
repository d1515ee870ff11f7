/** The smallest of 1, 2 and 5 times a power of ten that is at least `value`; 1 for nothing. */
export function niceCeil(value: number): number {
  if (!(value > 0) || !Number.isFinite(value)) return 1;
  const power = 10 ** Math.floor(Math.log10(value));
  // A hair of tolerance, so that 0.1 + 0.2 style dust does not jump a whole step.
  for (const step of [1, 2, 5]) if (value <= step * power * (1 + 1e-9)) return step * power;
  return 10 * power;
}

/** What a graph measures: decides its unit and how its scale steps. */
export type Quantity = 'percent' | 'kib' | 'bytesPerSecond' | 'milliseconds' | 'perSecond';

export interface Axis {
  readonly quantity: Quantity;
  /** Shown once, in the title. */
  readonly unit: string;
  /** A value divided by this is in `unit`. */
  readonly divisor: number;
  /** Upper end in the values' own unit. */
  readonly top: number;
  /** Three places of labels, in the values' own unit. */
  readonly ticks: readonly [number, number, number];
}

interface Unit {
  readonly name: string;
  readonly divisor: number;
}

const UNITS: Record<Quantity, readonly Unit[]> = {
  percent: [{ name: '%', divisor: 1 }],
  kib: [
    { name: 'KiB', divisor: 1 },
    { name: 'MiB', divisor: 1024 },
    { name: 'GiB', divisor: 1024 ** 2 },
    { name: 'TiB', divisor: 1024 ** 3 },
  ],
  bytesPerSecond: [
    { name: 'B/s', divisor: 1 },
    { name: 'KiB/s', divisor: 1024 },
    { name: 'MiB/s', divisor: 1024 ** 2 },
    { name: 'GiB/s', divisor: 1024 ** 3 },
  ],
  milliseconds: [
    { name: 'ms', divisor: 1 },
    { name: 's', divisor: 1000 },
  ],
  perSecond: [{ name: 'IOPS', divisor: 1 }],
};

/** Under these a graph would only magnify noise. */
const LEAST_TOP: Record<Quantity, number> = {
  percent: 100,
  kib: 1024,
  bytesPerSecond: 10 * 1024,
  milliseconds: 1,
  perSecond: 10,
};

/** The largest unit in which the peak is at least 1; 1000 KiB counts as 1 MiB, so that a step never reads 1000. */
export function chooseUnit(quantity: Quantity, peak: number): Unit {
  const units = UNITS[quantity];
  let chosen: Unit = units[0] ?? { name: '', divisor: 1 };
  for (const unit of units) if (peak >= unit.divisor * (unit.divisor === 1 ? 1 : 1000 / 1024)) chosen = unit;
  return chosen;
}

function axis(quantity: Quantity, unit: Unit, top: number): Axis {
  return { quantity, unit: unit.name, divisor: unit.divisor, top, ticks: [0, top / 2, top] };
}

/** An axis whose upper end is a known size (all the memory there is). */
export function fixedAxis(quantity: Quantity, top: number): Axis {
  return axis(quantity, chooseUnit(quantity, top), top);
}

/**
 * The axis for a peak, given the one shown before: it grows at once and shrinks only when the peak leaves a quarter of room under the
 * smaller step, so that a line near a step does not make the graph breathe.
 */
export function steppedAxis(quantity: Quantity, peak: number, previous: Axis | null): Axis {
  if (quantity === 'percent') return fixedAxis(quantity, 100);
  const wanted = Math.max(peak, LEAST_TOP[quantity]);
  const unit = chooseUnit(quantity, wanted);
  const top = niceCeil(wanted / unit.divisor) * unit.divisor;
  if (previous === null || top >= previous.top) return axis(quantity, unit, top);
  const roomy = Math.max(peak * 1.25, LEAST_TOP[quantity]);
  const roomyUnit = chooseUnit(quantity, roomy);
  const smaller = niceCeil(roomy / roomyUnit.divisor) * roomyUnit.divisor;
  return smaller < previous.top ? axis(quantity, roomyUnit, smaller) : previous;
}

const groups = (text: string): string => text.replace(/\B(?=(\d{3})+(?!\d))/g, '\u2009');

/** A tick's label: as few digits as tell the three apart, and no more than there is room for beside the graph. */
export function tickLabel(shown: Axis, value: number): string {
  const scaled = value / shown.divisor;
  const fine = scaled >= 100 ? 1 : scaled >= 10 ? 10 : 100;
  return groups(String(Math.round(scaled * fine) / fine));
}

/** A value for the title, without the unit: digits fit the scale, so that the width stays. A dash for none. */
export function valueLabel(shown: Axis, value: number | null): string {
  if (value === null) return '–';
  const scaled = value / shown.divisor;
  const top = shown.top / shown.divisor;
  if (top >= 1000 || (top >= 200 && shown.quantity !== 'percent')) return groups(String(Math.round(scaled)));
  if (shown.quantity === 'percent') return scaled < 10 ? scaled.toFixed(1) : scaled.toFixed(0);
  return top <= 1 ? scaled.toFixed(2) : scaled.toFixed(1);
}
