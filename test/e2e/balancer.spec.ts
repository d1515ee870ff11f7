import { expect, test, type Locator, type Page } from '@playwright/test';
import { TreeServer } from '../support/tree-server.ts';
import { eachTheme, expectAccessible } from './support/axe.ts';
import { Demo, newMachine } from './support/demo.ts';

/** A load balancer of the demo fleet: made in front of two machines, and its page, which knows where they are. */
test.describe.configure({ mode: 'serial' });

let demo: Demo;
let page: Page;
/** Of an image that nobody has: the demo fleet's are all disks of machines. */
let server: TreeServer;

test.beforeAll(async ({ browser }) => {
  server = await TreeServer.start(new Map([['cloud.raw', Buffer.alloc(1024 ** 2)]]));
  demo = await Demo.open(browser);
  page = demo.page;
});

test.afterAll(async () => {
  await demo?.close();
  await server?.stop();
});

const { sheet } = newMachine(() => page);
const card = (): Locator => page.getByRole('region', { name: 'Load balancer' });

async function addMachine(within: Locator, name: string): Promise<void> {
  await within.getByRole('combobox', { name: 'Machine' }).fill(name);
  await page.getByRole('option', { name: new RegExp(`^${name} `) }).click();
  await within.getByRole('button', { name: 'Add', exact: true }).click();
  await expect(within.getByRole('button', { name: new RegExp(`^Remove ${name}`) })).toBeVisible();
}

test('it is made in front of machines of the inventory', async () => {
  await page.getByRole('button', { name: 'New machine' }).click();
  await sheet().getByText('URL', { exact: true }).click();
  await sheet().getByRole('textbox', { name: 'URL' }).fill(server.url('cloud.raw'));
  await sheet()
    .getByRole('button', { name: /^First boot/ })
    .click();
  await sheet().getByText('Load balancer', { exact: true }).click();
  await addMachine(sheet(), 'web-01');
  await addMachine(sheet(), 'web-02');
  await eachTheme(page, () => expectAccessible(page));
  await sheet().getByRole('button', { name: 'Create', exact: true }).click();
  await expect(sheet().getByRole('heading', { name: /Done/ })).toBeVisible({ timeout: 60_000 });
  await sheet().getByRole('button', { name: 'Open its console' }).click();
  await page.getByRole('tab', { name: 'Overview' }).click();
  await expect(card().getByRole('row', { name: /web-01 .*:80/ })).toBeVisible();
  await expect(card().getByRole('row', { name: /web-02 .*:80/ })).toBeVisible();
  await expect(card()).toContainText(/dest_domain=[.] parent="[\d.]+:80;[\d.]+:80"/);
  await eachTheme(page, () => expectAccessible(page));
});

test('other machines are chosen on its page', async () => {
  await card().getByRole('button', { name: 'Change the machines' }).click();
  const dialog = page.getByRole('dialog', { name: 'Machines behind it' });
  await dialog.getByRole('button', { name: /^Remove web-01/ }).click();
  await eachTheme(page, () => expectAccessible(page));
  await dialog.getByRole('button', { name: 'Save' }).click();
  await expect(dialog).toBeHidden();
  await expect(card().getByRole('row', { name: /web-01/ })).toHaveCount(0);
  await expect(card().getByRole('row', { name: /web-02/ })).toBeVisible();
});
