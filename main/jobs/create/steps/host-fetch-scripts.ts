/**
 * What a host runs to fetch a file. The half of a file lies in a folder of its own within the pool's: libvirt lists no folders, so nobody takes
 * it for a volume, and with the link that gives it its name it is there whole or not at all. Owner, mode and label are those that
 * libvirt's own volumes have: 0600, and what the pool's folder hands down.
 */

/** Statuses of the scripts beside those of the programs in them. */
export const STATUS = { NO_ROOM: 90, FETCHED_ELSEWHERE: 91, EXISTS: 92, NO_FOLDER: 93 } as const;

/** Any token. */
const ANY = '?'.repeat(36);

/** `sh -c PREPARE sh FOLDER BEGINNING NAME WORK`: prints how many KiB are free, and how many bytes there are already. A folder that grew within two minutes is another program’s that fetches the same. */
export const PREPARE = `
umask 077
for other in "$1/$2".${ANY}."$3"; do
  [ "$other" = "$4" ] || [ -z "$(find "$other" -mmin -2 2>/dev/null | head -n 1)" ] || exit ${STATUS.FETCHED_ELSEWHERE}
done
mkdir -p "$4" || exit ${STATUS.NO_FOLDER}
free=$(df -Pk "$1" | awk 'END { print $4 }')
have=$(stat -c %s "$4/part" 2>/dev/null || echo 0)
echo "$free $have"`;

/**
 * `sh -c GET sh WORK LIMIT PROGRAM ARGUMENT…`: runs the program, whose input is the script's, and prints how much there is, and how much
 * there will be, until it is over.
 */
export const GET = `
umask 077
work=$1 limit=$2; shift 2
exec 3<&0
rm -f "$work/head"
size() { stat -c %s "$work/part" 2>/dev/null || echo 0; }
echo "$(size) "
"$@" <&3 & c=$!
total() { grep -i '^ *content-length:' "$work/head" 2>/dev/null | tail -n 1 | tr -dc 0-9; }
while kill -0 $c 2>/dev/null; do
  sleep .3
  s=$(size)
  echo "$s $(total)"
  if [ "$s" -gt "$limit" ]; then kill -KILL $c; exit ${STATUS.NO_ROOM}; fi
done
wait $c; r=$?
echo "$(size) $(total)"
exit $r`;

/** `sh -c UNPACK sh WORK LIMIT`: one byte more than there may be tells that it is too much. Run again, it is content. */
export const UNPACK = `
umask 077
[ ! -e "$1/unpacked" ] || exit 0
{ xz -dcq -M 512MiB "$1/part" || echo failed > "$1/bad"; } | head -c "$(($2 + 1))" > "$1/whole"
[ "$(stat -c %s "$1/whole")" -le "$2" ] || exit ${STATUS.NO_ROOM}
[ ! -e "$1/bad" ] && mv "$1/whole" "$1/unpacked"`;

/** `sh -c READ sh FILE FIRST LENGTH`: prints bytes from the `FIRST` one on, which is counted from 1. */
export const READ = 'tail -c "+$2" "$1" | head -c "$3" | base64';

/** `sh -c PLACE sh WORK TARGET FILE`: a link is made where nothing is, or not at all; some file systems have none. Run again, it is content. */
export const PLACE = `
if [ -e "$1/$3" ] && [ ! "$1/$3" -ef "$2" ]; then
  [ -e "$2" ] && exit ${STATUS.EXISTS}
  chmod 600 "$1/$3"
  if ! ln "$1/$3" "$2" 2>/dev/null; then
    mv -n "$1/$3" "$2" || exit 1
    [ ! -e "$1/$3" ] || exit ${STATUS.EXISTS}
  fi
fi
rm -rf "$1"
[ -e "$2" ]`;

/**
 * `sh -c CLEAR sh`, the folder to clear on its input: ends what still writes there, as of a link that was lost a moment ago, and removes the folder.
 * Those programs have the folder, or one of the files in it, for an argument of their own; who only looks for its name is left alone.
 */
export const CLEAR = `
IFS= read -r work
[ -e "$work" ] || exit 0
arguments() { for file in '' /part /head /unpacked /whole /bad; do printf '%s\\n' "$work$file"; done; }
running() { arguments | grep -lazxFs -f - /proc/[0-9]*/cmdline | tr -dc '0-9\\n'; }
for try in 1 2 3 4 5 6 7 8 9 10; do
  pids=$(running)
  [ -n "$pids" ] || break
  kill -KILL $pids 2>/dev/null
  sleep .2
done
[ "$1" = keep ] || rm -rf "$work"`;
