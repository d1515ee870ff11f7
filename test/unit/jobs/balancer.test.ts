import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ownMetadata, readDomain } from '../../../drivers/libvirt/model/index.ts';
import { parseXml } from '../../../drivers/xml/index.ts';
import { backend } from '../../../main/contract/balancer.ts';
import {
  balancerLines,
  changedLines,
  hasEarlierLines,
  isBackendAddress,
  PARENT_CONFIG,
  REMAP_CONFIG,
  withOwnLines,
} from '../../../main/jobs/balancer/config.ts';
import { balancerXml, readBalancerXml } from '../../../main/jobs/balancer/metadata.ts';
import { CLOUD_INIT, FACTS, IMAGE, input, planned } from './create-input.ts';

const TWO = [
  { address: '192.0.2.11', port: 80 },
  { address: '192.0.2.12', port: 8080 },
];
const linesOf = (path: string, endpoints = TWO): string => balancerLines(endpoints).get(path) ?? '';

test('Traffic Server is told all back ends, which take turns, and one of them as the target', () => {
  assert.match(linesOf(REMAP_CONFIG), /^map \/ http:\/\/192\.0\.2\.11:80\/$/m);
  assert.match(
    linesOf(PARENT_CONFIG),
    /^dest_domain=\. parent="192\.0\.2\.11:80;192\.0\.2\.12:8080" round_robin=strict go_direct=false parent_is_proxy=false$/m,
  );
});

test('without a back end there is nothing that Traffic Server would go to', () => {
  for (const text of balancerLines([]).values())
    assert.ok(text.split('\n').every((line) => line === '' || line.startsWith('#')));
});

test('what a guest calls its address is no line of a configuration', () => {
  const hostile = [
    '192.0.2.1\nmap / http://evil/',
    '192.0.2.1"',
    'evil.example',
    '::1',
    '0.0.0.0',
    '224.0.0.1',
    '1.2.3',
    '',
  ];
  for (const address of hostile) {
    assert.equal(isBackendAddress(address), false, address);
    assert.throws(() => balancerLines([{ address, port: 80 }]), RangeError);
  }
  assert.throws(() => balancerLines([{ address: '192.0.2.1', port: 1.5 }]), RangeError);
});

test('a file that a person wrote in is kept around Virtlane’s lines, byte for byte', () => {
  const own = linesOf(REMAP_CONFIG);
  const next = linesOf(REMAP_CONFIG, [{ address: '192.0.2.99', port: 80 }]);
  const file = withOwnLines('# mine\nmap /a http://a/', own);
  assert.equal(file, `# mine\nmap /a http://a/\n${own}`);
  const after = `${file ?? ''}\n\tmap /b http://b/\n\n# no newline at the end`;
  assert.equal(withOwnLines(after, next), after.replace(own, next));
  assert.equal(withOwnLines(own, own), own);
  assert.equal(withOwnLines('', own), own);
});

test('marks that are not one pair are not touched', () => {
  const own = linesOf(REMAP_CONFIG);
  const [begin = '', , end = ''] = own.split('\n');
  for (const broken of [begin, end, `${end}\n${begin}`, `${own}${own}`])
    assert.equal(withOwnLines(broken, own), null);
});

test('lines that come before Virtlane’s are seen, comments are none', () => {
  const own = linesOf(REMAP_CONFIG);
  assert.equal(hasEarlierLines(`# a\n\n${own}map /b http://b/\n`), false);
  assert.equal(hasEarlierLines(`map / http://b/\n${own}`), true);
});

test('a change is told line by line', () => {
  const kinds = (before: string, after: string) =>
    changedLines(before, after).map(({ kind, text }) => `${kind} ${text}`);
  assert.deepEqual(kinds('a\nb\nc\n', 'a\nx\ny\nc\n'), [
    'same a',
    'removed b',
    'added x',
    'added y',
    'same c',
  ]);
  assert.deepEqual(kinds('', 'a\n'), ['added a']);
  assert.deepEqual(kinds('a\na\n', 'a\n'), ['same a', 'removed a']);
  assert.deepEqual(kinds('a\n', 'a\n'), ['same a']);
});

const BACKENDS = [
  { machine: '54353515-3ecf-463c-97e8-7673001fdec8', name: `a "b" & 'c' <d>`, port: 80, address: null },
  { machine: null, name: null, port: 8080, address: '192.0.2.7' },
];

test('the definition remembers the back ends', () => {
  assert.deepEqual(readBalancerXml(balancerXml(BACKENDS)), BACKENDS);
  assert.deepEqual(readBalancerXml(balancerXml([])), []);
});

test('what somebody else wrote there is checked', () => {
  const xml = `<balancer><backend port='80' address='evil'/><backend port='0' machine='x'/><backend port='80'/>
    <other port='80' machine='x'/><backend port='81' machine='y'/></balancer>`;
  assert.deepEqual(readBalancerXml(xml), [{ machine: 'y', name: null, port: 81, address: null }]);
  const many = `<balancer>${"<backend port='1' machine='x'/>".repeat(5000)}</balancer>`;
  assert.equal(readBalancerXml(many).length, 64);
});

test('a back end is a machine or an IPv4 address', () => {
  assert.equal(backend.safeParse({ machine: null, port: 80, address: null }).success, false);
  assert.equal(backend.safeParse({ machine: null, port: 80, address: '2001:db8::1' }).success, false);
  assert.equal(backend.safeParse({ machine: null, port: 80, address: '192.0.2.1' }).success, true);
});

test('a new load balancer remembers its back ends, and its first boot writes their addresses', () => {
  const mine = { path: REMAP_CONFIG, content: '# mine\n', mode: '0600' };
  const source = { ...IMAGE, cloudInit: { ...CLOUD_INIT, files: [mine] }, balancer: BACKENDS };
  const found = { name: '', host: null, port: 80, typed: null, machine: null, source: null } as const;
  const balancer = [
    { ...found, address: '192.0.2.7', missing: null },
    { ...found, name: 'web-2', address: null, missing: 'off' as const },
  ];
  const { machines, secrets, warnings } = planned(input(source), { ...FACTS, balancer });
  const element = ownMetadata(parseXml(machines[0]?.xml ?? '').root, 'balancer');
  assert.ok(element !== null);
  assert.deepEqual(readBalancerXml(balancerXml(BACKENDS)), BACKENDS);
  assert.equal(element.children.length, 2);
  assert.equal(readDomain(machines[0]?.xml ?? '').isBalancer, true);
  const seed = Object.values(secrets).join('');
  assert.match(seed, /# mine/);
  assert.match(seed, /map \/ http:\/\/192\.0\.2\.7:80\//);
  assert.match(seed, /192\.0\.2\.7:80[\\"]+ round_robin/);
  assert.ok(warnings.some((warning) => warning.startsWith('web-2 has no address now')));
  assert.equal(readDomain(planned(input(IMAGE)).machines[0]?.xml ?? '').isBalancer, false);
});
