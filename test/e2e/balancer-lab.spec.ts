import { expect, test, type Page } from '@playwright/test';
import { Lab } from '../lab/lab.ts';
import { byAgent } from '../support/guest-agent.ts';
import { App } from './support/app.ts';
import { eachTheme, expectAccessible } from './support/axe.ts';
import { connectTo } from './support/connect.ts';

/** A load balancer's page with a guest agent that answers, on a real libvirtd; the guest has no Traffic Server, but its files. */
let lab: Lab;
let app: App;
let page: Page;

test.beforeAll(async ({ browser }) => {
  lab = await Lab.up(1);
  await lab.clean(1);
  await lab.addGuest(1, 'front', { headless: true });
  const backends = "<balancer><backend port='80' address='192.0.2.7'/></balancer>";
  const metadata = ['urn:virtlane:balancer', '--key', 'virtlane', '--config', '--set', backends];
  await lab.exec(1, 'virsh', 'metadata', 'front', ...metadata);
  await lab.exec(1, 'virsh', 'start', 'front');
  app = await App.start({ lab });
  page = await (await browser.newContext({ colorScheme: 'dark' })).newPage();
  await page.goto(app.url);
  await connectTo(page, `root@${lab.address(1)}`);
  await expect(page.getByRole('button', { name: 'New machine' }).first()).toBeEnabled();
});

test.afterAll(async () => {
  await page?.close();
  await app?.stop();
  if (lab === undefined) return;
  await lab.clean(1);
  await lab.release();
});

test('other back ends are chosen, the change is shown, and the agent writes it', async () => {
  const inGuest = (script: string): Promise<string> => byAgent(lab, 'front', script);
  const files = '/etc/trafficserver';
  const prepare = `mkdir -p ${files}; cd ${files}; echo '# mine' | tee remap.config > parent.config
    printf '#!/bin/sh\necho "$@" >> /tmp/told\n' > /bin/traffic_ctl; chmod 755 /bin/traffic_ctl; echo prepared`;
  await expect.poll(() => inGuest(prepare).catch(String), { timeout: 200_000 }).toBe('prepared\n');
  await page.getByRole('grid', { name: 'Machines' }).getByText('front', { exact: true }).dblclick();
  await page.getByRole('tab', { name: 'Overview' }).click();
  const card = page.getByRole('region', { name: 'Load balancer' });
  await card.getByRole('button', { name: 'Change the machines' }).click();
  const dialog = page.getByRole('dialog', { name: 'Machines behind it' });
  await dialog.getByRole('combobox', { name: 'Machine' }).click();
  await page.getByRole('option', { name: 'An address that is none of these' }).click();
  await dialog.getByLabel('Address', { exact: true }).fill('192.0.2.8');
  await dialog.getByRole('button', { name: 'Add', exact: true }).click();
  await dialog.getByRole('button', { name: 'Save' }).click();
  await expect(dialog).toBeHidden();
  const both = 'parent="192.0.2.7:80;192.0.2.8:80"';
  await expect(card.getByLabel(`Lines of ${files}/parent.config`)).toContainText(both);
  await eachTheme(page, () => expectAccessible(page));
  expect(await inGuest(`cat ${files}/parent.config`)).toBe('# mine\n');
  await card.getByRole('button', { name: 'Write the change' }).click();
  await expect(card).toContainText('Written, and Traffic Server goes by it.');
  await eachTheme(page, () => expectAccessible(page));
  const written = await inGuest(`cd ${files}; cat parent.config; ls; cat /tmp/told`);
  expect(written).toMatch(/^# mine\n/);
  expect(written).toContain(both);
  expect(written).toMatch(/\nparent.config\nremap.config\nconfig reload\n$/);
});
