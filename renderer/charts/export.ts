import { HATCH_ID } from './hatch.tsx';
import type { Frame } from './frame.ts';

/** RFC 4180: a field with a comma, a quote or a line end is quoted. */
function field(text: string): string {
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/** What a graph shows, as CSV: ISO times, then one column for each series in its own unit. Gaps are empty fields. */
export function toCsv(frame: Frame, series: readonly { name: string; header: string }[]): string {
  const lines = [['time', ...series.map(({ header }) => header)].map(field).join(',')];
  for (const [at, time] of frame.times.entries()) {
    const values = series.map(({ name }) => frame.columns[name]?.[at] ?? null);
    const cells = values.map((value) => (value === null ? '' : String(Math.round(value * 1000) / 1000)));
    lines.push([new Date(time).toISOString(), ...cells].join(','));
  }
  return `${lines.join('\r\n')}\r\n`;
}

const COPIED_STYLES = [
  'fill',
  'fill-opacity',
  'stroke',
  'stroke-width',
  'stroke-dasharray',
  'opacity',
  'font',
  'text-anchor',
];

/** A picture of a graph as it looks now, twice as fine as on the screen: its SVG with the styles written out, over a title. */
export async function toPng(svg: SVGSVGElement, title: string): Promise<Blob> {
  const { width, height } = svg.getBoundingClientRect();
  const head = 28;
  const image = new Image();
  image.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(frozen(svg))}`;
  await image.decode();
  const canvas = document.createElement('canvas');
  canvas.width = width * 2;
  canvas.height = (height + head) * 2;
  const draw = canvas.getContext('2d');
  if (draw === null) throw new Error('no 2d canvas');
  draw.scale(2, 2);
  draw.fillStyle = look(svg, '--surface');
  draw.fillRect(0, 0, width, height + head);
  draw.fillStyle = look(svg, '--text');
  draw.font = `500 12px ${look(svg, '--font')}`;
  draw.fillText(title, 12, 19);
  draw.drawImage(image, 0, head, width, height);
  return new Promise((resolve, reject) =>
    canvas.toBlob((blob) => (blob === null ? reject(new Error('no picture')) : resolve(blob)), 'image/png'),
  );
}

function look(element: Element, name: string): string {
  return getComputedStyle(element).getPropertyValue(name);
}

/** The page's hatch is outside of the graph's SVG, so the picture gets one of its own. */
function hatchOf(color: string): Node[] {
  const hatch = document.getElementById(HATCH_ID)?.cloneNode(true);
  if (!(hatch instanceof SVGPatternElement)) return [];
  hatch.querySelector('rect')?.setAttribute('fill', color);
  return [hatch];
}

/** The SVG's text with every style as it is computed: outside of the page there are no variables. */
function frozen(svg: SVGSVGElement): string {
  const copy = svg.cloneNode(true) as SVGSVGElement;
  const originals = svg.querySelectorAll<SVGElement>('*');
  for (const [index, element] of copy.querySelectorAll<SVGElement>('*').entries()) {
    const original = originals[index];
    if (original === undefined) continue;
    for (const name of COPIED_STYLES) element.style.setProperty(name, look(original, name));
  }
  copy.append(...hatchOf(look(svg, '--line')));
  copy.setAttribute('xmlns', 'http://www.w3.org/2000/svg');
  return new XMLSerializer().serializeToString(copy);
}
