import { expect, test, type Locator, type Page } from '@playwright/test';
import { eachTheme, expectAccessible } from './support/axe.ts';
import { onDemo } from './support/demo.ts';

/** On the demo fleet: a machine that runs is cloned, then linked, then to another host with a red check that is mended. */
test.describe.configure({ mode: 'serial' });

let page: Page;
onDemo((opened) => {
  page = opened;
});

const NAME = 'web-01';
const dialog = (): Locator => page.getByRole('dialog', { name: `Clone ${NAME}` });
const more = (): Locator => page.getByRole('button', { name: `More actions of ${NAME}` });
const summary = (): Locator => dialog().getByRole('complementary', { name: 'What will be made' });
const section = (title: string): Locator =>
  dialog()
    .getByRole('navigation', { name: 'Sections' })
    .getByRole('button', { name: new RegExp(`^${title}`) });
const choose = async (name: string | RegExp, value: string): Promise<void> => {
  await dialog().getByRole('combobox', { name }).first().click();
  await page.getByRole('option', { name: value }).click();
};
const open = async (): Promise<void> => {
  await more().press('Enter');
  await page.getByRole('menuitem', { name: 'Clone…' }).press('Enter');
  await expect(dialog().getByRole('heading', { name: `Clone ${NAME}` })).toBeVisible();
};

test('opened and made by keys: as it runs, with whole files, and back to the button', async () => {
  await page.getByRole('navigation', { name: 'Pages' }).getByRole('link', { name: 'Machines' }).click();
  await page.getByRole('grid', { name: 'Machines' }).getByRole('link', { name: NAME, exact: true }).click();
  await expect(page.getByRole('heading', { level: 1 })).toHaveText(NAME);
  await open();
  await expect(summary()).toContainText('As it runs now, with whole files');
  await expect(summary()).toContainText(/Copy vda.* of web-01 while it runs/);
  for (const title of ['Machine', 'Disks', 'Hardware', 'First boot']) {
    await section(title).click();
    await eachTheme(page, () => expectAccessible(page));
  }
  await expect(dialog().getByRole('button', { name: 'Clone', exact: true })).toBeEnabled();
  await page.keyboard.press('Control+Enter');
  await expect(dialog().getByRole('heading', { name: /Done/ })).toBeVisible();
  await page.keyboard.press('Escape');
  await expect(more()).toBeFocused();
});

test('a link under a machine that runs is a red check at its disk; a copy mends it', async () => {
  await open();
  await section('Disks').click();
  await choose('In the clone', 'Lies on the original');
  await expect(dialog().getByRole('alert').first()).toContainText('no disk can lie on');
  await expect(dialog().getByRole('button', { name: 'Clone', exact: true })).toBeDisabled();
  await choose('In the clone', 'A copy');
  await expect(dialog().getByRole('alert')).toHaveCount(0);
  await expect(dialog().getByRole('button', { name: 'Clone', exact: true })).toBeEnabled();
  await page.keyboard.press('Escape');
});

test('two on another host: what it has not is said, and its disks are sent', async () => {
  await open();
  await choose('On the host', 'kvm-b');
  await dialog().getByRole('textbox', { name: 'How many' }).fill('2');
  await expect(summary()).toContainText(/Send .+ from .+ to .+/);
  await expect(dialog().getByRole('button', { name: 'Clone 2 times' })).toBeEnabled();
  await dialog().getByRole('button', { name: 'Clone 2 times' }).click();
  await expect(dialog().getByRole('heading', { name: /Done/ })).toBeVisible();
  await page.keyboard.press('Escape');
});
