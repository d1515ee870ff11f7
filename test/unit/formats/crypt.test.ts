import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sha512Crypt } from '../../../drivers/formats/crypt.ts';

test("hashes are those of the specification's own examples", () => {
  const cases: [password: string, salt: string, rounds: number | null, hash: string][] = [
    [
      'Hello world!',
      'saltstring',
      null,
      '$6$saltstring$svn8UoSVapNtMuq1ukKS4tPQd8iKwSMHWjl/O817G3uBnIFNjnQJuesI68u4OTLiBFdcbYEdFCoEOfaS35inz1',
    ],
    [
      'Hello world!',
      'saltstringsaltst',
      10000,
      '$6$rounds=10000$saltstringsaltst$OW1/O6BYHV6BcXZu8QVeXbDWra3Oeqh0sbHbbMCVNSnCM/UrjmM0Dp8vOuZeHBy/YTBmSK6H9qs/y3RnOaw5v.',
    ],
    [
      'a very much longer text to encrypt.  This one even stretches over morethan one line.',
      'anotherlongsalts',
      1400,
      '$6$rounds=1400$anotherlongsalts$POfYwTEok97VWcjxIiSOjiykti.o/pQs.wPvMxQ6Fm7I6IoYN3CmLs66x9t0oSwbtEW7o7UmJEiDwGqd8p4ur1',
    ],
    [
      'we have a short salt string but not a short password',
      'short',
      77777,
      '$6$rounds=77777$short$WuQyW2YR.hBNpjjRhpYD/ifIw05xdfeEyQoMxIXbkvr0gge1a1x3yRULJ5CCaUeOxFmtlcGZelFl5CxtgfiAc0',
    ],
  ];
  for (const [password, salt, rounds, hash] of cases)
    assert.equal(sha512Crypt(password, rounds === null ? { salt } : { salt, rounds }), hash);
});

test('a salt is made anew each time', () => {
  const [first, second] = [sha512Crypt('secret'), sha512Crypt('secret')];
  assert.match(first, /^\$6\$[./0-9A-Za-z]{16}\$[./0-9A-Za-z]{86}$/);
  assert.notEqual(first, second);
});

test('a password that crypt does not take, a salt that is none and rounds without end are refused', () => {
  for (const run of [
    () => sha512Crypt('a\0b'),
    () => sha512Crypt('x'.repeat(513)),
    () => sha512Crypt('x', { salt: 'a$b' }),
    () => sha512Crypt('x', { salt: '' }),
    () => sha512Crypt('x', { rounds: 999_999_999 }),
    () => sha512Crypt('x', { rounds: 999 }),
  ])
    assert.throws(run, { name: 'FormatError', code: 'BAD_VALUE' });
});
