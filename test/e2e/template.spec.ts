import { expect, test, type Locator, type Page } from '@playwright/test';
import { eachTheme, expectAccessible } from './support/axe.ts';
import { onDemo } from './support/demo.ts';

/** On the demo fleet, by keyboard and mouse: a machine is shut down and kept as a template, two are made from it, and it is found by its mark. */
test.describe.configure({ mode: 'serial' });

let page: Page;
onDemo((opened) => {
  page = opened;
});

const NAME = 'web-01';
const dialog = (): Locator => page.getByRole('dialog');
const more = (): Locator => page.getByRole('button', { name: `More actions of ${NAME}` });
const fromIt = (): Locator => page.getByRole('button', { name: 'New machine from it' });
const choose = async (item: string): Promise<void> => {
  await more().press('Enter');
  await page.getByRole('menuitem', { name: item }).press('Enter');
};
const openPage = async (): Promise<void> => {
  await page.getByRole('navigation', { name: 'Pages' }).getByRole('link', { name: 'Machines' }).click();
  await page.getByRole('grid', { name: 'Machines' }).getByRole('link', { name: NAME, exact: true }).click();
  await expect(page.getByRole('heading', { level: 1 })).toHaveText(NAME);
};

test('the keyboard alone: a machine that runs is shut down by the question, and then kept', async () => {
  await openPage();
  await choose('Keep as template');
  await expect(dialog()).toContainText('cloud-init clean');
  await eachTheme(page, () => expectAccessible(page));
  await page.keyboard.press('Escape');
  await expect(more()).toBeFocused();
  await choose('Keep as template');
  await expect(dialog().getByRole('button', { name: 'Shut down' })).toBeFocused();
  await page.keyboard.press('Enter');
  await expect(dialog().getByRole('status')).toHaveText(`${NAME} is off.`);
  await expect(dialog().getByRole('button', { name: 'Keep as template' })).toBeFocused();
  await page.keyboard.press('Enter');
  await expect(dialog()).toHaveCount(0);
  await expect(more()).toBeFocused();
  await expect(page.getByRole('main').getByText('Template', { exact: true })).toBeVisible();
  for (const name of ['Start', 'Pause', 'Shut down'])
    await expect(page.getByRole('button', { name, exact: true })).toHaveCount(0);
  await eachTheme(page, () => expectAccessible(page));
});

test('two machines are made from it, and the door leads to the first', async () => {
  await fromIt().click();
  await expect(dialog().getByRole('heading', { name: `New machine from ${NAME}` })).toBeVisible();
  await dialog().getByRole('textbox', { name: 'How many' }).fill('2');
  const name = dialog().getByRole('textbox', { name: 'Name' });
  await expect(name).toHaveValue(`${NAME}-#`);
  await name.fill(NAME);
  await expect(name).toHaveAccessibleDescription(/Several machines need a #/);
  await expect(dialog().getByRole('button', { name: 'Create 2' })).toBeDisabled();
  await name.fill(`${NAME}-#`);
  const section = (title: string): Locator =>
    dialog()
      .getByRole('navigation', { name: 'Sections' })
      .getByRole('button', { name: new RegExp(`^${title}`) });
  await section('Disks').click();
  await expect(dialog().getByRole('radio', { name: 'On the template’s' })).toBeChecked();
  await eachTheme(page, () => expectAccessible(page));
  await section('First boot').click();
  await dialog().getByRole('checkbox', { name: 'Tell cloud-init about the new machine' }).check();
  await dialog().getByRole('textbox', { name: 'User' }).fill('me');
  await expect(dialog()).toContainText('me gets no key and no password');
  await dialog().getByLabel('Password', { exact: true }).fill('a secret');
  await expect(dialog()).not.toContainText('me gets no key and no password');
  await eachTheme(page, () => expectAccessible(page));
  await expect(dialog().getByRole('button', { name: 'Create 2' })).toBeEnabled();
  await page.keyboard.press('Control+Enter');
  await expect(dialog().getByRole('heading', { name: `${NAME}-1 to ${NAME}-2 Done` })).toBeVisible();
  await expect(dialog().getByRole('button', { name: 'Open its console' })).toBeFocused();
  await page.keyboard.press('Escape');
  await expect(fromIt()).toBeFocused();
});

test('template:yes finds it in the list, and its panel has room for its buttons', async () => {
  await page.getByRole('navigation', { name: 'Pages' }).getByRole('link', { name: 'Machines' }).click();
  const rows = page.getByRole('grid', { name: 'Machines' }).getByRole('rowheader');
  await page.keyboard.press('/');
  await page.keyboard.type('template:yes');
  await expect(rows).toHaveText([/web-01.*Template/]);
  const peek = page.getByRole('complementary', { name: 'Side panel' });
  await expect(peek.getByRole('button', { name: 'New machine from it' })).toBeVisible();
  const [panel, last] = [
    await peek.boundingBox(),
    await peek.getByRole('button', { name: /^More/ }).boundingBox(),
  ];
  expect((last?.x ?? 0) + (last?.width ?? 0)).toBeLessThanOrEqual((panel?.x ?? 0) + (panel?.width ?? 0));
  await eachTheme(page, () => expectAccessible(page));
  await page.getByRole('textbox', { name: 'Filter' }).fill('');
});

test('the sheet of new machines leads to those from it', async () => {
  await page.getByRole('button', { name: 'New machine', exact: true }).click();
  const sheet = page.getByRole('dialog', { name: 'New machine' });
  await sheet.getByRole('button', { name: NAME, exact: true }).click();
  await expect(page.getByRole('heading', { name: `New machine from ${NAME}` })).toBeVisible();
  await expect(dialog()).toHaveCount(1);
  await page.keyboard.press('Escape');
  await expect(dialog()).toHaveCount(0);
});

test('it is no machine again by mistake: what lies on its disk is named, there and before it is deleted', async () => {
  await openPage();
  await choose('Delete…');
  await expect(dialog()).toContainText(`Also used by ${NAME}-1, ${NAME}-2.`);
  await page.keyboard.press('Escape');
  await choose('Make it a machine again');
  await dialog().getByRole('button', { name: 'Make it a machine again' }).click();
  await expect(dialog().getByRole('alert')).toContainText(`${NAME}-1`);
  await expect(dialog().getByRole('button', { name: 'Cancel' })).toBeFocused();
  await eachTheme(page, () => expectAccessible(page));
  await dialog().getByRole('button', { name: 'Make it a machine all the same' }).click();
  await expect(dialog()).toHaveCount(0);
  await expect(fromIt()).toHaveCount(0);
  await expect(page.getByRole('button', { name: 'Start', exact: true })).toBeVisible();
});
