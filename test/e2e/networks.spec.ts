import { expect, test, type Page } from '@playwright/test';
import { eachTheme, expectAccessible } from './support/axe.ts';
import { onDemo } from './support/demo.ts';

/** The networks' page on the demo fleet: what it shows, and what is made, changed, stopped and deleted there. */
test.describe.configure({ mode: 'serial' });

let page: Page;
onDemo((opened) => {
  page = opened;
});

type Found = ReturnType<Page['locator']>;

const list = (): Found => page.getByRole('listbox', { name: 'Networks' });
const row = (name: string, host = 'kvm-a'): Found =>
  list()
    .getByRole('group', { name: host })
    .getByRole('option')
    .filter({ has: page.getByText(name, { exact: true }) });
const tab = (name: string): Found => page.getByRole('tab', { name });
const drawing = (name: string): Found => page.getByRole('region', { name: `Drawing of ${name}` });
const dialog = (): Found => page.getByRole('dialog');

test('g n leads to the networks of all hosts; the chosen one is drawn with its machines and their addresses', async () => {
  await page.keyboard.press('g');
  await page.keyboard.press('n');
  await expect(page).toHaveTitle('Networks – Virtlane');
  await expect(list()).toBeFocused();
  await expect(row('default')).toContainText('NAT · virbr0 · 192.168.122.0/24');
  await page.keyboard.press('Home');
  await expect(row('br-lan')).toHaveAttribute('aria-selected', 'true');
  await expect(drawing('br-lan')).toContainText('eno1');
  await page.keyboard.press('j');
  await expect(row('default')).toHaveAttribute('aria-selected', 'true');
  await expect(drawing('default').getByRole('link', { name: /print/ })).toContainText('192.168.122.20');
  await eachTheme(page, () => expectAccessible(page));
});

test('the filter finds a network by a machine that is plugged into it', async () => {
  await page.keyboard.press('/');
  await page.keyboard.type('gitlab');
  await expect(list().getByRole('option')).toHaveCount(1);
  await expect(row('br-lan')).toBeVisible();
  await page.keyboard.press('Escape');
  await expect(list()).toBeFocused();
  await expect(row('lab')).toBeVisible();
});

for (const name of ['Leases', 'Fixed addresses', 'DNS', 'Port groups', 'Rates', 'XML'])
  test(`the tab ${name} passes axe in both themes`, async () => {
    await row('default').click();
    await tab(name).click();
    await expect(tab(name)).toHaveAttribute('aria-selected', 'true');
    if (name === 'XML') await expect(page.locator('.cm-content')).toContainText('<network');
    await eachTheme(page, () => expectAccessible(page));
  });

test('a leased address is kept for its card, which holds at once', async () => {
  await row('default').click();
  await tab('Leases').click();
  await page
    .getByRole('row')
    .filter({ hasText: 'print' })
    .getByRole('button', { name: 'Keep this address' })
    .click();
  await expect(dialog().getByLabel('Address', { exact: true })).toHaveValue('192.168.122.20');
  await dialog().getByLabel('Address', { exact: true }).fill('192.168.1.20');
  await expect(dialog()).toContainText('This is not in the network.');
  await eachTheme(page, () => expectAccessible(page));
  await dialog().getByLabel('Address', { exact: true }).fill('192.168.122.20');
  await dialog().getByRole('button', { name: 'Save' }).click();
  await expect(dialog()).toBeHidden();
  await expect(page.getByRole('status').filter({ hasText: 'In effect now' })).toBeVisible();
  await tab('Fixed addresses').click();
  await expect(page.getByRole('row').filter({ hasText: '192.168.122.20' })).toContainText('print');
  await page.getByRole('button', { name: 'Remove 192.168.122.20' }).click();
  await expect(page.getByText('No fixed addresses.')).toBeVisible();
});

test('a network is made with what is proposed; a field that is wrong says so, and holds the button', async () => {
  await page.getByRole('button', { name: 'New network' }).click();
  const address = dialog().getByLabel('IPv4 address of the host');
  await expect(address).toHaveValue(/^\d+\.\d+\.\d+\.1\/24$/);
  await expect(dialog().getByText('<network>')).toBeVisible();
  await eachTheme(page, () => expectAccessible(page));
  await address.fill('192.168.122.1/24');
  await expect(dialog()).toContainText('It overlaps default.');
  await expect(dialog().getByRole('button', { name: 'Create' })).toBeDisabled();
  await address.fill('10.77.0.1/24');
  await expect(dialog().getByLabel('To', { exact: true })).toHaveValue('10.77.0.254');
  await dialog().getByLabel('Name', { exact: true }).fill('build');
  await expect(dialog()).toContainText('<name>build</name>');
  await dialog().getByRole('button', { name: 'Create' }).click();
  await expect(dialog()).toBeHidden();
  await expect(row('build')).toHaveAttribute('aria-selected', 'true');
  await expect(row('build')).toContainText('10.77.0.0/24');
  await expect(page.getByText('Active · NAT · kvm-a')).toBeVisible();
});

test('every kind shows the fields that it needs', async () => {
  await page.getByRole('button', { name: 'New network' }).click();
  for (const [kind, field] of [
    ['Bridge', 'Bridge of the host'],
    ['Open vSwitch', 'Open vSwitch bridge'],
    ['Direct (macvtap)', 'How cards share a device'],
    ['SR-IOV', 'Card'],
    ['Routed', 'Goes out by'],
    ['Isolated', 'Name of the bridge'],
  ] as const) {
    await dialog().getByRole('radio', { name: kind, exact: true }).check({ force: true });
    await expect(dialog().getByLabel(field, { exact: true }).first()).toBeVisible();
  }
  await page.keyboard.press('Escape');
  await expect(dialog()).toBeHidden();
});

test('what an edit cannot change while the network runs waits, with a button that names whom it cuts off', async () => {
  await row('default').click();
  await page.getByRole('main').getByRole('button', { name: 'Edit', exact: true }).click();
  await dialog().getByLabel('MTU').fill('1400');
  await dialog().getByRole('button', { name: 'Save' }).click();
  await expect(dialog()).toBeHidden();
  const note = page.getByRole('status').filter({ hasText: 'At the next start of the network' });
  await expect(note).toBeVisible();
  await eachTheme(page, () => expectAccessible(page));
  await note.getByRole('button', { name: 'Restart network' }).click();
  await expect(dialog()).toContainText('print');
  await expect(dialog()).toContainText('lose their connection');
  await eachTheme(page, () => expectAccessible(page));
  await dialog().getByRole('button', { name: 'Restart network' }).click();
  await expect(dialog()).toBeHidden();
  await expect(note).toBeHidden();
  await expect(page.getByText('Active · NAT · kvm-a')).toBeVisible();
});

test('an open form keeps what one typed when the network changes elsewhere', async () => {
  await row('build').click();
  await page.getByRole('main').getByRole('button', { name: 'Edit', exact: true }).click();
  const mtu = dialog().getByLabel('MTU');
  await mtu.fill('1380');
  const other = await page.context().newPage();
  await other.goto(page.url());
  await other.getByRole('main').getByRole('button', { name: 'Edit', exact: true }).click();
  await other.getByRole('dialog').getByLabel('MTU').fill('1450');
  await other.getByRole('dialog').getByRole('button', { name: 'Save' }).click();
  await expect(other.getByRole('dialog')).toBeHidden();
  await other.close();
  await expect(page.getByText('Restart network', { exact: true })).toBeVisible();
  await expect(mtu).toHaveValue('1380');
  await dialog().getByRole('button', { name: 'Cancel' }).click();
  await expect(dialog()).toHaveCount(0);
});

test('a network is stopped, started and deleted', async () => {
  await row('build').click();
  const main = page.getByRole('main');
  await main.getByRole('button', { name: 'Stop', exact: true }).click();
  await expect(dialog()).toContainText('No machine is plugged into it.');
  await dialog().getByRole('button', { name: 'Stop' }).click();
  await expect(page.getByText('Not active · NAT · kvm-a')).toBeVisible();
  await main.getByRole('button', { name: 'Start', exact: true }).click();
  await expect(page.getByText('Active · NAT · kvm-a', { exact: true })).toBeVisible();
  await main.getByRole('button', { name: 'More for build' }).click();
  await page.getByRole('menuitem', { name: 'Delete' }).click();
  await dialog().getByRole('button', { name: 'Delete' }).click();
  await expect(row('build')).toHaveCount(0);
});

test('devices of the hosts and their filters are listed; a filter shows its XML', async () => {
  await page.getByRole('link', { name: 'Host interfaces' }).click();
  await expect(page.getByRole('region', { name: 'Network devices of kvm-a' })).toContainText('eno1');
  await eachTheme(page, () => expectAccessible(page));
  await page.getByRole('link', { name: 'Filters' }).click();
  await page
    .getByRole('region', { name: 'Filters of kvm-a' })
    .getByRole('button', { name: 'Show the XML of clean-traffic' })
    .click();
  await expect(dialog()).toContainText('<filter');
  await eachTheme(page, () => expectAccessible(page));
  await page.keyboard.press('Escape');
  await page.getByRole('link', { name: 'Networks', exact: true }).last().click();
});

for (const width of [390, 1024, 1920])
  test(`at ${width} pixels nothing is wider than the window, and axe is content`, async () => {
    await page.setViewportSize({ width, height: 844 });
    await page.evaluate(() => (location.hash = '#/networks'));
    await expect(row('default')).toBeVisible();
    await row('default').click();
    await expect(drawing('default')).toContainText('print');
    const overflow = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
    expect(overflow).toBeLessThanOrEqual(0);
    await eachTheme(page, () => expectAccessible(page));
    await page.evaluate(() => (location.hash = '#/networks'));
  });

test('what changes behind a sheet leaves the keyboard there', async () => {
  await page.setViewportSize({ width: 1440, height: 900 });
  await row('br-lan').click();
  const there = await page.evaluate(() => location.hash);
  await row('default').click();
  await page.keyboard.press('Control+k');
  await page.keyboard.type('migrate chat');
  await expect(dialog().locator('[data-selected]')).toContainText('chat');
  await page.keyboard.press('Enter');
  const sheet = page.getByRole('dialog', { name: 'Migrate chat' });
  await expect(sheet).toBeVisible();
  // As when the button that had it goes.
  await page.evaluate(() => (document.activeElement as HTMLElement).blur());
  await page.evaluate((hash) => (location.hash = hash), there);
  await expect(page.locator('[data-network-list]')).toHaveAttribute('aria-activedescendant', /^network-/);
  await expect(drawing('br-lan')).toHaveCount(1);
  await expect(page.locator('[data-network-list]')).not.toBeFocused();
  await expect(sheet).toBeVisible();
  await page.keyboard.press('Escape');
  await expect(sheet).toHaveCount(0);
});

test('a network that is started in the sheet of a move: its button goes, and the keyboard stays there', async () => {
  await page.setViewportSize({ width: 1440, height: 900 });
  await page.evaluate(() => (location.hash = '#/networks'));
  await row('br-lan', 'kvm-c').click();
  await page.getByRole('button', { name: 'Stop', exact: true }).click();
  await dialog().getByRole('button', { name: 'Stop', exact: true }).click();
  await expect(dialog()).toHaveCount(0);
  await page.keyboard.press('Control+k');
  await page.keyboard.type('migrate chat');
  await expect(dialog().locator('[data-selected]')).toContainText('chat');
  await page.keyboard.press('Enter');
  const sheet = page.getByRole('dialog', { name: 'Migrate chat' });
  await sheet.getByRole('radiogroup').getByText('kvm-c', { exact: true }).click();
  await sheet.getByRole('button', { name: 'See what helps' }).click();
  const start = sheet.getByRole('button', { name: 'Start the network br-lan there' });
  await start.focus();
  await page.keyboard.press('Enter');
  await expect(start).toHaveCount(0);
  await expect(sheet.locator('ul:focus')).toContainText('br-lan');
  await page.keyboard.press('Escape');
});
