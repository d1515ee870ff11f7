import { expect, test, type Locator, type Page } from '@playwright/test';
import { eachTheme, expectAccessible } from './support/axe.ts';
import { onDemo } from './support/demo.ts';

/** On the demo fleet, by the keyboard: tags are put on a machine, on its page and before it is made, and the list's filter finds it by them. */
test.describe.configure({ mode: 'serial' });

let page: Page;
onDemo((opened) => {
  page = opened;
});

const dialog = (): Locator => page.getByRole('dialog');
const field = (): Locator => dialog().getByRole('combobox', { name: 'Tags' });
const facts = (): Locator => page.getByRole('region', { name: 'Machine', exact: true });
const change = (name: string): Locator => facts().getByRole('button', { name: `Change the tags of ${name}` });
const openList = (): Promise<void> =>
  page.getByRole('navigation', { name: 'Pages' }).getByRole('link', { name: 'Machines' }).click();
const filter = async (text: string): Promise<Locator> => {
  await page.keyboard.press('/');
  await page.getByRole('textbox', { name: 'Filter' }).fill(text);
  return page.getByRole('grid', { name: 'Machines' }).getByRole('rowheader');
};

test('on its page: what is no tag is said, what is one is kept', async () => {
  await page
    .getByRole('grid', { name: 'Machines' })
    .getByRole('link', { name: 'web-01', exact: true })
    .click();
  await expect(facts()).toContainText('Tagsnone');
  await change('web-01').press('Enter');
  await expect(field()).toBeFocused();
  await page.keyboard.type('a/b ');
  await expect(dialog()).toContainText('“a/b” is no tag');
  await expect(dialog().getByRole('button', { name: 'Save' })).toBeDisabled();
  await eachTheme(page, () => expectAccessible(page));
  await page.keyboard.press('Backspace');
  await page.keyboard.type('Shop team:a ');
  await expect(dialog()).not.toContainText('is no tag:');
  await dialog().getByRole('button', { name: 'Save' }).press('Enter');
  await expect(dialog()).toHaveCount(0);
  await expect(change('web-01')).toBeFocused();
  await expect(
    facts()
      .getByRole('listitem')
      .filter({ hasText: /^(Shop|team:a)$/ }),
  ).toHaveText(['Shop', 'team:a']);
  await eachTheme(page, () => expectAccessible(page));
});

test('a machine is made with tags, and the filter finds both by one', async () => {
  await openList();
  await page.getByRole('button', { name: 'New machine', exact: true }).click();
  await dialog().getByRole('radio', { name: 'Network boot' }).locator('..').click();
  await page.keyboard.press('Control+7');
  await dialog().getByLabel('Name', { exact: true }).fill('tagged');
  await field().focus();
  await page.keyboard.type('a/b,');
  await expect(field()).toHaveAccessibleDescription(/“a\/b” is no tag/);
  await eachTheme(page, () => expectAccessible(page));
  await page.keyboard.press('Backspace');
  // Not ended: it counts all the same.
  await page.keyboard.type('shop');
  await expect(field()).not.toHaveAccessibleDescription(/is no tag/);
  await expect(dialog().getByRole('button', { name: 'Create', exact: true })).toBeEnabled();
  await page.keyboard.press('Control+Enter');
  await expect(dialog().getByRole('button', { name: 'Open its console' })).toBeFocused();
  await page.keyboard.press('Escape');
  await expect(await filter('tag:shop')).toHaveText([/tagged/, /web-01/]);
  await expect(await filter('tag:shop tag:team:a')).toHaveText([/web-01/]);
});

test('taken away, it is found no more', async () => {
  await page
    .getByRole('grid', { name: 'Machines' })
    .getByRole('link', { name: 'web-01', exact: true })
    .click();
  await change('web-01').click();
  await expect(field()).toBeFocused();
  for (const left of ['Shop', null]) {
    await page.keyboard.press('Backspace');
    if (left !== null) await expect(dialog()).not.toContainText('team:a');
  }
  await dialog().getByRole('button', { name: 'Save' }).click();
  await expect(dialog()).toHaveCount(0);
  await expect(facts()).toContainText('Tagsnone');
  await openList();
  await expect(await filter('tag:shop')).toHaveText([/tagged/]);
});
