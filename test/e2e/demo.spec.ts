import { expect, test, type Page } from '@playwright/test';
import { App } from './support/app.ts';
import { eachTheme, expectAccessible } from './support/axe.ts';
import { picture } from './support/pictures.ts';
import { typeAsPerson } from './support/typing.ts';

/** Every page of the window on the demo fleet, by mouse and by keyboard alone, in both themes and at the widths of laptops and phones. */
test.describe.configure({ mode: 'serial' });

let app: App;
let page: Page;

test.beforeAll(async ({ browser }) => {
  app = await App.start({ args: ['--demo'] });
  page = await (await browser.newContext({ colorScheme: 'dark' })).newPage();
  await page.goto(app.url);
  await expect(rows()).not.toHaveCount(0);
});

test.afterAll(async () => {
  await page?.close();
  await app?.stop();
});

const rows = (): ReturnType<Page['locator']> => page.locator('[role=row][data-index]');
const row = (name: string): ReturnType<Page['locator']> =>
  rows().filter({ has: page.getByText(name, { exact: true }) });

test('the table lists the fleet, labelled as a demo, with figures', async () => {
  await expect(page.getByText('40 on 3 hosts')).toBeVisible();
  await expect(page.getByText('Demo', { exact: true }).first()).toBeVisible();
  await expect(row('db-primary')).toContainText(/\d %/);
  await eachTheme(page, () => expectAccessible(page));
});

test('the keyboard alone: filter, move, peek, open, change tabs, come back', async () => {
  await page.keyboard.press('/');
  await page.keyboard.type('db-');
  await expect(rows()).toHaveCount(2);
  await page.keyboard.press('Escape');
  await page.keyboard.press('Home');
  await page.keyboard.press('j');
  await page.keyboard.press('Enter');
  await expect(page.getByRole('tab', { name: 'Overview' })).toHaveAttribute('aria-selected', 'true');
  await page.keyboard.press('Control+4');
  await expect(page.getByRole('tab', { name: 'XML' })).toHaveAttribute('aria-selected', 'true');
  await expect(page.locator('.cm-content')).toContainText('<domain');
  await eachTheme(page, () => expectAccessible(page));
  await page.keyboard.press('g');
  await page.keyboard.press('m');
  await expect(page.getByRole('grid', { name: 'Machines' })).toBeVisible();
});

test('a machine is shut down and started from the keyboard', async () => {
  await page.keyboard.press('/');
  await page.keyboard.type('gitlab');
  await page.keyboard.press('Escape');
  await row('gitlab').click();
  await page.keyboard.press('Shift+S');
  await page.getByRole('dialog').getByRole('button', { name: 'Shut down' }).click();
  await expect(row('gitlab')).toContainText('Shut off');
  // the first letter of a name that somebody types: it asks, and nothing has started
  await page.keyboard.press('s');
  await expect(page.getByRole('dialog')).toContainText('Start gitlab?');
  await expect(row('gitlab')).toContainText('Shut off');
  await page.getByRole('dialog').getByRole('button', { name: 'Start' }).click();
  await expect(row('gitlab')).toContainText('Running');
});

for (const tab of ['Overview', 'Graphs', 'Console', 'XML'])
  test(`the machine’s ${tab} passes axe in both themes`, async () => {
    await page.evaluate(() => (location.hash = '#/machines'));
    await row('db-primary').getByText('db-primary', { exact: true }).click();
    await page.getByRole('tab', { name: tab }).click();
    await expect(page.getByRole('tabpanel')).toBeVisible();
    if (tab === 'Graphs') await expect(page.getByText('not watched').first()).toBeVisible();
    if (tab === 'Console') await expect(page.locator('canvas')).toBeVisible();
    await eachTheme(page, () => expectAccessible(page));
  });

test('the demo guest answers on its screen and on its serial port', async () => {
  await page.emulateMedia({ colorScheme: 'dark' });
  await page.getByRole('tab', { name: 'Console' }).click();
  await page.locator('canvas').click();
  await typeAsPerson(page, 'root\nsecret\necho from-the-screen > /dev/ttyS0\n');
  await page.keyboard.press('ControlRight');
  await page.getByText('Serial', { exact: true }).click();
  await page.locator('.xterm').click();
  await page.keyboard.type('\nroot\nsecret\nhostname\n');
  await expect(page.locator('.xterm')).toContainText('db-primary');
  await expect(page.getByText('Right Ctrl leaves')).toBeVisible();
  await page.keyboard.press('ControlRight');
  await expect(page.locator('.xterm-helper-textarea')).not.toBeFocused();
  await expect(page.getByRole('toolbar').locator(':focus')).toHaveCount(1);
});

test('settings, keys, search and the drawer pass axe in both themes', async () => {
  for (const [open, close] of [
    ['?', 'Escape'],
    ['Control+k', 'Escape'],
    ['Control+j', 'Control+j'],
  ] as const) {
    await page.evaluate(() => (location.hash = '#/machines'));
    await row('db-primary').hover();
    await page.keyboard.press(open);
    await eachTheme(page, () => expectAccessible(page));
    await page.keyboard.press(close);
  }
  await page.getByRole('button', { name: 'Settings' }).click();
  await eachTheme(page, () => expectAccessible(page));
  await page.keyboard.press('Escape');
});

for (const [width, height] of [
  [390, 844],
  [1024, 700],
  [1920, 1080],
] as const)
  test(`nothing is cut off at ${width}x${height}`, async () => {
    await page.setViewportSize({ width, height });
    await page.evaluate(() => (location.hash = '#/machines'));
    await expect(row('db-primary').or(rows().first()).first()).toBeVisible();
    await expectAccessible(page);
    const sideways = await page.evaluate(() => document.documentElement.scrollWidth > innerWidth);
    expect(sideways, 'the page scrolls sideways').toBe(false);
  });

if (process.env['VIRTLANE_SCREENSHOTS'] !== undefined)
  test('pictures for the README', async () => {
    await page.setViewportSize({ width: 1440, height: 900 });
    for (const theme of ['dark', 'light'] as const) {
      await page.emulateMedia({ colorScheme: theme });
      await page.evaluate(() => (location.hash = '#/machines'));
      await row('db-primary').click();
      await page.waitForTimeout(30_000);
      await picture(page, `machines-${theme}`);
      await row('db-primary').getByText('db-primary', { exact: true }).click();
      await page.getByRole('tab', { name: 'Overview' }).click();
      await page.waitForTimeout(4000);
      await picture(page, `overview-${theme}`);
      await page.getByRole('tab', { name: 'Graphs' }).click();
      await page.waitForTimeout(4000);
      await picture(page, `graphs-${theme}`);
    }
  });
