import { expect, test, type CDPSession, type Page } from '@playwright/test';
import { App } from './support/app.ts';
import { expectAccessible } from './support/axe.ts';
import { typeAsPerson } from './support/typing.ts';

/** What consoles do beside showing and typing, on the demo fleet: sizes, sharp pixels, focus, full screen, a serial port over a stop. */
test.describe.configure({ mode: 'serial' });

let app: App;
let page: Page;
let display: CDPSession;
/** The last PointerEvent (RFC 6143, 7.5.5) that went to a guest. */
let pointer: { x: number; y: number } | null = null;

test.beforeAll(async ({ browser }) => {
  app = await App.start({ args: ['--demo'] });
  page = await (await browser.newContext({ viewport: { width: 1280, height: 800 } })).newPage();
  await page.addInitScript(() => {
    const calls: string[] = [];
    Object.assign(window, { keyboardLockCalls: calls });
    Object.assign(Object.getPrototypeOf(Reflect.get(navigator, 'keyboard')), {
      lock: () => Promise.resolve(calls.push('lock')),
      unlock: () => calls.push('unlock'),
    });
  });
  page.on('websocket', (socket) =>
    socket.on('framesent', ({ payload }) => {
      if (typeof payload === 'string' || payload.length !== 6 || payload[0] !== 5) return;
      pointer = { x: payload.readUInt16BE(2), y: payload.readUInt16BE(4) };
    }),
  );
  await page.goto(app.url);
  display = await page.context().newCDPSession(page);
  await expect(page.locator('[role=row][data-index]')).not.toHaveCount(0);
});

test.afterAll(async () => {
  await page?.close();
  await app?.stop();
});

const screen = (): ReturnType<Page['locator']> => page.locator('canvas');
const bar = (): ReturnType<Page['locator']> => page.getByRole('toolbar', { name: 'Console controls' });

async function openConsole(name: string): Promise<void> {
  await page.evaluate(() => (location.hash = '#/machines'));
  await expect(page.getByRole('grid', { name: 'Machines' })).toBeVisible();
  await page.keyboard.press('/');
  await page.keyboard.press('Control+A');
  await page.keyboard.type(name);
  await page.locator('[role=row][data-index]').getByText(name, { exact: true }).click();
  await page.getByRole('tab', { name: 'Console' }).click();
}

async function choose(scale: string): Promise<void> {
  await bar().getByRole('button', { name: 'Scale' }).click();
  await page.getByRole('menuitem', { name: scale }).click();
}

/** The screen's own size, how large it is drawn (device pixels for one of the guest's), and the place around it. */
function measured(): Promise<{
  width: number;
  height: number;
  drawn: number;
  room: number[];
  sharp: boolean;
}> {
  return screen().evaluate((canvas: HTMLCanvasElement) => {
    const { width } = canvas.getBoundingClientRect();
    const room = canvas.closest('[role=application]')?.getBoundingClientRect();
    return {
      width: canvas.width,
      height: canvas.height,
      drawn: (width * devicePixelRatio) / canvas.width,
      room: [Math.floor(room?.width ?? 0), Math.floor(room?.height ?? 0)],
      sharp: canvas.style.imageRendering === 'pixelated',
    };
  });
}

test('a desktop takes the size of the window when it is asked to', async () => {
  await openConsole('win-rdp-01');
  await expect(screen()).toBeVisible();
  await expect.poll(async () => (await measured()).width).toBe(1024);
  await choose('Resize the guest');
  await expect
    .poll(async () => ((at) => [at.width, at.height].join() === at.room.join())(await measured()))
    .toBe(true);
  const before = await measured();
  expect(before.width).not.toBe(1024);
  await page.setViewportSize({ width: 1100, height: 760 });
  await expect.poll(async () => (await measured()).width).toBe(before.width - 180);
  await expect.poll(async () => (await measured()).drawn).toBe(1);
  await expect(page.getByText(/The guest stays at/)).toHaveCount(0);
});

test('a text console keeps its size: it is scaled, and the bar says so', async () => {
  await openConsole('db-primary');
  await expect(page.getByText('The guest stays at 720 × 400')).toBeVisible();
  expect((await measured()).drawn).toBeGreaterThan(1);
  await expectAccessible(page);
  await choose('Fit to the window');
  await expect(page.getByText(/The guest stays at/)).toHaveCount(0);
});

test('actual size: one guest pixel is one of the display’s, and the pointer is where it points', async () => {
  await choose('Actual size');
  // Chromium's emulation tells the page of another ratio only with another size.
  for (const [width, deviceScaleFactor] of [
    [1280, 2],
    [1270, 1.5],
    [1280, 1],
  ] as const) {
    await display.send('Emulation.setDeviceMetricsOverride', {
      width,
      height: 800,
      deviceScaleFactor,
      mobile: false,
    });
    await expect.poll(async () => (await measured()).drawn).toBeCloseTo(1, 3);
    await expect.poll(async () => (await measured()).sharp).toBe(true);
    const box = await screen().boundingBox();
    if (box === null) throw new Error('the screen is not shown');
    for (const [x, y] of [
      [300, 120],
      [30, 60],
    ] as const) {
      await page.mouse.move(box.x + x / deviceScaleFactor, box.y + y / deviceScaleFactor);
      // A browser tells of its pointer in whole CSS pixels.
      await expect.poll(() => Math.hypot((pointer?.x ?? 0) - x, (pointer?.y ?? 0) - y)).toBeLessThan(3);
    }
  }
  await display.send('Emulation.clearDeviceMetricsOverride');
  await choose('Fit to the window');
});

test('Tab reaches the screen, Enter gives it the keyboard, Right Ctrl takes it to the frame, and Tab goes on to the bar', async () => {
  const place = page.getByRole('application', { name: 'Screen of db-primary' });
  await bar().getByRole('button', { name: 'Full screen' }).focus();
  await page.keyboard.press('Tab');
  await expect(place).toBeFocused();
  expect(await place.evaluate((element) => getComputedStyle(element).outlineStyle)).toBe('solid');
  await expect(bar().getByText('Press Enter or click to type')).toBeVisible();
  await expectAccessible(page);
  await page.keyboard.press('Shift+Tab');
  // Here Enter is the button's.
  await expect(bar().getByText('Click the screen to type')).toBeVisible();
  await page.keyboard.press('Tab');
  await page.keyboard.press('Enter');
  await expect(screen()).toBeFocused();
  await expect(bar().getByText('Keys go to the guest. Right Ctrl leaves')).toBeVisible();
  await screen().click();
  await page.keyboard.press('ControlRight');
  await expect(place).toBeFocused();
  expect(await place.evaluate((element) => getComputedStyle(element).outlineStyle)).toBe('solid');
  await expect(bar().getByText('Press Enter or click to type')).toBeVisible();
  await page.keyboard.press('Enter');
  await expect(screen()).toBeFocused();
  await page.keyboard.press('ControlRight');
  await page.keyboard.press('Tab');
  await expect(bar().locator(':focus')).toHaveCount(1);
});

test('full screen: the guest has the whole keyboard while it has the keyboard, and Right Ctrl ends that', async () => {
  const calls = (): Promise<string[]> =>
    page.evaluate(() => Reflect.get(window, 'keyboardLockCalls') as string[]);
  await bar().getByRole('button', { name: 'Full screen' }).click();
  await expect(screen()).toBeFocused();
  await expect.poll(calls).toEqual(['lock']);
  await page.keyboard.press('ControlRight');
  await expect(page.getByRole('application', { name: 'Screen of db-primary' })).toBeFocused();
  await expect.poll(calls).toEqual(['lock', 'unlock']);
  expect(await page.evaluate(() => document.fullscreenElement !== null)).toBe(true);
  await bar().getByRole('button', { name: 'Leave full screen' }).click();
  await expect.poll(() => page.evaluate(() => document.fullscreenElement)).toBe(null);
});

test('what the serial port said stays when the machine stops, and goes on below when it runs again', async () => {
  await page.getByText('Serial', { exact: true }).click();
  const terminal = page.getByRole('application', { name: 'Serial console of db-primary' });
  const input = terminal.locator('textarea');
  await expect(input).toBeFocused();
  await typeAsPerson(page, '\nroot\nsecret\necho before-the-stop\n');
  await expect(terminal).toContainText(/before-the-stop[^]*before-the-stop/);
  await typeAsPerson(page, 'poweroff\n');
  await expect(terminal).toContainText(/The machine was shut off at \d\d:\d\d/);
  await expect(terminal).toContainText('before-the-stop');
  await expect(terminal).toHaveAttribute('data-dim', 'true');
  await expect(input).not.toBeFocused();
  await expectAccessible(page);
  await terminal.locator('..').getByRole('button', { name: 'Start' }).click();
  await expect(terminal).toContainText('db-primary login:');
  await expect(terminal).toHaveAttribute('data-dim', 'false');
  await terminal.hover();
  await page.mouse.wheel(0, -4000);
  await expect(terminal).toContainText(/before-the-stop[^]*The machine was shut off/);
});

test('Tab reaches the terminal and does not stay in it', async () => {
  const terminal = page.getByRole('application', { name: 'Serial console of db-primary' });
  await bar().getByRole('button', { name: 'Full screen' }).focus();
  await page.keyboard.press('Tab');
  await expect(terminal).toBeFocused();
  await expect(bar().getByText('Press Enter or click to type')).toBeVisible();
  await page.keyboard.press('Tab');
  await expect(terminal.locator(':focus')).toHaveCount(0);
  await page.keyboard.press('Shift+Tab');
  await expect(terminal).toBeFocused();
  await page.keyboard.press('Enter');
  await expect(terminal.locator('textarea')).toBeFocused();
  await page.keyboard.press('ControlRight');
  await expect(terminal).toBeFocused();
  await page.keyboard.press('Enter');
  await expect(terminal.locator('textarea')).toBeFocused();
  await page.keyboard.press('ControlRight');
  await page.keyboard.press('Tab');
  await expect(bar().locator(':focus')).toHaveCount(1);
});
