#!/bin/busybox sh
# The first process of the small Linux guest: prepares the system and runs a shell on the console, or
# the command that the kernel's command line gives as orchid.run="COMMAND", and switches off; or goes
# on with the system on the disk that the command line gives as root=.

# Without its first process a kernel panics: whatever goes wrong in here, the machine goes off.
trap "/bin/busybox poweroff -f" EXIT
# The signal that busybox's `reboot` asks busybox's own init by.
trap "reboot -f" TERM

/bin/busybox --install -s
mount -t proc proc /proc
mount -t sysfs sys /sys
mount -t devtmpfs dev /dev
mkdir /dev/pts
mount -t devpts devpts /dev/pts
hostname orchid
ip link set lo up
read -r modules </etc/modules
modprobe -a $modules
# Orchid has virtio devices only if it was asked for some; other boards have places for them anyway.
virtio=/proc/device-tree/virtio_mmio@a000000
[ -d $virtio ] && grep -q orchid /proc/device-tree/model &&
  modprobe -a virtio_mmio virtio_blk virtio_rng virtio_console
# With console=hvc0 that is the console from now on. When the kernel opened the console for this
# process there was no driver for it yet.
read -r consoles </sys/class/tty/console/active
[ "${consoles##* }" = hvc0 ] && exec </dev/hvc0 >/dev/hvc0 2>&1

# The shell reads that when it starts.
export HOME=/root ENV=/etc/shrc
cd /root

greet() {
  cpus=$(nproc)
  [ $cpus = 1 ] && cpus="1 CPU" || cpus="$cpus CPUs"
  memory=$(free -m | awk '/^Mem/ { print $2 }')
  read -r uptime _ </proc/uptime
  echo "Linux $(uname -r): $cpus, $memory MiB of memory, here after $uptime s."
  echo '"exit" or the power key switches the machine off.'
}

# The kernel's own rule for quotes: a pair of them keeps spaces together, and that is all.
read -r command_line </proc/cmdline
case " $command_line" in
  *' orchid.run="'*)
    command=${command_line#*orchid.run=\"}
    command=${command%%\"*}
    ;;
  *" orchid.run="*)
    command=${command_line#*orchid.run=}
    command=${command%% *}
    ;;
  *) command= ;;
esac

# The last value that the command line has for a name.
parameter() {
  set -f
  value=
  for word in $command_line; do
    [ "${word%%=*}" = $1 ] && value=${word#*=}
  done
  echo "$value"
}

# Becomes the first process of the system on a disk. Comes back if there is none.
enter() {
  modprobe -a crc32c_generic ext4
  device=$1
  case $device in LABEL=* | UUID=*) device=$(findfs $device) ;; esac
  case " $command_line " in *" rw "*) mode=rw ;; *) mode=ro ;; esac
  mkdir /disk
  mount -o $mode "$device" /disk || return
  for folder in dev proc sys; do mount --move /$folder /disk/$folder; done
  init=$(parameter init)
  exec switch_root /disk ${init:-/sbin/init}
}

root=
[ -z "$command" ] && root=$(parameter root)
if [ -n "$root" ]; then
  enter $root
  echo "There is no Linux at root=$root; here is a shell."
fi

# It looks at input devices, and so at the power key, on machines without ACPI as well.
acpid -f -l /dev/null 2>/dev/null &

if [ -n "$command" ]; then
  (eval "$command") || echo "orchid.run: exit code $?"
else
  greet
  # The console is nobody's controlling terminal; the device behind it can be: Ctrl-C needs one.
  setsid cttyhack sh
fi
umount -a -r 2>/dev/null
