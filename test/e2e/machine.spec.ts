import { expect, test, type Page } from '@playwright/test';
import { App } from './support/app.ts';
import { eachTheme, expectAccessible } from './support/axe.ts';

/** A machine's buttons, menus and dialogs on the demo fleet. */
test.describe.configure({ mode: 'serial' });

let app: App;
let page: Page;

test.beforeAll(async ({ browser }) => {
  app = await App.start({ args: ['--demo'] });
  page = await (await browser.newContext({ colorScheme: 'dark' })).newPage();
  await page.goto(app.url);
  await expect(rows(page)).not.toHaveCount(0);
});

test.afterAll(async () => {
  await page?.close();
  await app?.stop();
});

const rows = (on: Page): ReturnType<Page['locator']> => on.locator('[role=row][data-index]');
const row = (name: string, on = page): ReturnType<Page['locator']> =>
  rows(on).filter({ has: on.getByText(name, { exact: true }) });
const button = (name: string): ReturnType<Page['locator']> =>
  page.getByRole('main').getByRole('button', { name, exact: true });

async function open(name: string, on = page): Promise<void> {
  await on.evaluate(() => (location.hash = '#/machines'));
  await row(name, on).getByText(name, { exact: true }).click();
  await expect(on.getByRole('heading', { name })).toBeVisible();
}

async function place(name: string): Promise<number> {
  return (await button(name).boundingBox())?.x ?? NaN;
}

test('a double click on Start starts the machine and pauses nothing; no button has moved', async () => {
  await open('ci-runner-3');
  const before = [await place('Start'), await place('Pause'), await place('Shut down')];
  await button('Start').dblclick();
  await expect(button('Pause')).toBeEnabled();
  await expect(button('Start')).toBeDisabled();
  expect([await place('Start'), await place('Pause'), await place('Shut down')]).toEqual(before);
  await button('Pause').dblclick();
  await expect(button('Resume')).toBeEnabled();
  expect([await place('Resume'), await place('Pause'), await place('Shut down')]).toEqual(before);
  await eachTheme(page, () => expectAccessible(page));
  await button('Resume').dblclick();
  await expect(button('Pause')).toBeEnabled();
  await expect(page.getByText(/^Running/).first()).toBeVisible();
});

test('Shut down and Reboot ask in the header, in its menu and in the side panel; Enter confirms', async () => {
  const dialog = page.getByRole('dialog');
  await open('ci-runner-3');
  await button('Shut down').click();
  await expect(dialog).toContainText('The guest is asked to shut down');
  await page.keyboard.press('Escape');
  await page.getByRole('button', { name: /Other ways than/ }).click();
  await page.getByRole('menuitem', { name: 'Reboot', exact: true }).click();
  await expect(dialog).toContainText('Reboot ci-runner-3?');
  await page.keyboard.press('Escape');
  await page.getByRole('button', { name: 'Back to the machines' }).click();
  await row('ci-runner-3').click();
  await page
    .getByRole('complementary', { name: 'Side panel' })
    .getByRole('button', { name: 'Shut down' })
    .click();
  await expect(dialog).toContainText('Shut down ci-runner-3?');
  // A dialog takes the keyboard an instant after it is drawn.
  await expect(dialog.getByRole('button', { name: 'Shut down', exact: true })).toBeFocused();
  await page.keyboard.press('Enter');
  await expect(row('ci-runner-3')).toContainText('Shut off');
});

test('a saved machine is restored, or its saved state discarded; there is no Start that would restore it too', async () => {
  await open('db-replica');
  await page.getByRole('button', { name: /Other ways than/ }).click();
  await page.getByRole('menuitem', { name: 'Save state and stop' }).click();
  await expect(button('Restore')).toBeVisible();
  await page.getByRole('button', { name: /^More actions/ }).click();
  await expect(page.getByRole('menuitem', { name: 'Discard saved state…' })).toBeVisible();
  await expect(page.getByRole('menuitem', { name: /^Start(?! with)/ })).toHaveCount(0);
  await page.getByRole('menuitem', { name: 'Restore', exact: true }).click();
  await expect(button('Pause')).toBeEnabled();
});

test('a cancelled saving is told as cancelled, with what is left, and nothing is red', async () => {
  await open('db-primary');
  await page.getByRole('button', { name: /Other ways than/ }).click();
  await page.getByRole('menuitem', { name: 'Save state and stop' }).click();
  await page.keyboard.press('Control+j');
  await page
    .getByRole('button', { name: /^Save db-primary/ })
    .first()
    .click();
  await expect(page.getByText(/^Speed over its time, up to /)).toBeVisible();
  await page.getByRole('button', { name: 'Cancel', exact: true }).click();
  // The panel of jobs says it as well; the one of the page can be closed.
  const said = page
    .getByRole('region', { name: 'db-primary' })
    .getByRole('status')
    .filter({ hasText: /Saving db-primary on kvm-b was cancelled/ });
  await expect(said).toContainText('no saved state is left');
  await expect(page.getByText('Cancelled', { exact: true })).toBeVisible();
  await expect(page.getByRole('alert')).toHaveCount(0);
  await expect(button('Shut down')).toBeEnabled();
  await said.getByRole('button', { name: 'Close' }).click();
  await page.keyboard.press('Control+j');
});

test('the dialog of a deletion shows the line for a shell that does what is ticked', async () => {
  await open('load-test');
  await page.getByRole('button', { name: /^More actions/ }).click();
  await page.getByRole('menuitem', { name: 'Delete' }).click();
  const dialog = page.getByRole('dialog');
  // A pool of the host is stopped, so nobody knows who needs the disk: it is not offered by itself.
  await expect(dialog.getByText(/These pools are stopped.*archive/)).toBeVisible();
  await expect(dialog.locator('code')).toContainText('undefine load-test');
  await expect(dialog.locator('code')).not.toContainText('--storage');
  await dialog.getByRole('checkbox').first().check();
  await expect(dialog.locator('code')).toContainText('undefine load-test --storage vda');
  await eachTheme(page, () => expectAccessible(page));
});

test('who deletes a machine comes to the list, at the row after it, and is told what became of its disks', async () => {
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel('Type load-test to confirm').fill('load-test');
  await dialog.getByRole('button', { name: /^Delete with 1 disk/ }).click();
  await expect(page.getByText('load-test was deleted from kvm-a. 1 disk was deleted with it.')).toBeVisible();
  await eachTheme(page, () => expectAccessible(page));
  await expect(page.getByRole('grid', { name: 'Machines' })).toBeVisible();
  await expect(row('load-test')).toHaveCount(0);
  await expect(row('mail')).toHaveAttribute('aria-selected', 'true');
});

test('a machine that goes elsewhere says so on its page, with a way back', async () => {
  await open('print');
  const other = await page.context().newPage();
  await other.goto(page.url());
  await open('print', other);
  await other.getByRole('button', { name: /^More actions/ }).click();
  await other.getByRole('menuitem', { name: 'Delete' }).click();
  await other.getByRole('dialog').getByRole('checkbox').first().uncheck();
  await other.getByRole('dialog').getByRole('button', { name: 'Delete, keep the disks' }).click();
  await expect(other.getByText('print was deleted from kvm-a. Its disk was kept.')).toBeVisible();
  await other.close();
  await expect(page.getByText('This machine is gone')).toBeVisible();
  await page.getByRole('button', { name: 'Back to the machines' }).click();
  await expect(page.getByRole('grid', { name: 'Machines' })).toBeVisible();
});
