import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { FailureError } from '../../../main/hosts/failures.ts';
import { parseTarget } from '../../../main/hosts/target.ts';

const ROWS: [typed: string, uri: string, rest: Record<string, unknown>][] = [
  ['kvm1', 'qemu+ssh://kvm1/system', { kind: 'ssh', host: 'kvm1', port: null, user: null }],
  ['root@kvm1', 'qemu+ssh://root@kvm1/system', { host: 'kvm1', user: 'root' }],
  ['root@kvm1:2222', 'qemu+ssh://root@kvm1:2222/system', { port: 2222 }],
  [' root@10.0.0.7 ', 'qemu+ssh://root@10.0.0.7/system', { host: '10.0.0.7' }],
  ['root@2001:db8::1', 'qemu+ssh://root@[2001:db8::1]/system', { host: '2001:db8::1', port: null }],
  ['[2001:db8::1]:22', 'qemu+ssh://[2001:db8::1]:22/system', { host: '2001:db8::1', port: 22 }],
  ['[fe80::1%eth0]', 'qemu+ssh://[fe80::1%eth0]/system', { host: 'fe80::1%eth0' }],
  ['ssh://root@kvm1:22', 'qemu+ssh://root@kvm1:22/system', { kind: 'ssh', port: 22 }],
  ['qemu+ssh://root@kvm1/system', 'qemu+ssh://root@kvm1/system', { libvirtUri: 'qemu:///system' }],
  ['qemu+ssh://kvm1', 'qemu+ssh://kvm1/system', { scope: 'system' }],
  ['QEMU+SSH://kvm1/', 'qemu+ssh://kvm1/system', {}],
  ['qemu+libssh2://kvm1/system', 'qemu+ssh://kvm1/system', {}],
  [
    'qemu+ssh://a@h/session?socket=/run/user/1/s',
    'qemu+ssh://a@h/session?socket=/run/user/1/s',
    { scope: 'session' },
  ],
  ['qemu+ssh://h/system?keyfile=/k%26y', 'qemu+ssh://h/system?keyfile=/k%26y', { keyFile: '/k&y' }],
  ['qemu+ssh://h/system?mode=direct&no_tty=1', 'qemu+ssh://h/system', {}],
  ['test+ssh://h/default', 'test+ssh://h/default', { libvirtUri: 'test:///default', driver: 'test' }],
  ['qemu:///system', 'qemu:///system', { kind: 'local', socket: null, scope: 'system' }],
  ['qemu:///session', 'qemu:///session', { scope: 'session', libvirtUri: 'qemu:///session' }],
  ['qemu:///system?socket=/a/b', 'qemu:///system?socket=/a/b', { socket: '/a/b' }],
  ['qemu+unix:///system', 'qemu+unix:///system', { kind: 'local', libvirtUri: 'qemu:///system' }],
  ['lxc:///', 'lxc:///', { kind: 'local', libvirtUri: 'lxc:///' }],
  ['lxc:///system', 'lxc:///system', {}],
  ['test+unix:///default', 'test+unix:///default', { libvirtUri: 'test:///default' }],
  ['test:///srv/hosts.xml', 'test:///srv/hosts.xml', { libvirtUri: 'test:///srv/hosts.xml' }],
  ['test+tcp://h:1234/default', 'test+tcp://h:1234/default', { kind: 'tcp', host: 'h', port: 1234 }],
  ['qemu+tcp://h/system', 'qemu+tcp://h/system', { port: 16_509 }],
  ['qemu+tcp://[::1]:9/system', 'qemu+tcp://[::1]:9/system', { host: '::1', port: 9 }],
  ['demo:///kvm-a', 'demo:///kvm-a', { kind: 'demo', name: 'kvm-a' }],
];

for (const [typed, uri, rest] of ROWS) {
  test(`${typed} is understood`, () => {
    const target = parseTarget(typed);
    assert.equal(target.uri, uri);
    assert.deepEqual({ ...target, ...rest }, { ...target });
  });
}

for (const [typed] of ROWS) {
  test(`the URI of ${typed} means the same again`, () => {
    const target = parseTarget(typed);
    assert.deepEqual(parseTarget(target.uri), target);
  });
}

const REFUSED: [typed: string, says: RegExp][] = [
  ['', /Type a host/],
  ['a b', /blanks/],
  ['a\nb', /blanks/],
  ['-oProxyCommand=x', /not a host name/],
  ['root@-oProxyCommand', /not a host name/],
  ['root:secret@h', /password/],
  ['h:0', /not a port/],
  ['h:99999', /not a port/],
  ['h:', /not a host name/],
  ['@h', /not a user name/],
  ['root@', /names no host/],
  ['qemu://h/system', /TLS/],
  ['qemu+tls://h/system', /TLS/],
  ['qemu+ext://h/system', /transport/],
  ['qemu+tcp://u@h/system', /SASL/],
  ['qemu+unix://h/system', /takes no host/],
  ['esx://h/', /not in this version/],
  ['vbox:///session', /not in this version/],
  ['qemu+ssh:///system', /names no host/],
  ['qemu+ssh://h/embed', /ends with/],
  ['lxc:///session', /ends with/],
  ['test:///', /default/],
  ['qemu+ssh://h/system?no_verify=1', /host keys are always checked/],
  ['qemu+ssh://h/system?command=/bin/ssh', /no ssh command/],
  ['qemu+ssh://h/system?socket=relative', /absolute/],
  ['qemu+ssh://h/system?nonsense=1', /not known/],
  ['qemu+ssh://h/system?__proto__=1', /not known/],
  ['qemu+ssh://h/system?keyfile=%zz', /escape/],
  ['demo:///', /demo:\/\/\/kvm-a/],
  ['demo:///../x', /demo/],
];

for (const [typed, says] of REFUSED) {
  test(`${JSON.stringify(typed)} is refused with a reason`, () => {
    assert.throws(
      () => parseTarget(typed),
      (error) =>
        error instanceof FailureError && error.failure.code === 'BAD_INPUT' && says.test(error.message),
    );
  });
}

test('any text gives a target or BAD_INPUT, and nothing else', () => {
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string(),
        fc.string().map((s) => `qemu+ssh://${s}`),
      ),
      (text) => {
        try {
          const target = parseTarget(text);
          assert.deepEqual(parseTarget(target.uri), target);
        } catch (error) {
          assert.ok(error instanceof FailureError && error.failure.code === 'BAD_INPUT');
        }
      },
    ),
  );
});
