/** SQLite and a database that is written to, on a disk for the lab's tiny guest, which has busybox alone. */

/** Commands of a host that make the file: ext4 with a journal, filled without mounting anything. */
export function makeDatabaseDisk(file: string): string {
  return `rm -rf /tmp/database && mkdir -p /tmp/database/lib && cd /tmp/database && cp /usr/bin/sqlite3 . &&
    cp -L $(ldd /usr/bin/sqlite3 | grep -o '/[^ ]*') lib/ && cat >sql <<'SQL' && cat >fill <<'FILL' && cat >write <<'WRITE' && chmod +x sql fill write &&
#!/bin/sh
exec /m/lib/ld-linux-x86-64.so.2 --library-path /m/lib /m/sqlite3 -batch -init /dev/null "$@" 2>&1
SQL
#!/bin/sh
exec /m/sql /m/base 'PRAGMA journal_mode=WAL; CREATE TABLE one(n INTEGER); CREATE TABLE two(n INTEGER);
  CREATE TABLE last(place INTEGER PRIMARY KEY, n INTEGER, words TEXT); CREATE INDEX by_words ON last(words); INSERT INTO one VALUES(0); INSERT INTO two VALUES(0);'
FILL
#!/bin/sh
while :; do
  echo "BEGIN; UPDATE one SET n=n+1; REPLACE INTO last SELECT n%1000, n, hex(randomblob(100)) FROM one; UPDATE two SET n=n+1; COMMIT;"
  sleep .05
done | /m/sql /m/base >/m/said
WRITE
    echo kept >marker && truncate -s 64M ${file} && mke2fs -q -F -t ext4 -O ^metadata_csum,^64bit -d /tmp/database ${file} && rm -r /tmp/database`;
}

/** In the guest, with the disk at /m: writes to the database from now on, each transaction on the disk before the next. */
export const WRITE_DATABASE = '/m/fill >/dev/null; /m/write & ';

/**
 * In the guest: says what is in the database as `base-N-N-ok-end`: what one table counts, what another one that the same transactions
 * write does, and what SQLite finds when it looks through all of it.
 */
export const TELL_DATABASE =
  'echo base-$(/m/sql /m/base "SELECT one.n || char(45) || two.n FROM one, two; PRAGMA integrity_check;" | tr "\\n" -)end';

/**
 * Commands of a host that say the same of a copy of the disk whose file system is whole, without mounting it.
 * @param file raw
 */
export function tellDatabaseOf(file: string): string {
  const dump = ['base', 'base-wal'].map(
    (name) => `debugfs -R 'dump /${name} /tmp/${name}' ${file} 2>/dev/null`,
  );
  const ask = 'SELECT one.n || char(45) || two.n FROM one, two; PRAGMA integrity_check;';
  return `${dump.join(' && ')} && echo base-$(sqlite3 -batch /tmp/base "${ask}" 2>&1 | tr "\\n" -)end; rm -f /tmp/base*`;
}

/** How many transactions a database that is whole has. @throws when it is not whole */
export function transactionsOf(told: string): number {
  const [, one, two] = /base-(\d+)-(\d+)-ok-end/.exec(told) ?? [];
  if (one === undefined || one !== two) throw new Error(`The database is not whole: ${told}`);
  return Number(one);
}
