#!/bin/sh
# Makes an encrypted file system for what queries spill, on a disk that loses everything that is on it, with a key that nobody keeps:
# after the machine has stopped, the disk is noise. Usage: open-scratch.sh DISK FOLDER
set -eu
umask 077
disk=$1
folder=$2
name=reinraum-scratch

[ -b "$disk" ] || { echo "$disk is no block device" >&2; exit 1; }
# A disk that holds anything is somebody's. blkid(8) ends with 2 where it finds nothing.
found=0
blkid --probe "$disk" > /dev/null || found=$?
[ "$found" -eq 2 ] || { echo "$disk is not empty: wipefs --all $disk, if nobody needs it" >&2; exit 1; }

cryptsetup open --type plain --cipher aes-xts-plain64 --key-size 512 --key-file /dev/urandom "$disk" "$name"
# No reserve for root, and no journal: nobody repairs this file system.
mkfs.ext4 -q -m 0 -O ^has_journal "/dev/mapper/$name"
mkdir -p "$folder"
mount -o nodev,nosuid,noexec "/dev/mapper/$name" "$folder"
chmod 700 "$folder"
