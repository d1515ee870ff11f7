import { expect, test, type Locator, type Page } from '@playwright/test';
import { eachTheme, expectAccessible } from './support/axe.ts';
import { onDemo } from './support/demo.ts';
import { chooseByKeys, tabTo } from './support/keys.ts';

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

const chooseIn = (name: string, value: string): Promise<void> =>
  chooseByKeys(dialog().getByRole('combobox', { name }).first(), value);

test('by keys alone, from the button to a clone that runs: a link under a machine that runs is red, a copy mends it', async () => {
  await expect(more()).toBeFocused();
  await open();
  await tabTo(section('Disks'));
  await page.keyboard.press('Enter');
  await chooseIn('In the clone', 'Lies on the original');
  await expect(dialog().getByRole('alert').first()).toContainText('no disk can lie on');
  await expect(dialog().getByRole('button', { name: 'Clone', exact: true })).toBeDisabled();
  await chooseIn('In the clone', 'A copy');
  await expect(dialog().getByRole('alert')).toHaveCount(0);
  await tabTo(section('Machine'));
  await page.keyboard.press('Enter');
  const name = dialog().getByRole('textbox', { name: 'Name' });
  await tabTo(name);
  await page.keyboard.press('Control+A');
  await page.keyboard.type('web-by-keys');
  await chooseIn('Its disks are copied', 'By a snapshot');
  await expect(summary()).toContainText(/Let web-01 write beside vda/);
  await tabTo(dialog().getByRole('checkbox', { name: 'Start it when' }));
  await page.keyboard.press('Space');
  await tabTo(dialog().getByRole('button', { name: 'Clone', exact: true }));
  await page.keyboard.press('Enter');
  await expect(dialog().getByRole('heading', { name: /Done/ })).toBeVisible();
  await tabTo(dialog().getByRole('button', { name: 'Open web-by-keys' }));
  await page.keyboard.press('Enter');
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('web-by-keys');
  await expect(page.getByText(/^Running for/)).toBeVisible();
  await page.goBack();
  await expect(page.getByRole('heading', { level: 1 })).toHaveText(NAME);
});

test('two on another host: what it has not is said, and its disks are sent, straight where that is allowed and can be', async () => {
  await open();
  await choose('On the host', 'kvm-b');
  await dialog().getByRole('textbox', { name: 'How many' }).fill('2');
  await expect(summary()).toContainText(/Send .+ from .+ to .+/);
  await expect(summary()).not.toContainText(/Put a key/);
  const straight = dialog().getByRole('checkbox', { name: /^Straight from .+ to kvm-b/ });
  await straight.check();
  await expect(summary()).toContainText(/Put a key for kvm-b on .+ made for this job alone/);
  await eachTheme(page, () => expectAccessible(page));
  // What was agreed to for one host is not for another.
  await choose('On the host', 'kvm-a');
  await expect(straight).toHaveCount(0);
  await choose('On the host', 'kvm-b');
  await expect(straight).not.toBeChecked();
  await straight.check();
  await expect(dialog().getByRole('button', { name: 'Clone 2 times' })).toBeEnabled();
  await dialog().getByRole('button', { name: 'Clone 2 times' }).click();
  await expect(dialog().getByRole('heading', { name: /Done/ })).toBeVisible();
  await page.keyboard.press('Escape');
});

test('linked, the original is a template: no button starts it, and before it is deleted it is said who lies on its disk', async () => {
  const base = 'staging-web';
  const sheet = page.getByRole('dialog', { name: `Clone ${base}` });
  const actions = page.getByRole('button', { name: `More actions of ${base}` });
  await page.getByRole('navigation', { name: 'Pages' }).getByRole('link', { name: 'Machines' }).click();
  const grid = page.getByRole('grid', { name: 'Machines' });
  await page.getByRole('textbox', { name: 'Filter' }).fill(base);
  await grid.getByRole('link', { name: base, exact: true }).click();
  await expect(page.getByRole('button', { name: 'Start', exact: true })).toBeEnabled();
  await actions.click();
  await page.getByRole('menuitem', { name: 'Clone…' }).click();
  await sheet.getByRole('button', { name: /^Disks/ }).click();
  await sheet.getByRole('combobox', { name: 'In the clone' }).first().click();
  await page.getByRole('option', { name: 'Lies on the original' }).click();
  await expect(sheet.getByRole('alert').first()).toContainText('damaged when');
  await sheet.getByRole('checkbox', { name: `Keep ${base} as a template` }).check();
  await expect(sheet.getByRole('alert')).toHaveCount(0);
  await sheet.getByRole('button', { name: 'Clone', exact: true }).click();
  await expect(sheet.getByRole('heading', { name: /Done/ })).toBeVisible();
  await page.keyboard.press('Escape');
  await expect(page.getByRole('main').getByText('Template', { exact: true })).toBeVisible();
  await expect(page.getByRole('button', { name: 'Start', exact: true })).toHaveCount(0);
  await actions.click();
  await expect(page.getByRole('menuitem', { name: 'Start', exact: true })).toHaveCount(0);
  await page.getByRole('menuitem', { name: 'Delete…' }).click();
  await expect(page.getByRole('dialog')).toContainText(`Also used by ${base}-`);
  await page.keyboard.press('Escape');
});

test('closed, the sheet keeps a draft without the password; its machine deleted elsewhere, nothing of the plan stays', async () => {
  const machine = 'web-by-keys';
  const sheet = page.getByRole('dialog', { name: `Clone ${machine}` });
  const made = sheet.getByRole('complementary', { name: 'What will be made' });
  const name = sheet.getByRole('textbox', { name: 'Name' });
  await page.getByRole('navigation', { name: 'Pages' }).getByRole('link', { name: 'Machines' }).click();
  await page.getByRole('textbox', { name: 'Filter' }).fill('');
  await page
    .getByRole('grid', { name: 'Machines' })
    .getByRole('link', { name: machine, exact: true })
    .click();
  await expect(page.getByRole('heading', { level: 1 })).toHaveText(machine);
  const openSheet = async (): Promise<void> => {
    await page.getByRole('button', { name: `More actions of ${machine}` }).press('Enter');
    await page.getByRole('menuitem', { name: 'Clone…' }).press('Enter');
    await expect(sheet).toBeVisible();
  };
  await openSheet();
  await name.fill('web-draft');
  await sheet.getByRole('button', { name: /^First boot/ }).click();
  await sheet.getByRole('checkbox', { name: /^Tell cloud-init/ }).check();
  await sheet.getByRole('textbox', { name: 'User' }).fill('ops');
  await sheet.getByRole('textbox', { name: 'Password' }).fill('not-kept-1');
  await page.keyboard.press('Escape');
  await expect(sheet).toHaveCount(0);
  expect(await page.evaluate(() => JSON.stringify(sessionStorage))).not.toContain('not-kept-1');
  await openSheet();
  await expect(name).toHaveValue('web-draft');
  await expect(sheet).toContainText('Type it again: First boot › Password.');
  await expect(made).toContainText(/Copy vda/);

  const other = await page.context().newPage();
  await other.goto(page.url());
  await other.getByRole('button', { name: `More actions of ${machine}` }).click();
  await other.getByRole('menuitem', { name: 'Delete' }).click();
  await other.getByRole('dialog').getByRole('button', { name: 'Delete, keep the disks' }).click();
  await expect(other.getByRole('grid', { name: 'Machines' })).toBeVisible();
  await other.close();

  await expect(sheet.getByText(/^web-by-keys is no longer on kvm-a: it was deleted meanwhile/)).toBeVisible();
  await expect(made).toHaveText('Nothing is done.');
  await expect(sheet.getByRole('button', { name: 'Clone', exact: true })).toBeDisabled();
  await eachTheme(page, () => expectAccessible(page));
  await page.keyboard.press('Escape');
  await expect(sheet).toHaveCount(0);
});
