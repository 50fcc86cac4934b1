#!/bin/busybox sh
# Runs fio on the guest's disk, in the guest of `deno task bench:arm64 -- disk`.
#
# Usage: fio-jobs NAME,PATTERN,BLOCKSIZE,DEPTH,LIMIT...
#
# LIMIT is fio's option that ends a job. Before each of them a line of input is waited for; what the
# host is to know begins with "disk: ".

# fio calls this when it has made all ready for a job, and when that is done.
tell() { echo "disk: $*" >/dev/console; }
case $1 in
  begin) tell ready $2 && read -r _ </dev/console && tell begin $2 && exit ;;
  end) tell end $2 && exit ;;
esac

modprobe -a virtio_pci virtio_mmio virtio_blk
until [ -b /dev/vda ]; do usleep 10000; done

# Without the sync at its end a write would be done when the host's memory has it.
cat >jobs <<END
[global]
filename=/dev/vda
ioengine=libaio
direct=1
end_fsync=1
END
for job in "$@"; do
  IFS=, read -r name pattern size depth limit <<END
$job
END
  cat >>jobs <<END
[$name]
stonewall
rw=$pattern
bs=$size
iodepth=$depth
$limit
exec_prerun=fio-jobs begin $name
exec_postrun=fio-jobs end $name
END
done
fio --eta=never --disk_util=0 --output-format=terse --terse-version=3 jobs |
  # Of each job its name, error, KiB read and written, milliseconds.
  awk -F';' '$1 == 3 { print "disk: result", $3, $5, $6 + $47, ($9 > $50 ? $9 : $50) }'
