import { expect, test, type Page } from '@playwright/test';
import { eachTheme, expectAccessible } from './support/axe.ts';
import { onDemo } from './support/demo.ts';

/** Several machines of the demo fleet at once. */
test.describe.configure({ mode: 'serial' });

let page: Page;
onDemo((opened) => {
  page = opened;
});

const row = (name: string, on = page): ReturnType<Page['locator']> =>
  on.locator('[role=row][data-index]').filter({ has: on.getByText(name, { exact: true }) });

test('what is chosen is what the bar, the keys and the menu act on, asked once for all', async () => {
  const dialog = page.getByRole('dialog');
  const meant = page.locator('[role=row][data-index][aria-selected=true]');
  await row('dns-01').click();
  for (const name of ['dns-01', 'dns-02', 'jump', 'jump'])
    await row(name).click({ modifiers: ['Control'], position: { x: 300, y: 10 } });
  await expect(meant, 'the row in focus alone is not meant while others are chosen').toHaveText([
    /^.*dns-01/,
    /^.*dns-02/,
  ]);
  await expect(page.getByRole('button', { name: 'Shut down 2' })).toBeVisible();
  await eachTheme(page, () => expectAccessible(page));

  await page.keyboard.press('Shift+S');
  await expect(dialog).toContainText('Shut down 2 machines?');
  await expect(dialog).toContainText('dns-01');
  await expect(dialog).toContainText('dns-02');
  await eachTheme(page, () => expectAccessible(page));
  await page.keyboard.press('Enter');
  await expect(row('dns-01')).toContainText('Shut off');
  await expect(row('dns-02')).toContainText('Shut off');
  await expect(row('jump')).toContainText('Running');

  await row('dns-02').click({ button: 'right' });
  await expect(page.getByRole('menuitem')).toHaveText(['Start 2', 'Migrate 2…']);
  await page.keyboard.press('Escape');
  await page.keyboard.press('s');
  await expect(dialog).toContainText('Start 2 machines?');
  await dialog.getByRole('button', { name: 'Start 2' }).click();
  await expect(row('dns-01')).toContainText('Running');
  await expect(row('dns-02')).toContainText('Running');

  await row('jump').click({ button: 'right' });
  await expect(page.getByRole('menuitem', { name: 'Delete' }), 'another row’s menu is its own').toBeVisible();
  await expect(page.getByText('2 selected')).toBeHidden();
  await page.keyboard.press('Escape');
});

test('what did not happen to some of them is listed once, with the reason of each, and stands at its row', async () => {
  await row('jump').click();
  for (const name of ['jump', 'ldap'])
    await row(name).click({ modifiers: ['Control'], position: { x: 300, y: 10 } });
  await page.getByRole('button', { name: 'Pause 2' }).click();
  const other = await page.context().newPage();
  await other.goto(page.url());
  for (const name of ['jump', 'ldap']) {
    await row(name, other).click();
    await other.getByRole('button', { name: 'More actions' }).click();
    await other.getByRole('menuitem', { name: 'Force off' }).click();
    await other.getByRole('dialog').getByRole('button', { name: 'Force off' }).click();
    await expect(row(name)).toContainText('Shut off');
  }
  await other.close();
  await page.getByRole('dialog').getByRole('button', { name: 'Pause 2' }).click();
  const told = page.getByRole('alert').filter({ hasText: '2 of 2 not paused' });
  await expect(told.getByRole('listitem')).toHaveCount(2);
  await expect(told).toContainText('ldap');
  await expect(told).toContainText('domain is not running');
  await expect(row('ldap').getByRole('img', { name: /ldap/ })).toBeVisible();
  await expect(page.getByRole('dialog')).toHaveCount(0);
  await eachTheme(page, () => expectAccessible(page));
  await page.getByRole('button', { name: 'Close' }).last().click();
  await page.getByRole('button', { name: 'Start 2' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Start 2' }).click();
  await expect(row('jump')).toContainText('Running');
  await page.keyboard.press('Escape');
});

test('where there is no room for the side panel, what did not happen is said below the list, with what helps', async () => {
  const before = page.viewportSize();
  await page.setViewportSize({ width: 900, height: 900 });
  await row('legacy-erp').click({ button: 'right' });
  await page.getByRole('menuitem', { name: 'Shut down by guest agent' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Shut down' }).click();
  const said = page.getByRole('alert').filter({ hasText: 'legacy-erp' });
  await expect(said).toContainText('guest agent');
  await expect(said.getByRole('button', { name: 'Shut down', exact: true })).toBeVisible();
  await expect(page.getByRole('dialog')).toHaveCount(0);
  await eachTheme(page, () => expectAccessible(page));
  await said.getByRole('button', { name: 'Close' }).click();
  await expect(said).toBeHidden();
  if (before !== null) await page.setViewportSize(before);
});
