/** What a host runs where a source writes to volumes there by itself. */
import { SUM } from '../source/file-scripts.ts';

/**
 * `sh -c LOOK_AROUND sh PROGRAM…`: who is logged in, the home, when a day is over in the host's local time, which is sshd's, and which of the programs are there; each on a line of its own.
 */
export const LOOK_AROUND = `id -u; echo "$HOME"
env -u TZ date -d "@$(($(date +%s) + 86400))" +%Y%m%d%H%M%S || echo
for program; do if command -v "$program" >/dev/null; then echo "$program"; fi; done`;

/** Ends who receives in the directory, and holds the lock that one has while it receives. A process is ended only where that is what it does. */
const ALONE = `alone() {
  exec 9>"$dir/lock" || exit 1
  i=0
  until flock -n 9; do
    [ $i -lt 100 ] || { echo "another one still receives" >&2; exit 1; }
    p=$(cat "$dir/pid" 2>/dev/null)
    if [ -n "$p" ] && tr '\\0' ' ' <"/proc/$p/cmdline" 2>/dev/null | grep -qF "$dir/receive"; then kill -KILL "-$p" 2>/dev/null; fi
    sleep 0.1; i=$((i + 1))
  done
}`;

/** A line that never ends would fill the host's memory; the largest unpacker takes some hundred MiB of addresses. */
const MEMORY_KIB = 1024 ** 2;

/**
 * The only program that the source's key starts: `sh DIR/receive UNPACKER ARGUMENT…`. It reads frames `AT LENGTH`, so many bytes, and a line `end`, and writes them to that place of the one
 * file that DIR/volume names by its device and inode, its size and its path, and to nothing else, nor is that made where it is gone; zeros become holes: where another one has written before it (DIR/used), the place is emptied first. Numbers have at most 15 digits, and no zero in front, which a shell takes for octal and dd does not. A frame without bytes is answered by `ok AT` once all before it is
 * on the disk. One at a time: who comes later ends who was there.
 */
export const RECEIVE = `dir=\${0%/*}
ulimit -v ${MEMORY_KIB}
${ALONE}
alone
echo $$ >"$dir/pid"
file=
if [ -e "$dir/volume" ]; then
  { read -r id; read -r size; IFS= read -r path; } <"$dir/volume"
  exec 8<"$path" || exit 1
  file=/proc/self/fd/8
  [ "$(stat -Lc '%d:%i' $file)" = "$id" ] || exit 1
  punch=; [ ! -e "$dir/used" ] || punch=1
  : >"$dir/used"
fi
"$@" | while read -r at length; do
  for number in "$at" "$length"; do case $number in 0) ;; '' | 0* | *[!0-9]* | ????????????????*) exit 1 ;; esac; done
  if [ "$length" = 0 ]; then
    [ -z "$file" ] || dd if=/dev/null of=$file conv=notrunc,fsync status=none || exit 1
    echo "ok $at"
    continue
  fi
  [ -n "$file" ] && [ $((at + length)) -le "$size" ] || exit 1
  [ -z "$punch" ] || fallocate -p -o "$at" -l "$length" $file || exit 1
  dd of=$file bs=65536 iflag=fullblock,count_bytes oflag=seek_bytes count="$length" seek="$at" conv=notrunc,sparse status=none || exit 1
  read -r end && [ "$end" = end ] || exit 1
done
`;

/** Who changes the file of keys holds this meanwhile: several jobs have lines in it. A folder is locked, so that no file of ours is left. */
export const KEYS_LOCK = '/run';
/** Seconds. */
export const KEYS_WAIT = '60';

/** `sh -c SET_UP sh DIR` makes it, for root alone, with what it reads as the program that receives. */
export const SET_UP = 'umask 077; rm -rf "$1"; mkdir "$1" && cat >"$1/receive"';

/**
 * `sh -c AIM sh DIR on PATH SIZE FROM`: from now on that file is written to, where it is a plain one of that size; `off`: nothing is any more, and nobody writes still. What is behind
 * FROM is empty then; where that is SIZE the file is not looked at.
 */
export const AIM = `dir=$1 how=$2 path=$3 size=$4 from=$5
${ALONE}
if [ "$how" = on ] || [ -d "$dir" ]; then alone; rm -f "$dir/volume" "$dir/used"; fi
[ "$how" = on ] || [ "$from" -lt "$size" ] || exit 0
[ -f "$path" ] && [ ! -L "$path" ] && [ -w "$path" ] || { echo "$path is no file that can be written to here" >&2; exit 1; }
[ "$how" = off ] || [ "$(stat -c %s "$path")" = "$size" ] || { echo "$path has another size" >&2; exit 1; }
fallocate -p -o "$from" -l $((size - from)) "$path" || exit 1
[ "$how" = off ] || { umask 077; printf '%s\\n%s\\n%s\\n' "$(stat -c '%d:%i' "$path")" "$size" "$path" >"$dir/volume"; }`;

/**
 * `sh -c CLOSE sh OP PATH OLD SHA256 MARK DIR LEASE FOLDER` takes the line of a key that ends with MARK out of the file PATH again: as first-boot's TAKE_BACK where nobody has changed that since, so that it
 * is the very file that it was; else the line alone. FOLDER, which was made for it, goes where it is empty; it may be none. Then nobody receives any more. It may be run again.
 */
export const CLOSE = `${SUM}
${ALONE}
op=$1 path=$2 old=$3 sum=$4 mark=$5 dir=$6 lease=$7 folder=$8
exec 7<${KEYS_LOCK} && flock -w ${KEYS_WAIT} 7 || { echo "another job changes the keys" >&2; exit 1; }
rm -f "$old-new"
has() { [ -e "$path" ] && grep -q -- " $mark\\$" "$path"; }
if ! has; then :
elif [ "$op" = new ] && plain "$path" && [ "$(sum "$path")" = "$sum" ]; then rm -f "$path" || exit 1
elif [ "$op" = replaced ] && [ -e "$old" ] && plain "$path" && [ "$(sum "$path")" = "$sum" ]; then mv -f "$old" "$path" || exit 1
else
  plain "$path" && cp -a "$path" "$old-new" || exit 1
  grep -v -- " $mark\\$" "$path" >"$old-new"
  [ $? -le 1 ] && mv -f "$old-new" "$path" || { rm -f "$old-new"; exit 1; }
fi
rm -f "$old"
[ -z "$folder" ] || rmdir "$folder" 2>/dev/null
exec 7<&-
if [ -d "$dir" ]; then alone; rm -rf "$dir"; fi
rm -f "$lease"`;
