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
    ['kvm1', 'kvm1 (root@192.0.2.2)'],
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
  const text = fc.constantFrom('h', 'kvm1', 'root@h', 'h (root@h)', 'h (0)', 'h (qemu+ssh://root@h/system)');
  const one = fc.record({
    given: fc.option(text),
    own: fc.option(text),
    target: fc.constantFrom('root@h', 'ann@h', 'h', 'lxc+ssh://root@h/', 'qemu:///system').map(parseTarget),
  });
  fc.assert(
    fc.property(fc.array(one, { maxLength: 8 }), (hosts) => {
      const all = names(...hosts.map((entry, index) => ({ ...entry, id: String(index) })));
      assert.equal(new Set(all).size, hosts.length);
    }),
  );
});

test('a name that a host gives itself is shown without what a name has no use for', () => {
  assert.equal(ownName('kvm1.example.org'), 'kvm1.example.org');
  assert.equal(ownName('\u001b[31mkvm\u202e 1'), '31mkvm1');
  assert.equal(ownName('localhost'), null);
  assert.equal(ownName('LOCALHOST.localdomain'), null);
  assert.equal(ownName(''), null);
  assert.equal(ownName('x'.repeat(1000))?.length, 253);
});
