import assert from 'node:assert/strict';
import type { LookupAddress } from 'node:dns';
import { describe, it, type TestContext } from 'node:test';
import { NameLookup } from '../../../drivers/transport/lookup.ts';

/** A resolver that answers when the test says so. */
class Resolver {
  /** Names that are being looked up, in the order they began. */
  readonly running: string[] = [];
  readonly #answers = new Map<string, (error: Error | null, addresses: LookupAddress[]) => void>();

  readonly service: ConstructorParameters<typeof NameLookup>[0] = (name, _options, done) => {
    this.running.push(name);
    this.#answers.set(name, done);
  };

  answer(name: string, error: Error | null = null): void {
    this.running.splice(this.running.indexOf(name), 1);
    this.#answers.get(name)?.(error, error === null ? [{ address: '192.0.2.1', family: 4 }] : []);
  }
}

function lookUp(names: NameLookup, name: string, told: string[] = []): void {
  names.lookup(name, { all: true }, (error, addresses) =>
    told.push(`${name}: ${error?.message ?? JSON.stringify(addresses)}`),
  );
}

function clock(t: TestContext): void {
  t.mock.timers.enable({ apis: ['setTimeout'] });
}

describe('looking up names', () => {
  it('one name that nobody answers for never delays another', (t) => {
    clock(t);
    const resolver = new Resolver();
    const names = new NameLookup(resolver.service, 2);
    const told: string[] = [];
    // asked for by every attempt to connect, as the last one was given up
    for (let attempt = 0; attempt < 10; attempt++) lookUp(names, 'dead', told);
    lookUp(names, 'kvm1', told);
    resolver.answer('kvm1');
    lookUp(names, 'kvm2', told);
    resolver.answer('kvm2');
    assert.deepEqual(resolver.running, ['dead']);
    assert.deepEqual(
      told.map((line) => line.split(':')[0]),
      ['kvm1', 'kvm2'],
    );
  });

  it('many names that were slow leave half of the places to the others', (t) => {
    clock(t);
    const resolver = new Resolver();
    const names = new NameLookup(resolver.service, 4);
    const dead = ['dead1', 'dead2', 'dead3', 'dead4'];
    for (const name of dead) lookUp(names, name);
    assert.deepEqual(resolver.running, dead, 'nothing is known of them yet');
    t.mock.timers.tick(1000);
    for (const name of dead) resolver.answer(name, new Error('EAI_AGAIN'));
    for (const name of dead) lookUp(names, name);
    lookUp(names, 'kvm1');
    lookUp(names, 'kvm2');
    assert.deepEqual(resolver.running, ['dead1', 'dead2', 'kvm1', 'kvm2']);
    resolver.answer('dead1');
    assert.deepEqual(resolver.running, ['dead2', 'kvm1', 'kvm2', 'dead3'], 'those that wait have their turn');
  });

  it('a name that is answered soon again is not slow any more', (t) => {
    clock(t);
    const resolver = new Resolver();
    const names = new NameLookup(resolver.service, 2);
    for (const name of ['a', 'b']) lookUp(names, name);
    t.mock.timers.tick(1000);
    for (const name of ['a', 'b']) resolver.answer(name);
    for (const name of ['a', 'b']) lookUp(names, name);
    assert.deepEqual(resolver.running, ['a']);
    resolver.answer('a');
    resolver.answer('b');
    for (const name of ['a', 'b']) lookUp(names, name);
    assert.deepEqual(resolver.running, ['a', 'b']);
  });

  it('everybody who asks for a name is told its addresses, or the resolver’s error', () => {
    const resolver = new Resolver();
    const names = new NameLookup(resolver.service, 2);
    const told: string[] = [];
    lookUp(names, 'kvm1', told);
    lookUp(names, 'kvm1', told);
    resolver.answer('kvm1');
    const line = 'kvm1: [{"address":"192.0.2.1","family":4}]';
    assert.deepEqual(told, [line, line]);
    lookUp(names, 'none', told);
    resolver.answer('none', new Error('ENOTFOUND none'));
    assert.equal(told.at(-1), 'none: ENOTFOUND none');
  });

  it('tells one address to those who want one', () => {
    const resolver = new Resolver();
    const told: unknown[] = [];
    new NameLookup(resolver.service, 2).lookup('kvm1', {}, (...answer) => told.push(answer));
    resolver.answer('kvm1');
    assert.deepEqual(told, [[null, '192.0.2.1', 4]]);
  });
});
