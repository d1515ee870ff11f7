# shellcheck shell=bash
# Sourced by scripts that make an image, whose kernel is in kernel/$M (M=lib/modules/VERSION) below the folder that they are in.
module() { # NAME FOLDER: copies it after what it depends on; FOLDER/order is the order in which they load
  local file dependency
  file=$(find "kernel/$M" -name "${1//_/[-_]}.ko")
  [ -n "$file" ] || return 0 # it is in the kernel itself
  for dependency in $(modinfo -F depends "$file" | tr , ' '); do module "$dependency" "$2"; done
  [ -e "$2/$(basename "$file")" ] || { cp "$file" "$2/"; basename "$file" >> "$2/order"; }
}
