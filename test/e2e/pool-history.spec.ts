import { expect, test, type Locator, type Page } from '@playwright/test';
import { encode } from '../../main/storage/capacity-points.ts';
import { App } from './support/app.ts';
import { eachTheme, expectAccessible } from './support/axe.ts';

/** How full a pool was, on the demo fleet: a pool that was seen for a week and fills up. */
const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const GIB_KIB = 1024 ** 2;
/** Of the demo's pool `default` on kvm-a, which is the same at each start. */
const POOL = { uri: 'demo:///kvm-a', uuid: '20802e21-bc6d-4109-a1c9-e5309e16a6cd' };
const CAPACITY_KIB = 8000 * GIB_KIB;
const USED_NOW_KIB = 1730 * GIB_KIB;

let app: App;
let page: Page;

test.beforeAll(async ({ browser }) => {
  const now = Math.floor(Date.now() / HOUR) * HOUR;
  const points = Array.from({ length: 7 * 24 }, (_, index) => {
    const time = now - (7 * 24 - index) * HOUR;
    const usedKiB = Math.round(USED_NOW_KIB - ((now - time) / DAY) * 240 * GIB_KIB);
    return { time, usedKiB, capacityKiB: CAPACITY_KIB };
  });
  const data = [{ ...POOL, points: encode(points) }];
  app = await App.start({
    files: { 'capacity.json': JSON.stringify({ version: 1, data }) },
  });
  page = await (await browser.newContext({ colorScheme: 'dark' })).newPage();
  await page.goto(app.url);
  // Not --demo, which reads and keeps nothing.
  await page.getByRole('button', { name: 'Look around' }).click();
  await expect(page.getByRole('grid', { name: 'Machines' })).toBeVisible();
  await page.keyboard.press('g');
  await page.keyboard.press('s');
});

test.afterAll(async () => {
  await page?.close();
  await app?.stop();
});

const graph = (): Locator => page.getByRole('region', { name: 'Use over time' });
const line = (): Locator => graph().locator('path.recharts-area-curve');
/** How many points the line has. */
const length = async (): Promise<number> => ((await line().getAttribute('d')) ?? '').split('L').length;

test('a pool that fills up: its last day as a graph, and when it will be full', async () => {
  await expect(graph()).toContainText('Used 1.7');
  await expect(page.getByText('Full in about 27 days at the rate of the last week.')).toBeVisible();
  await expect(line()).toBeVisible();
  expect(await length()).toBeLessThan(40);
  await eachTheme(page, () => expectAccessible(page));
});

test('on a phone the graph keeps within the page, and says the same', async () => {
  const before = page.viewportSize();
  await page.setViewportSize({ width: 390, height: 844 });
  await page
    .getByRole('navigation', { name: 'Pools' })
    .getByRole('link', { name: /default/ })
    .first()
    .click();
  await expect(graph()).toContainText('Used 1.7');
  await expect(line()).toBeVisible();
  const card = await graph().boundingBox();
  const drawn = await line().boundingBox();
  assertInside(drawn, card);
  assertInside(card, { x: 0, y: -Infinity, width: 390, height: Infinity });
  expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(390);
  await eachTheme(page, () => expectAccessible(page));
  if (before !== null) await page.setViewportSize(before);
});

interface Box {
  x: number;
  y: number;
  width: number;
  height: number;
}

/** Within the other's width. */
function assertInside(inner: Box | null, outer: Box | null): void {
  if (inner === null || outer === null) throw new Error('it is not drawn');
  expect(inner.x).toBeGreaterThanOrEqual(outer.x);
  expect(inner.x + inner.width).toBeLessThanOrEqual(outer.x + outer.width);
}
