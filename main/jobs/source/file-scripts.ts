/**
 * Scripts of sh that put files on the source and take them away again. A file that is replaced stays beside, as another name of the same: it comes back as the
 * very one that it was. Each may be run again, and by several at a time, as by the source itself; no link is followed.
 */

/** What the program that puts a file is called, so that it is found. */
export const PUTTING = 'virtlane-putting';

/** The other name of a file that is replaced; with `-new` behind it, of one that is being written. */
export function besides(tag: string, path: string): string {
  return `${path}.${tag}`;
}

export const SUM = `sum() { sha256sum <"$1" 2>/dev/null | cut -d' ' -f1; }
plain() { [ -f "$1" ] && [ ! -L "$1" ] && [ "$(readlink -f "$1")" = "$1" ]; }`;

/**
 * `sh -c LOOK sh PATH OLD …`: of each a line: `file SHA256`; `none N` where it is not there, nor the N folders above it; `left` where OLD is there; `other`
 * for what is no plain file, or lies behind a link.
 */
export const LOOK = `${SUM}
while [ $# -ge 2 ]; do
  path=$1 old=$2; shift 2
  if [ -e "$old" ] || [ -L "$old" ]; then echo left
  elif plain "$path"; then echo "file $(sum "$path")"
  elif [ -e "$path" ] || [ -L "$path" ]; then echo other
  else
    n=0 dir=\${path%/*}
    while [ -n "$dir" ] && [ ! -e "$dir" ] && [ ! -L "$dir" ]; do dir=\${dir%/*} n=$((n + 1)); done
    if [ -d "\${dir:-/}" ] && [ "$(readlink -f "\${dir:-/}")" = "\${dir:-/}" ]; then echo "none $n"; else echo other; fi
  fi
done`;

/**
 * `sh -c PUT sh replaced PATH OLD SHA256 BEFORE` and `sh -c PUT sh new PATH OLD SHA256 FROM`: what it reads, or FROM, becomes PATH, if its sum is SHA256.
 * What is replaced must have the sum BEFORE, and gives its rights, owner and label.
 */
export const PUT = `${SUM}
umask 022
op=$1 path=$2 old=$3 sum=$4 from=$5 new=$3-new
fail() { rm -f "$new"; echo "$1" >&2; exit 1; }
if plain "$path" && [ "$(sum "$path")" = "$sum" ]; then cat >/dev/null; exit 0; fi
rm -f "$new"
case $op in
replaced)
  plain "$path" || fail "it is no plain file"
  cp -a "$path" "$new" && cat >"$new" || fail "it could not be written"
  [ "$(sum "$new")" = "$sum" ] || fail "not all of it came"
  [ "$(sum "$path")" = "$5" ] || fail "it has changed"
  [ "$path" -ef "$old" ] || ln "$path" "$old" || fail "its old name could not be kept"
  mv -f "$new" "$path" || fail "it could not be replaced"
  ;;
new)
  if [ -e "$path" ] || [ -L "$path" ]; then fail "it is there"; fi
  mkdir -p "\${path%/*}" || fail "its folder could not be made"
  if [ "$from" = - ]; then cat >"$new"; else cp "$from" "$new"; fi || fail "it could not be written"
  [ "$(sum "$new")" = "$sum" ] || fail "not all of it came"
  if command -v restorecon >/dev/null; then restorecon "$new"; fi
  mv -f "$new" "$path" || fail "it could not be put there"
  ;;
esac
sync -f "$path" 2>/dev/null || sync`;

/**
 * `sh -c TAKE_BACK sh OP PATH OLD SHA256 …`: OP is `replaced`, `new`, or `folder`, which is removed where it is empty. Prints `stays PATH` of what is not as
 * it was put any more, `failed PATH` of what could not be done.
 */
export const TAKE_BACK = `${SUM}
while [ $# -ge 4 ]; do
  op=$1 path=$2 old=$3 sum=$4; shift 4
  case $op in
  replaced)
    rm -f "$old-new"
    if [ ! -e "$old" ]; then :
    elif [ "$path" -ef "$old" ]; then rm -f "$old"
    elif plain "$path" && [ "$(sum "$path")" = "$sum" ]; then mv -f "$old" "$path"
    else echo "stays $path"; fi
    ;;
  new)
    rm -f "$old-new"
    if [ ! -e "$path" ] && [ ! -L "$path" ]; then :
    elif plain "$path" && [ "$(sum "$path")" = "$sum" ]; then rm -f "$path"
    else echo "stays $path"; fi
    ;;
  folder) if [ -d "$path" ]; then rmdir "$path" 2>/dev/null || :; fi ;;
  esac || echo "failed $path"
done`;
