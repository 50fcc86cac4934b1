#!/bin/busybox sh
# The first process of the ARM box: prepares the system, runs /box/command.sh with the host's
# stdin, stdout and stderr, and tells the host its exit code.
#
# The host is reached through virtio-serial ports: p1 stdin, p2 stdout, p3 stderr, p4 control;
# hvc0 is the host's terminal where the command gets one.

# Whatever goes wrong in here, the box must not hang.
trap "/bin/busybox poweroff -f" EXIT

/bin/busybox --install -s
mount -t proc proc /proc
mount -t sysfs sys /sys
mount -t devtmpfs dev /dev
mkdir -p /dev/pts /dev/shm
mount -t devpts devpts /dev/pts
for folder in /dev/shm /run /tmp; do mount -t tmpfs tmpfs $folder; done
chmod 1777 /tmp /dev/shm
ln -s /proc/self/fd /dev/fd
ln -s fd/0 /dev/stdin
ln -s fd/1 /dev/stdout
ln -s fd/2 /dev/stderr
ip link set lo up
modprobe -a $(cat /box/modules)

# Waits until a device can be opened, which is a little after its node has appeared.
await() { until [ -c $1 ] && true 2>/dev/null <>$1; do usleep 10000; done; }
await /dev/kvm
await /dev/hvc0
await /dev/vport0p4 # the last of the ports

# The host answers with the size of its terminal, as words for stty, and does so again when it
# changes. Its side of the port closes when its process is gone: then the box ends as well.
exec 8<>/dev/hvc0 9<>/dev/vport0p4
timeout 30 sh -c 'echo ready >&9' || exit
window_size() { read -r settings <&9 && stty $settings <&8; }
stty sane <&8
window_size
{ while window_size; do :; done; poweroff -f; } &
watcher=$!
cd /orchid

# The command must not run with "&": that would make it deaf to Ctrl-C.
with_terminal() {
  # When the first process of a terminal ends, output on its way is lost: so this one stays.
  setsid -c sh -c '
    trap : INT QUIT
    sh /box/command.sh 8>&- 9>&-
    code=$?
    cat /box/end
    echo "exit $code" >&9
    read -r _ <&9' <&8 >&8 2>&8
}

# Between the command and each port stands a pipe, because a port can be opened only once and a
# command may want to open /dev/stderr. /box/end tells the host that no more will come.
with_pipes() {
  mkfifo /run/stdin /run/stdout /run/stderr
  cat /dev/vport0p1 >/run/stdin 8>&- 9>&- &
  stdin=$!
  cat /run/stdout /box/end >/dev/vport0p2 8>&- 9>&- &
  stdout=$!
  cat /run/stderr /box/end >/dev/vport0p3 8>&- 9>&- &
  stderr=$!
  # In (), so that the pipes are opened by a process that no child's end can interrupt.
  (exec setsid sh /box/command.sh </run/stdin >/run/stdout 2>/run/stderr 8>&- 9>&-)
  code=$?
  end_all_but 1 $watcher $stdin $stdout $stderr
  wait $stdout $stderr
  echo "exit $code" >&9
}

# What the command left running may hold a pipe open: it ends here, as in a container.
end_all_but() {
  for process in /proc/[0-9]*; do
    case " $* " in
      *" ${process#/proc/} "*) ;;
      *) kill -9 ${process#/proc/} 2>/dev/null ;;
    esac
  done
}

if [ -f /box/terminal ]; then with_terminal; else with_pipes; fi
wait $watcher
