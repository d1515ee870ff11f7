import { expect, test, type Page } from '@playwright/test';
import { App } from './support/app.ts';
import { expectAccessible } from './support/axe.ts';

/** The frame around the pages: its dialogs and its search, and what it says when the core has ended. */
test.describe.configure({ mode: 'serial' });

let app: App;
let page: Page;

test.beforeAll(async ({ browser }) => {
  app = await App.start({ args: ['--demo'] });
  page = await (await browser.newContext({ viewport: { width: 1280, height: 800 } })).newPage();
  await page.goto(app.url);
  await expect(page.locator('[role=row][data-index]')).not.toHaveCount(0);
});

test.afterAll(async () => {
  await page?.close();
  await app?.stop();
});

test('Escape closes the search alone, and the dialog below it keeps what was typed', async () => {
  const dialog = page.getByRole('dialog', { name: 'Connect to a host' });
  const search = page.getByRole('dialog', { name: 'Search' });
  const target = dialog.getByRole('combobox', { name: 'Host' });
  await page.getByRole('button', { name: 'Add a host' }).first().click();
  await target.fill('root@kvm-z');
  await target.press('Escape');
  await dialog.getByRole('button', { name: 'More options' }).focus();
  await page.keyboard.press('Control+k');
  await expect(search).toBeVisible();
  await page.keyboard.type('db');
  await page.keyboard.press('Escape');
  await expect(search).toHaveCount(0);
  await expect(target).toHaveValue('root@kvm-z');
  await page.keyboard.press('Escape');
  await expect(dialog).toHaveCount(0);
});

test('the search finds what a machine’s menu offers by its words, with what is refused and why, and asks as the menu does', async () => {
  const search = page.getByRole('dialog', { name: 'Search' });
  const actions = search.getByRole('group', { name: 'Actions' }).getByRole('button');
  const look = async (text: string): Promise<void> => {
    await page.keyboard.press('Control+k');
    await expect(search).toBeVisible();
    await page.keyboard.type(text);
  };
  await look('start db-primary');
  await expect(actions).toHaveText([/^Start db-primary.*It is running\.$/]);
  await expect(actions).toHaveAttribute('aria-disabled', 'true');
  await expectAccessible(page);
  await page.keyboard.press('Enter');
  await expect(actions).toHaveCount(1);
  await page.keyboard.press('Escape');
  await expect(search).toHaveCount(0);
  await look('shut down db-primary');
  await expect(actions.first()).toHaveText(/^Shut down db-primary…/);
  await page.keyboard.press('Enter');
  const asks = page.getByRole('dialog', { name: 'Shut down db-primary?' });
  await asks.getByRole('button', { name: 'Cancel' }).click();
  await expect(asks).toHaveCount(0);
  await look('clone db-primary');
  await expect(actions).toHaveText([/^Clone db-primary…/]);
  await page.keyboard.press('Enter');
  const sheet = page.getByRole('dialog', { name: 'Clone db-primary' });
  await expect(sheet).toBeVisible();
  await page.keyboard.press('Escape');
  await expect(sheet).toHaveCount(0);
  await look('console db-primary');
  await expect(actions).toHaveText([/^Console of db-primary/]);
  await page.keyboard.press('Enter');
  await expect(page).toHaveURL(/#\/machine\/.*\/console$/);
  await page.getByRole('navigation', { name: 'Pages' }).getByRole('link', { name: 'Machines' }).click();
});

test('a page that cannot be shown says so in its place; the others work, and a reload brings it back', async () => {
  const script = /\/networks-page[^/]*\.js/;
  await page.route(script, (route) => route.abort());
  const pages = page.getByRole('navigation', { name: 'Pages' });
  await pages.getByRole('link', { name: 'Networks' }).click();
  await expect(page.getByRole('alert')).toContainText('This page could not be shown.');
  await expectAccessible(page);
  await pages.getByRole('link', { name: 'Machines' }).click();
  await expect(page.getByRole('grid', { name: 'Machines' })).toBeVisible();
  await pages.getByRole('link', { name: 'Networks' }).click();
  await page.unroute(script);
  await page.getByRole('button', { name: 'Reload the window' }).click();
  await expect(page.getByRole('heading', { level: 1, name: 'Networks' })).toBeVisible();
  await pages.getByRole('link', { name: 'Machines' }).click();
});

test('the search finds what makes something new and what belongs to the app, from any page, and opens what its button does', async () => {
  const search = page.getByRole('dialog', { name: 'Search' });
  const actions = search.getByRole('group', { name: 'Actions' }).getByRole('button');
  const choose = async (text: string, line: RegExp): Promise<void> => {
    await page.keyboard.press('Control+k');
    await expect(search).toBeVisible();
    await page.keyboard.type(text);
    await expect(actions.first()).toHaveText(line);
    await page.keyboard.press('Enter');
    await expect(search).toHaveCount(0);
  };
  const leave = async (name: string): Promise<void> => {
    const opened = page.getByRole('dialog', { name });
    await expect(opened).toBeVisible();
    await page.keyboard.press('Escape');
    await expect(opened).toHaveCount(0);
  };
  await choose('new machine', /^New machine…/);
  await leave('New machine');
  await choose('new network kvm-b', /^New network….*kvm-b$/);
  await expect(page).toHaveURL(/#\/networks$/);
  await leave('New network');
  await choose('pool', /^New pool…/);
  await expect(page).toHaveURL(/#\/storage$/);
  await leave('New storage pool');
  await page.getByRole('navigation', { name: 'Pages' }).getByRole('link', { name: 'Machines' }).click();
  await choose('upload', /^Upload to /);
  await expect(page).toHaveURL(/#\/storage\/.+/);
  await leave('Upload into ');
  await page.getByRole('navigation', { name: 'Pages' }).getByRole('link', { name: 'Machines' }).click();
  await choose('add host', /^Add a host…/);
  const connect = page.getByRole('dialog', { name: 'Connect to a host' });
  await connect.getByRole('button', { name: 'Cancel' }).click();
  await expect(connect).toHaveCount(0);
  await choose('settings', /^Settings/);
  await leave('Settings');
  await choose('help', /^Keyboard shortcuts/);
  await leave('Keyboard shortcuts');
  await choose('jobs', /^Jobs/);
  await expect(page.getByRole('tab', { name: 'Jobs' })).toHaveAttribute('aria-selected', 'true');
  await page.keyboard.press('Control+j');
  const scheme = page.locator('html');
  await choose('dark', /^Theme: dark/);
  await expect(scheme).toHaveAttribute('data-mantine-color-scheme', 'dark');
  await choose('light', /^Theme: light/);
  await expect(scheme).toHaveAttribute('data-mantine-color-scheme', 'light');
});

test('a new machine is one of the host that is looked at, also where a draft was of another', async () => {
  const sheet = page.getByRole('dialog', { name: 'New machine' });
  const host = sheet.getByRole('combobox', { name: 'Host', exact: true });
  for (const name of ['kvm-b', 'kvm-c']) {
    await page.getByRole('link', { name: new RegExp(`^${name}`) }).click();
    await expect(page.getByRole('heading', { level: 1, name })).toBeVisible();
    await page.getByRole('button', { name: 'New machine' }).click();
    await expect(host).toHaveValue(name);
    await page.keyboard.press('Escape');
    await expect(sheet).toHaveCount(0);
  }
  await page.getByRole('navigation', { name: 'Pages' }).getByRole('link', { name: 'Machines' }).click();
});

test('a job that a command left is listed while the app runs; Take back asks first, with what goes', async () => {
  const step = { id: 'disk', kind: 'volume.create', host: 'h', title: 'Create the disk left.qcow2' };
  const params = { host: 'h', pool: 'p', poolName: 'default', name: 'left.qcow2' };
  const more = { capacityBytes: 1, format: 'qcow2', preallocation: 'none', backing: null, secretUuid: null };
  const plan = {
    kind: 'create',
    name: 'left',
    uuid: null,
    hosts: [{ id: 'h', name: 'kvm-a', uri: 'demo:///kvm-a' }],
    steps: [{ ...step, params: { ...params, ...more, machine: null } }],
    secrets: [],
    failed: 'left was not created on kvm-a.',
  };
  const begun = [
    { type: 'plan', version: 1, startedAt: Date.now(), plan },
    { type: 'begin', step: 'disk' },
  ];
  const textOf = (lines: readonly object[]): string =>
    lines.map((line) => `${JSON.stringify(line)}\n`).join('');
  const text = textOf([...begun, { type: 'done', step: 'disk', result: { key: '/left.qcow2' } }]);
  await app.write('demo-jobs/00000000-0000-4000-8000-000000000001.jsonl', text);
  // It is asked for without being looked for.
  const takeBack = page.getByRole('button', { name: 'Take back…' });
  await takeBack.click();
  const asks = page.getByRole('dialog', { name: 'Take back what was done for left?' });
  await expect(asks).toContainText('Create the disk left.qcow2');
  await expectAccessible(page);
  await asks.getByRole('button', { name: 'Cancel' }).click();
  await expect(asks).toHaveCount(0);
  await takeBack.click();
  await asks.getByRole('button', { name: 'Take back', exact: true }).click();
  await expect(takeBack).toHaveCount(0);
  await expect(page.getByText('Cancelled', { exact: true })).toBeVisible();
  // One that fails says why in its line, and a click anywhere on that opens it.
  await app.write('demo-jobs/00000000-0000-4000-8000-000000000002.jsonl', textOf(begun));
  await page.getByRole('button', { name: 'Go on' }).click();
  await expect(page.getByText('Failed', { exact: true })).toBeVisible();
  const failure = page.getByRole('alert').filter({ hasText: 'left was not created on kvm-a.' });
  await expect(failure).toHaveCount(0);
  await page.getByText(/A pool is named by its UUID/).click();
  await expect(failure).toBeVisible();
  await expect(page.getByText(/A pool is named by its UUID/)).toHaveCount(1);
  // What a command has done meanwhile is listed, too.
  const done = {
    id: '00000000-0000-4000-8000-000000000003',
    kind: 'migrate',
    host: 'other-a',
    hosts: ['other-a', 'other-b'],
    uuid: null,
    name: 'moved',
    state: 'done',
    steps: [],
    mayBeLeft: [],
    waitsFor: [],
    progress: 1,
    bytesPerSecond: null,
    speeds: [],
    secondsLeft: null,
    startedAt: Date.now(),
    finishedAt: Date.now(),
    cancellable: false,
    log: [{ time: Date.now(), text: 'It stood still for 3 ms' }],
    failure: null,
  };
  const hosts = [
    { id: 'other-a', name: 'kvm-a', uri: 'demo:///kvm-a' },
    { id: 'other-b', name: 'kvm-z', uri: 'demo:///kvm-z' },
  ];
  const file = `demo-jobs-ended/${done.finishedAt}-${done.id}.json`;
  await app.write(file, JSON.stringify({ version: 1, by: 'command', job: done, hosts }));
  await page.getByRole('button', { name: 'Migrate moved by the command line' }).click();
  await expect(page.getByText('kvm-a → kvm-z')).toBeVisible();
  await expect(page.getByText('It stood still for 3 ms')).toBeVisible();
  await page.keyboard.press('Control+j');
});

test('a job of a host that is not in the list: the host is offered, over no button of a sheet, until something becomes of the job', async () => {
  const uri = 'qemu+ssh://root@kvm-q/system';
  const plan = {
    kind: 'create',
    name: 'strange',
    uuid: null,
    hosts: [{ id: 'q', name: 'kvm-q', uri }],
    steps: [{ id: 'a', kind: 'volume.create', host: 'q', title: 'Create a disk', params: { host: 'q' } }],
    secrets: [],
    failed: 'strange was not created on kvm-q.',
  };
  const lines = [
    { type: 'plan', version: 1, startedAt: Date.now(), plan },
    { type: 'begin', step: 'a' },
  ];
  const text = lines.map((line) => `${JSON.stringify(line)}\n`).join('');
  await app.write('demo-jobs/00000000-0000-4000-8000-000000000004.jsonl', text);
  const goOn = page.getByRole('button', { name: 'Go on' });
  const notice = page
    .getByRole('alert')
    .filter({ hasText: 'kvm-q is not in the list of hosts', has: page.getByRole('alert') });
  await goOn.click();
  await expect(notice).toBeVisible();
  await expect(notice).not.toContainText('Nothing answers there');
  // Asked again, it is said once.
  await goOn.click();
  await expect(notice).toHaveCount(1);
  await page.getByRole('button', { name: 'New machine' }).first().click();
  const sheet = page.getByRole('dialog', { name: 'New machine' });
  const submit = sheet.getByRole('button', { name: 'Create', exact: true });
  for (const size of [
    { width: 390, height: 844 },
    { width: 1280, height: 800 },
  ]) {
    await page.setViewportSize(size);
    await expect(notice).toBeVisible();
    await expect
      .poll(async () => {
        const [low, high] = [await notice.boundingBox(), await submit.boundingBox()];
        return (high?.y ?? 0) - (low?.y ?? 0) - (low?.height ?? 0);
      })
      .toBeGreaterThan(0);
  }
  await page.keyboard.press('Escape');
  await notice.getByRole('button', { name: 'Add the host…' }).click();
  await expect(notice).toHaveCount(0);
  const adding = page.getByRole('dialog', { name: 'Connect to a host' });
  await expect(adding.getByRole('combobox', { name: 'Host' })).toHaveValue(uri);
  await adding.getByRole('button', { name: 'Cancel' }).click();
  await expect(adding).toHaveCount(0);
  await goOn.click();
  await expect(notice).toBeVisible();
  await page.getByRole('button', { name: 'Take back…' }).click();
  const asks = page.getByRole('dialog', { name: 'Take back what was done for strange?' });
  await asks.getByRole('button', { name: 'Take back', exact: true }).click();
  await expect(notice).toHaveCount(0);
  await page.keyboard.press('Control+j');
});

test('when Virtlane has ended, what is shown is marked as old, with its age', async () => {
  await page.locator('[role=row][data-index]').getByText('db-primary', { exact: true }).click();
  await page.keyboard.press('Enter');
  const header = page.locator('main header');
  await expect(header).toContainText('Running');
  await app.stop();
  await expect(
    page.getByText(/^Virtlane itself does not answer\. What you see is \d+ s old\.$/),
  ).toBeVisible();
  await expect(header).toContainText(/Running on kvm-\w \d+ s ago/);
  await expectAccessible(page);
  await page.keyboard.press('g');
  await page.keyboard.press('m');
  await expect(page.locator('[role=row][data-index]').filter({ hasText: 'db-primary' })).toContainText(
    /\d+ s/,
  );
});
