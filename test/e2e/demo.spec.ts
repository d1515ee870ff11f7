import { expect, test, type Page } from '@playwright/test';
import { App } from './support/app.ts';
import { eachTheme, expectAccessible } from './support/axe.ts';
import { onDemo } from './support/demo.ts';
import { picture } from './support/pictures.ts';
import { typeAsPerson } from './support/typing.ts';

/** Every page of the window on the demo fleet, by mouse and by keyboard alone, in both themes and at the widths of laptops and phones. */
test.describe.configure({ mode: 'serial' });

let page: Page;
onDemo((opened) => {
  page = opened;
});

const rows = (): ReturnType<Page['locator']> => page.locator('[role=row][data-index]');
const row = (name: string, on = page): ReturnType<Page['locator']> =>
  on.locator('[role=row][data-index]').filter({ has: on.getByText(name, { exact: true }) });

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

const list = (): ReturnType<Page['locator']> => page.getByRole('grid', { name: 'Machines' });
const current = (): ReturnType<Page['locator']> => page.locator('[role=row][data-active]');

test('a page that opens takes the keyboard, and the row that was left is the current one again', async () => {
  await page.reload();
  await expect(list()).toBeFocused();
  await page.keyboard.press('Home');
  await page.keyboard.press('j');
  await expect(current()).toContainText('chat');
  await page.keyboard.press('Enter');
  await expect(page.getByRole('heading', { level: 1, name: 'chat' })).toBeFocused();
  await expect(page).toHaveTitle('chat – Virtlane');
  await page.keyboard.press('Tab');
  await expect(page.locator('main header button').and(page.locator(':focus'))).toHaveCount(1);
  await page.keyboard.press('g');
  await page.keyboard.press('m');
  await expect(list()).toBeFocused();
  await expect(page).toHaveTitle('Machines – Virtlane');
  await expect(current()).toContainText('chat');
  await page.keyboard.press('ArrowDown');
  await expect(current()).toContainText('ci-runner-1');

  await page.keyboard.press('Control+k');
  await page.keyboard.type('wiki');
  await expect(page.getByRole('dialog').locator('[data-selected]')).toContainText('wiki');
  await page.keyboard.press('Enter');
  await expect(page.getByRole('heading', { level: 1, name: 'wiki' })).toBeFocused();
  await page.goBack();
  await expect(list()).toBeFocused();
  await expect(current()).toContainText('wiki');
  await expect(current()).toBeInViewport();
});

test('what closes gives the keyboard back', async () => {
  await page.keyboard.press('Home');
  for (const key of ['?', 'Control+k', 'Shift+F10']) {
    await page.keyboard.press(key);
    await expect(list()).not.toBeFocused();
    await page.keyboard.press('Escape');
    await expect(list()).toBeFocused();
  }
  await page.keyboard.press('Control+j');
  await page.getByRole('tab', { name: 'Events' }).click();
  await page.keyboard.press('Escape');
  await expect(list()).toBeFocused();
  const panel = page.getByRole('complementary', { name: 'Side panel' });
  await panel.getByRole('button', { name: 'Console', exact: true }).focus();
  await page.keyboard.press('Escape');
  await expect(list()).toBeFocused();
  await panel.getByRole('button', { name: 'Hide the side panel' }).click();
  await expect(list()).toBeFocused();
  await page.keyboard.press('Space');
  await expect(panel).toBeVisible();
  await page.getByRole('button', { name: 'Settings' }).click();
  await page.keyboard.press('Escape');
  await expect(page.getByRole('button', { name: 'Settings' })).toBeFocused();
  await page
    .getByRole('complementary', { name: 'Sidebar' })
    .getByRole('link', { name: /^kvm-b/ })
    .click();
  await expect(list()).toBeFocused();
  await page.evaluate(() => document.activeElement instanceof HTMLElement && document.activeElement.blur());
  await page.keyboard.press('End');
  await expect(list(), 'keys that nothing has go to the list').toBeFocused();
  await expect(current()).toContainText('win-rdp-01');
});

test('a host’s page counts that host’s machines, and says how many of them the filter leaves', async () => {
  await page
    .getByRole('complementary', { name: 'Sidebar' })
    .getByRole('link', { name: /^kvm-b/ })
    .click();
  await expect(page.getByRole('heading', { level: 1, name: 'kvm-b' })).toBeVisible();
  await expect(page).toHaveTitle('kvm-b – Virtlane');
  await expect(page.getByText('13 machines', { exact: true })).toBeVisible();
  await page.keyboard.press('/');
  await page.keyboard.type('db-');
  await expect(page.getByText('2 of 13', { exact: true })).toBeVisible();
  await page.keyboard.press('Escape');
  await page
    .getByRole('complementary', { name: 'Sidebar' })
    .getByRole('link', { name: /^Machines/ })
    .click();
  await expect(page.getByText('40 on 3 hosts', { exact: true })).toBeVisible();
});

test('the search finds hosts, addresses and UUIDs, by the keyboard alone', async () => {
  const dialog = page.getByRole('dialog');
  const search = async (text: string): Promise<void> => {
    await page.keyboard.press('Control+k');
    await page.keyboard.type(text);
  };
  await search('10.20.1.10');
  await expect(dialog.getByRole('group', { name: 'Machines' })).toContainText('db-primary');
  await page.keyboard.press('Escape');
  await search('986f6e5e');
  await expect(dialog.locator('[data-action]')).toHaveCount(1);
  await expect(dialog.locator('[data-selected]')).toContainText('986f6e5e-');
  await page.keyboard.press('Escape');
  await search('gitlab-data');
  const stored = dialog.getByRole('group', { name: 'Storage and networks' });
  await expect(stored).toContainText('gitlab-data.qcow2');
  await eachTheme(page, () => expectAccessible(page));
  await page.keyboard.press('Enter');
  await expect(page).toHaveURL(/#\/storage\/.*gitlab-data\.qcow2$/);
  await search('tenants kvm-b');
  await expect(dialog.locator('[data-selected]')).toContainText('Network');
  await page.keyboard.press('Enter');
  await expect(page.getByRole('heading', { name: 'tenants' })).toBeVisible();
  await search('kvm-');
  await expect(dialog.locator('[data-selected]')).toContainText('kvm-a');
  await eachTheme(page, () => expectAccessible(page));
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('Enter');
  await expect(page.getByRole('heading', { level: 1, name: 'kvm-c' })).toBeVisible();
  await expect(list()).toBeFocused();
  await page
    .getByRole('complementary', { name: 'Sidebar' })
    .getByRole('link', { name: /^Machines/ })
    .click();
});

test('rows that are chosen one by one stay chosen while the keyboard moves on', async () => {
  for (const key of ['Home', 'x', 'j', 'x']) await page.keyboard.press(key);
  await expect(page.getByText('2 selected')).toBeVisible();
  await page.keyboard.press('Escape');
  await expect(page.getByText('2 selected')).toBeHidden();
});

test('the columns that have no room are named', async () => {
  await page.setViewportSize({ width: 1024, height: 800 });
  await page.getByRole('button', { name: 'Columns' }).click();
  await expect(page.getByRole('menuitemcheckbox', { name: 'Address' })).toContainText('no room');
  await expect(page.getByRole('menuitemcheckbox', { name: /^CPU/ })).not.toContainText('no room');
  await page.keyboard.press('Escape');
  await page.setViewportSize({ width: 1440, height: 900 });
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
  await expect(page.getByRole('application')).toBeFocused();
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
  [1280, 800],
  [1440, 900],
  [1920, 1080],
] as const)
  test(`nothing is cut off at ${width}x${height}`, async () => {
    await page.setViewportSize({ width, height });
    await page.evaluate(() => (location.hash = '#/machines'));
    await expect(row('db-primary').or(rows().first()).first()).toBeVisible();
    await expectAccessible(page);
    const sideways = await page.evaluate(() => document.documentElement.scrollWidth > innerWidth);
    expect(sideways, 'the page scrolls sideways').toBe(false);
    await expect(row('db-primary')).toContainText('Running');
    await expect(row('db-primary')).toContainText('kvm-b');
    await expect(row('db-primary')).toContainText(/\d %/);
    await expect(row('db-primary')).toContainText(/\d \/ 16 GiB/);
    await expect(
      page.getByText(width < 1100 ? '40' : '40 on 3 hosts', { exact: true }).last(),
    ).toBeInViewport({
      ratio: 1,
    });
    expect(await cutCells(page)).toEqual([]);
  });

/** The texts of the list that have less room than they need: as they are, and with the widest figures that there can be. */
function cutCells(window: Page): Promise<string[]> {
  return window.evaluate(() => {
    const cut: string[] = [];
    const check = (element: Element): void => {
      if (element.scrollWidth > element.clientWidth && getComputedStyle(element).display !== 'inline')
        cut.push(`${element.textContent}: ${element.scrollWidth} > ${element.clientWidth}`);
    };
    const cells = [...document.querySelectorAll('[role=grid] [data-column]')];
    const parts = [
      ...document.querySelectorAll(
        'main h1, main h1 ~ span, [role=grid] [data-column] > :not(svg, .sr-only)',
      ),
    ];
    for (const element of [...cells, ...parts]) check(element);
    for (const [column, text] of [
      ['cpu', '100 %'],
      ['memory', '1000 / 1000 MiB'],
    ]) {
      const cell = document.querySelector(`[data-index] [data-column=${column}]`);
      const figure = cell?.querySelector(':scope > span:last-child');
      if (cell == null || figure == null) continue;
      const copy = document.createElement('span');
      copy.className = figure.className;
      copy.textContent = text ?? '';
      figure.replaceWith(copy);
      check(cell);
      copy.replaceWith(figure);
    }
    return cut;
  });
}

test('beside a real host each demo machine says what it is, in the list, its side panel and its page', async ({
  browser,
}) => {
  const real = {
    id: 'real',
    name: 'real-host',
    ownName: null,
    uri: 'qemu+tcp://127.0.0.1:1/system',
    keyFile: null,
    connectAtStart: false,
    setBalloonPeriod: false,
  };
  const mixed = await App.start({
    files: { 'hosts.json': JSON.stringify({ version: 1, data: [real] }) },
  });
  const window = await (await browser.newContext()).newPage();
  try {
    await window.goto(mixed.url);
    await window.getByRole('button', { name: 'Add a host' }).first().click();
    await window.getByRole('dialog').getByRole('combobox', { name: 'Host' }).fill('demo:///kvm-b');
    await window.keyboard.press('Enter');
    await expect(row('db-primary', window)).toBeVisible();
    await window
      .getByRole('complementary', { name: 'Sidebar' })
      .getByRole('link', { name: /^Machines/ })
      .click();
    const machine = row('db-primary', window);
    const mark = (within: ReturnType<Page['locator']>): ReturnType<Page['locator']> =>
      within.getByText('Demo', { exact: true });
    await expect(mark(machine)).toBeVisible();
    await expect(window.getByRole('heading', { level: 1, name: 'Machines' })).toBeVisible();
    await expect(mark(window.locator('main h1 ~ *'))).toHaveCount(0);
    await machine.click();
    await expect(mark(window.getByRole('complementary', { name: 'Side panel' }))).toBeVisible();
    await window.setViewportSize({ width: 390, height: 844 });
    await expect(mark(machine)).toBeInViewport({ ratio: 1 });
    expect(await cutCells(window)).toEqual([]);
    await machine.click();
    await expect(mark(window.getByRole('main'))).toBeInViewport({ ratio: 1 });
  } finally {
    await window.close();
    await mixed.stop();
  }
});

if (process.env['VIRTLANE_SCREENSHOTS'] !== undefined) {
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

  test('a picture of the sheet that moves a machine', async () => {
    await page.setViewportSize({ width: 1440, height: 900 });
    await page.emulateMedia({ colorScheme: 'dark' });
    await page.evaluate(() => (location.hash = '#/machines'));
    await row('db-primary').click({ button: 'right' });
    await page.getByRole('menuitem', { name: 'Migrate…' }).click();
    const sheet = page.getByRole('dialog', { name: 'Migrate db-primary' });
    await sheet.getByRole('radio', { name: 'kvm-c' }).check({ force: true });
    await expect(sheet.getByRole('button', { name: 'Migrate', exact: true })).toBeEnabled();
    await picture(page, 'migrate-dark');
    await page.keyboard.press('Escape');
  });
}
