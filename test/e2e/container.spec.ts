import { expect, test, type Page } from '@playwright/test';
import { Lab } from '../lab/lab.ts';
import { App } from './support/app.ts';
import { eachTheme, expectAccessible } from './support/axe.ts';
import { connectTo } from './support/connect.ts';
import { newMachine } from './support/demo.ts';

/** Containers in the window, on a real host of libvirt's LXC driver: from the sheet to the text of its console. */
test.describe.configure({ mode: 'serial' });

let lab: Lab;
let app: App;
let page: Page;

test.beforeAll(async ({ browser }) => {
  lab = await Lab.up(1);
  await lab.clean(1);
  app = await App.start({ lab });
  page = await (await browser.newContext({ colorScheme: 'dark' })).newPage();
  await page.goto(app.url);
  await connectTo(page, `lxc+ssh://root@${lab.address(1)}/system`);
});

test.afterAll(async () => {
  await page?.close();
  await app?.stop();
  if (lab === undefined) return;
  await lab.clean(1);
  await lab.release();
});

const { sheet, section } = newMachine(() => page);

test('a program of the host’s own files becomes a container, and its first words are on the console', async () => {
  await page.getByRole('button', { name: 'New machine', exact: true }).click();
  await expect(sheet().getByRole('radio', { name: 'Container', exact: true })).toBeChecked();
  await sheet().getByText('The host’s own', { exact: true }).click();
  await expect(sheet().getByLabel('Users of its own')).toHaveCount(0);
  await sheet().getByLabel('First program', { exact: true }).fill('/bin/sh');
  await sheet().getByText('Arguments and environment').click();
  await sheet().getByLabel('Arguments', { exact: true }).fill('-c\necho hello from $NAME; sleep 1000');
  await sheet().getByLabel('Environment', { exact: true }).fill('NAME=app');
  await eachTheme(page, () => expectAccessible(page));
  await section('Name').click();
  await sheet().getByLabel('Name', { exact: true }).fill('app');
  await expect(sheet().getByRole('complementary')).toContainText('Define app');
  await expect(sheet().getByRole('button', { name: 'Create', exact: true })).toBeEnabled();
  await page.keyboard.press('Control+Enter');
  await expect(sheet().getByRole('button', { name: 'Open its console' })).toBeFocused();
  await page.keyboard.press('Enter');
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('app');
  await expect(page.getByRole('application', { name: 'Serial console of app' })).toContainText(
    'hello from app',
  );
});

test('its page, the list and the side panel say what it is, and that it has no screen', async () => {
  await page.getByRole('tab', { name: 'Overview' }).click();
  await expect(page.getByRole('button', { name: 'Open the console of app' })).toHaveText(
    'A container has no screen',
  );
  await expect(page.getByRole('region', { name: 'Container' })).toContainText('/bin/sh');
  await eachTheme(page, () => expectAccessible(page));
  await page.getByRole('navigation', { name: 'Pages' }).getByRole('link', { name: 'Machines' }).click();
  const row = page
    .getByRole('grid', { name: 'Machines' })
    .getByRole('row', { name: /^app Container Running/ });
  await row.getByRole('gridcell', { name: 'Running' }).click();
  const peek = page.getByRole('complementary', { name: 'Side panel' });
  await expect(peek.getByText('Container', { exact: true })).toBeVisible();
  await expect(peek).toContainText('A container has no screen');
  await eachTheme(page, () => expectAccessible(page));
});
