import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { hostNames, ownName, type Nameable } from '../../../main/hosts/names.ts';
import { parseTarget } from '../../../main/hosts/target.ts';

function host(id: string, target: string, names: Partial<Nameable> = {}): Nameable {
  return { id, given: null, own: null, target: parseTarget(target), ...names };
}

const names = (...hosts: Nameable[]): string[] => [...hostNames(hosts).values()];

test('a host is called by its address until it says its own name, and by what a person typed in any case', () => {
  assert.deepEqual(
    names(
      host('a', 'root@192.0.2.1'),
      host('b', 'root@192.0.2.2', { own: 'kvm2' }),
      host('c', 'root@192.0.2.3', { own: 'kvm3', given: 'lab' }),
    ),
    ['192.0.2.1', 'kvm2', 'lab'],
  );
});

test('this computer and demo hosts keep their names', () => {
  assert.deepEqual(
    names(host('a', 'qemu:///system', { own: 'laptop' }), host('b', 'demo:///kvm-a', { own: 'x' })),
    ['This computer', 'kvm-a'],
  );
});

test('one host by two users or two addresses is told apart by how it is reached', () => {
  assert.deepEqual(
    names(
      host('a', 'root@192.0.2.1', { own: 'kvm1' }),
      host('b', 'ann@192.0.2.1', { own: 'kvm1' }),
      host('c', 'root@[2001:db8::1]:2222', { own: 'kvm1' }),
    ),
    ['kvm1 (root@192.0.2.1)', 'kvm1 (ann@192.0.2.1)', 'kvm1 (root@[2001:db8::1]:2222)'],
  );
});

test('hosts that have only their address in common are called by user and address', () => {
  assert.deepEqual(names(host('a', 'root@h'), host('b', 'ann@h')), ['root@h', 'ann@h']);
});

test('a name that a person typed stays as it is when another host calls itself so', () => {
  assert.deepEqual(
    names(host('a', 'root@192.0.2.1', { given: 'kvm1' }), host('b', 'root@192.0.2.2', { own: 'kvm1' })),
    ['kvm1', '192.0.2.2'],
  );
});

test('a host that calls itself by what is another one’s is called by its own address', () => {
  const victim = host('11111111-1111-4111-8111-111111111111', 'root@prod.example.org', { given: 'Billing' });
  for (const own of ['prod.example.org', 'PROD.Example.org', 'billing', 'BILLING', victim.id])
    assert.deepEqual(names(victim, host('b', 'root@192.0.2.2', { own })), ['Billing', '192.0.2.2'], own);
  assert.deepEqual(names(host('a', 'demo:///kvm-a'), host('b', 'root@192.0.2.2', { own: 'kvm-a' })), [
    'kvm-a',
    '192.0.2.2',
  ]);
});

test('an own name that is none, as an older version may have saved, is not used', () => {
  assert.deepEqual(names(host('a', 'root@192.0.2.1', { own: '192.0.2.9' })), ['192.0.2.1']);
});

test('a name that another host has in other letters is not one of its own', () => {
  assert.deepEqual(
    names(host('a', 'root@192.0.2.1', { own: 'kvm1' }), host('b', 'root@192.0.2.2', { own: 'KVM1' })),
    ['kvm1 (root@192.0.2.1)', 'KVM1 (root@192.0.2.2)'],
  );
});

test('what is reached the same way is told apart by its URI', () => {
  assert.deepEqual(names(host('a', 'qemu:///system'), host('b', 'qemu:///session')), [
    'This computer (qemu:///system)',
    'This computer (qemu:///session)',
  ]);
  assert.deepEqual(names(host('a', 'root@h'), host('b', 'lxc+ssh://root@h/')), [
    'h (qemu+ssh://root@h/system)',
    'h (lxc+ssh://root@h/)',
  ]);
});

test('no two hosts have the same name, whatever they are called', () => {
  const text = fc.constantFrom(
    'h',
    'H',
    'kvm1',
    'KVM1',
    'root@h',
    'h (root@h)',
    'h (0)',
    'h (qemu+ssh://root@h/system)',
  );
  const one = fc.record({
    given: fc.option(text),
    own: fc.option(text),
    target: fc.constantFrom('root@h', 'ann@h', 'h', 'lxc+ssh://root@h/', 'qemu:///system').map(parseTarget),
  });
  fc.assert(
    fc.property(fc.array(one, { maxLength: 8 }), (hosts) => {
      const all = names(...hosts.map((entry, index) => ({ ...entry, id: String(index) })));
      assert.equal(new Set(all.map((name) => name.toLowerCase())).size, hosts.length);
    }),
  );
});

test('a host’s own name is a name, and no address', () => {
  for (const name of ['kvm1.example.org', 'KVM-1', 'node_3', '1and1', 'x'.repeat(253)])
    assert.equal(ownName(name), name);
  for (const name of [
    '',
    'localhost',
    'LOCALHOST.localdomain',
    '10.94.0.11',
    '2001:db8::1',
    '10.1',
    '167772161',
    '0x7f.0x1',
    'kvm1.',
    '-oProxyCommand',
    'kvm1/web',
    'root@kvm1',
    '\u001b[31mkvm1',
    'kvm\u202e1',
    'kvm\u0430',
    'kvm1\n',
    'x'.repeat(254),
  ])
    assert.equal(ownName(name), null, JSON.stringify(name));
});
