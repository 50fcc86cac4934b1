# Writes files to /dev/vda for ever, and says of each when it is safe. At the next start all that were
# safe must be there, in a file system without a fault.
#
# $1: how many files are safe; with none, the file system is made anew.
# $2: "end" looks only, and writes no more.

safe=$1
disk=/dev/vda

wrong() {
  echo "WRONG: $*"
  poweroff -f
}

# What the files from number $1 to number $2 have in them: a name and a size of its own for each, most
# of them small, each eighth up to 500 KiB.
contents() {
  awk -v first=$1 -v last=$2 'BEGIN {
    for (file = first; file <= last; file++) {
      text = "file " file
      while (length(text) < 800) text = text " " text
      lines = file * 37 % 61
      if (file % 8 == 0) lines *= 10
      for (line = 0; line <= lines; line++) print line, text
    }
  }'
}

# The paths of the files from number $1 to number $2.
paths() {
  awk -v first=$1 -v last=$2 'BEGIN {
    for (file = first; file <= last; file++) print "/mnt/" file % 5 "/" file
  }'
}

look() {
  echo mounting
  # The kernel replays the journal.
  mount -t ext4 $disk /mnt || wrong "cannot mount"
  [ "$(contents 1 $safe | sha1sum)" = "$(cat $(paths 1 $safe) | sha1sum)" ] || wrong_files
  umount /mnt || wrong "cannot unmount"
  /usr/sbin/e2fsck -f -n $disk || wrong "e2fsck: $?"
  echo "intact: $safe"
}

wrong_files() {
  file=1
  while [ $file -le $safe ]; do
    contents $file $file | cmp - $(paths $file $file) || echo "file $file of $safe"
    file=$((file + 1))
  done
  wrong files
}

# What nobody relies on: more for the file system to do at the same time.
disturb() {
  while :; do
    head -c 3000000 /dev/zero >/mnt/noise
    rm /mnt/noise
  done
}

mkdir /mnt
modprobe -a crc32c_generic ext4
if [ $safe = 0 ]; then
  /usr/sbin/mke2fs -q -t ext4 -N 4096 $disk || wrong "mke2fs: $?"
else
  look
fi
[ "$2" = end ] && poweroff -f

mount -t ext4 $disk /mnt || wrong "cannot mount"
mkdir -p /mnt/0 /mnt/1 /mnt/2 /mnt/3 /mnt/4
sync
echo writing
disturb &
while :; do
  file=$((safe + 1))
  contents $file $file | dd of=$(paths $file $file) bs=64k conv=fsync 2>/dev/null || wrong "dd: $?"
  safe=$file
  echo "safe: $safe"
done
