/** What a source runs that writes its disks to volumes of a host by itself. */
import { FRESH, GUARD } from '../source/devices.ts';

/** `sh -c ROUTES sh ADDRESS…`: who is logged in, and by which address of its own the source reaches each: `ADDRESS OWN` on a line; of those that it does not, none. */
export const ROUTES = `id -u
for to; do
  own=$(ip -o route get "$to" 2>/dev/null | sed -n 's/.* src \\([0-9a-fA-F.:]*\\).*/\\1/p')
  [ -z "$own" ] || echo "$to $own"
done
for program in ssh ip tee zstd lz4 gzip; do if command -v $program >/dev/null; then echo "$program"; fi; done`;

/** `sh -c PUT_KEY sh DIR KNOWN` makes it, for root alone, with the key that it reads and that line of known hosts. */
export const PUT_KEY =
  'umask 077; rm -rf "$1"; mkdir "$1" && printf "%s\\n" "$2" >"$1/known" && cat >"$1/key"';

/** As what the host's key is known there, by whichever address. */
export const HOST_ALIAS = 'virtlane-host';

/** OpenSSH's own but for the one that it likes best, which takes twice the time where the CPU knows AES. */
const AES = 'aes128-gcm@openssh.com,aes256-gcm@openssh.com,aes128-ctr,aes192-ctr,aes256-ctr';

/** Of the first range: where it hardly gets smaller nothing is packed, which would take more time than the bytes. */
const SAMPLE_BYTES = 4 * 1024 ** 2;

/** Positional, of the devices: the first one of SEND. */
export const FIRST_DEVICE = 8;

/**
 * `sh -c SEND sh BOOT PACKER SUM DIR ADDRESS PORT USER DEVICE…` sends ranges to the program that receives on the host (host-scripts.ts), as many as lines `DEVICE LIVE AT LENGTH TO SUMMED` are on its
 * standard input, the devices by number; 0 is none, and asks for a sign that all is written up to TO. Prints what the host answers, `ok TO`, and before that of each range that is to be summed
 * `sum TO HEX`. By zstd it packs only where that makes the first range smaller. What cannot be read ends it before the host could take it for whole.
 */
export const SEND = `${GUARD}
${FRESH}
exec 3>&1
same "$1"; pack=$2 sum=$3 dir=$4 address=$5 port=$6 user=$7 bad=$4/bad.$$
c=; if grep -qw aes /proc/cpuinfo 2>/dev/null; then c="-c ${AES}"; fi
send() {
  exec 4>&1
  while read -r n live at length to summed; do
    if [ $n = 0 ]; then echo "$to 0"; continue; fi
    eval "d=\\\${$n}"; within "$d" $((at + length)); f= b=131072; [ $live = 0 ] || { b=1048576; fresh "$d" $at $length; }
    echo "$to $length"
    if [ $summed = 0 ]; then dd if="$d" bs=$b iflag=skip_bytes,count_bytes,fullblock$f skip=$at count=$length status=none || exit 1
    else
      { dd if="$d" bs=$b iflag=skip_bytes,count_bytes,fullblock$f skip=$at count=$length status=none || : >"$bad"; } | tee /proc/self/fd/4 | $sum | { read -r hex rest; echo "sum $to $hex" >&3; }
      [ ! -e "$bad" ] || { rm -f "$bad"; exit 1; }
    fi
    echo end
  done
}
read -r n live at length to summed || exit 1
if [ $n != 0 ] && [ $live = 0 ] && [ "\${pack%% *}" = zstd ]; then
  eval "d=\\\${$n}"; part=$length; [ $part -le ${SAMPLE_BYTES} ] || part=${SAMPLE_BYTES}
  packed=$(dd if="$d" bs=131072 iflag=skip_bytes,count_bytes,fullblock skip=$at count=$part status=none | $pack | wc -c)
  [ $((packed * 10)) -lt $((part * 9)) ] || pack=cat
fi
{ echo "$n $live $at $length $to $summed"; cat; } | send "$@" | $pack | ssh $c -F /dev/null -T -i "$dir/key" -p "$port" -l "$user" -o IdentitiesOnly=yes -o IdentityAgent=none -o BatchMode=yes -o StrictHostKeyChecking=yes -o HostKeyAlias=${HOST_ALIAS} -o UserKnownHostsFile="$dir/known" -o GlobalKnownHostsFile=/dev/null -o ConnectTimeout=8 -o ServerAliveInterval=5 -o ServerAliveCountMax=6 "$address"`;
