/** A place in the drawing, in pixels from its left upper corner. */
export interface Box {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** A line between two of them; `machine` is the place of the one that it leads to, null for a trunk or an uplink. */
export interface Wire {
  readonly path: string;
  readonly machine: number | null;
  /** Place of the uplink that it comes from. */
  readonly uplink: number | null;
}

export interface DrawingLayout {
  readonly height: number;
  readonly uplinks: readonly Box[];
  readonly hub: Box;
  readonly machines: readonly Box[];
  readonly wires: readonly Wire[];
}

export interface DrawingSubject {
  readonly width: number;
  readonly uplinks: number;
  readonly machines: number;
}

const ROW = 32;
const CHIP = 26;
const UPLINK = 44;
const HUB = { width: 200, height: 84 } as const;
/** A name and an address side by side. */
const CHIP_MIN = 250;
const CHIP_MAX = 420;
/** Between a trunk and what hangs on it. */
const STUB = 18;
const GAP = 56;
/** Under this everything stands under each other. */
const NARROW = 560;
/** Up to here the machines stand in one column, where there is room beside it. */
const FEW = 10;

/**
 * Uplinks, the network, and its machines: from left to right where there is room; with many machines the uplinks stand over the network, so
 * that there is room for columns of them; in a narrow view all of it is one column.
 */
export function layOut(subject: DrawingSubject): DrawingLayout {
  if (subject.width < NARROW) return narrow(subject);
  const across = subject.width >= 760 && subject.machines <= FEW;
  return across ? inOneLine(subject) : stacked(subject);
}

function uplinkColumn(count: number, { x, y, width }: Omit<Box, 'height'>): Box[] {
  return Array.from({ length: count }, (_, at) => ({ x, y: y + at * (UPLINK + 8), width, height: UPLINK }));
}

const columnHeight = (count: number): number => Math.max(0, count * (UPLINK + 8) - 8);

function inOneLine({ width, uplinks, machines }: DrawingSubject): DrawingLayout {
  const height = Math.max(HUB.height, columnHeight(uplinks), machines * ROW) + 2;
  const middle = height / 2;
  const uplinkBoxes = uplinkColumn(uplinks, { x: 1, y: middle - columnHeight(uplinks) / 2, width: 176 });
  const hub = { x: 176 + GAP, y: middle - HUB.height / 2, ...HUB };
  const trunk = hub.x + hub.width + GAP / 2;
  const grid = columnsOf(machines, 1, {
    x: trunk,
    y: middle - (machines * ROW) / 2,
    width: width - trunk - 1,
  });
  const wires = uplinkBoxes.map((box, at): Wire => {
    const bend = box.x + box.width + GAP / 2;
    const from = box.y + box.height / 2;
    return { path: `M${box.x + box.width} ${from}H${bend}V${middle}H${hub.x}`, machine: null, uplink: at };
  });
  if (machines > 0)
    wires.push({ path: `M${hub.x + hub.width} ${middle}H${trunk}`, machine: null, uplink: null });
  return { height, uplinks: uplinkBoxes, hub, machines: grid.boxes, wires: [...wires, ...grid.wires] };
}

function stacked({ width, uplinks, machines }: DrawingSubject): DrawingLayout {
  const uplinkBoxes = uplinkColumn(uplinks, { x: 1, y: 1, width: HUB.width });
  const hub = { x: 1, y: uplinks === 0 ? 1 : columnHeight(uplinks) + 37, ...HUB };
  const wires = uplinkBoxes.map((_, at): Wire => {
    const below = uplinkBoxes[at + 1] ?? hub;
    const box = uplinkBoxes[at] ?? hub;
    return { path: `M${hub.x + hub.width / 2} ${box.y + box.height}V${below.y}`, machine: null, uplink: at };
  });
  const trunk = hub.x + hub.width + 32;
  const room = width - trunk - 1;
  const columns = Math.max(1, Math.min(Math.floor(room / CHIP_MIN), Math.ceil(machines / 6)));
  const grid = columnsOf(machines, columns, { x: trunk, y: 1, width: room });
  if (machines > 0) {
    const middle = hub.y + hub.height / 2;
    const top = 1 + ROW / 2;
    wires.push({ path: `M${hub.x + hub.width} ${middle}H${trunk}V${top}`, machine: null, uplink: null });
  }
  const height = Math.max(hub.y + hub.height, grid.height) + 2;
  return { height, uplinks: uplinkBoxes, hub, machines: grid.boxes, wires: [...wires, ...grid.wires] };
}

function narrow({ width, uplinks, machines }: DrawingSubject): DrawingLayout {
  const uplinkBoxes = uplinkColumn(uplinks, { x: 1, y: 1, width: width - 2 });
  const hub = {
    x: 1,
    y: uplinks === 0 ? 1 : columnHeight(uplinks) + 29,
    width: width - 2,
    height: HUB.height,
  };
  const wires = uplinkBoxes.map((box, at): Wire => {
    const below = uplinkBoxes[at + 1] ?? hub;
    return { path: `M${width / 2} ${box.y + box.height}V${below.y}`, machine: null, uplink: at };
  });
  const trunk = 13;
  const grid = columnsOf(machines, 1, { x: trunk, y: hub.y + hub.height + 12, width: width - trunk - 1 });
  if (machines > 0)
    wires.push({
      path: `M${trunk} ${hub.y + hub.height}v${12 + ROW / 2}`,
      machine: null,
      uplink: null,
    });
  const height = Math.max(hub.y + hub.height, grid.height) + 2;
  return { height, uplinks: uplinkBoxes, hub, machines: grid.boxes, wires: [...wires, ...grid.wires] };
}

/** Machines in columns, each on a trunk at its left; the trunks hang on a bus along the first row. `x` is that of the first trunk. */
function columnsOf(
  count: number,
  columns: number,
  { x, y, width }: Omit<Box, 'height'>,
): { boxes: Box[]; wires: Wire[]; height: number } {
  const rows = Math.ceil(count / columns);
  const step = width / columns;
  const chip = Math.min(CHIP_MAX, step - STUB - (columns > 1 ? 10 : 0));
  const boxes: Box[] = [];
  const wires: Wire[] = [];
  for (let at = 0; at < count; at += 1) {
    const column = Math.floor(at / rows);
    const trunk = x + column * step;
    const middle = y + (at % rows) * ROW + ROW / 2;
    boxes.push({ x: trunk + STUB, y: middle - CHIP / 2, width: chip, height: CHIP });
    wires.push({ path: `M${trunk} ${middle}H${trunk + STUB}`, machine: at, uplink: null });
  }
  const first = y + ROW / 2;
  for (let column = 0; column < columns && count > 0; column += 1) {
    const inColumn = Math.min(rows, count - column * rows);
    const trunk = x + column * step;
    if (inColumn > 1)
      wires.push({ path: `M${trunk} ${first}v${(inColumn - 1) * ROW}`, machine: null, uplink: null });
    // From one trunk to the next the bus passes over the machines of the first row.
    if (column > 0 && inColumn > 0)
      wires.push({
        path: `M${trunk - step} ${first}V${y - 1}H${trunk}V${first}`,
        machine: null,
        uplink: null,
      });
  }
  return { boxes, wires, height: y + rows * ROW };
}
