/** The structs that KVM, io_uring and libc take and return, as field tables (linux/kvm.h, asm/kvm.h for arm64, linux/io_uring.h, signal.h, time.h). */

import { array, s32, struct, u128, u16, u32, u64, u8, union } from "./struct.ts";

/** `struct user_pt_regs` of asm/ptrace.h. */
const user_pt_regs = struct({
  regs: array(u64, 31),
  sp: u64,
  pc: u64,
  pstate: u64,
});

/** `struct user_fpsimd_state` of asm/ptrace.h. */
const user_fpsimd_state = struct({
  vregs: array(u128, 32),
  fpsr: u32,
  fpcr: u32,
  __reserved: array(u32, 2),
});

/** The core registers; a core register's ID is its offset in here (see registers.ts). */
export const kvm_regs = struct({
  regs: user_pt_regs,
  sp_el1: u64,
  elr_el1: u64,
  spsr: array(u64, 5),
  fp_regs: user_fpsimd_state,
});

/** The page that a vCPU shares with the kernel. C leaves its two unions without names; here they are `exit` and `s`. */
export const kvm_run = struct({
  request_interrupt_window: u8,
  immediate_exit: u8,
  padding1: array(u8, 6),
  exit_reason: u32,
  ready_for_interrupt_injection: u8,
  if_flag: u8,
  flags: u16,
  cr8: u64,
  apic_base: u64,
  exit: union({
    hw: struct({ hardware_exit_reason: u64 }),
    fail_entry: struct({ hardware_entry_failure_reason: u64, cpu: u32 }),
    debug: struct({ arch: struct({ hsr: u32, hsr_high: u32, far: u64 }) }),
    mmio: struct({ phys_addr: u64, data: array(u8, 8), len: u32, is_write: u8 }),
    internal: struct({ suberror: u32, ndata: u32, data: array(u64, 16) }),
    system_event: struct({ type: u32, ndata: u32, data: array(u64, 16) }),
    arm_nisv: struct({ esr_iss: u64, fault_ipa: u64 }),
    padding: array(u8, 256),
  }),
  kvm_valid_regs: u64,
  kvm_dirty_regs: u64,
  s: union({
    regs: struct({ device_irq_level: u64 }),
    padding: array(u8, 2048),
  }),
});

// On a system.

export const kvm_vcpu_init = struct({ target: u32, features: array(u32, 7) });

// On a VM.

export const kvm_userspace_memory_region = struct({
  slot: u32,
  flags: u32,
  guest_phys_addr: u64,
  memory_size: u64,
  userspace_addr: u64,
});

export const kvm_enable_cap = struct({
  cap: u32,
  flags: u32,
  args: array(u64, 4),
  pad: array(u8, 64),
});

export const kvm_coalesced_mmio_zone = struct({ addr: u64, size: u32, pad: u32 });

export const kvm_coalesced_mmio = struct({
  phys_addr: u64,
  len: u32,
  pad: u32,
  data: array(u8, 8),
});

/** The ring of deferred writes, in the vCPU's mapping at page KVM_COALESCED_MMIO_PAGE_OFFSET. */
export const kvm_coalesced_mmio_ring = struct({
  first: u32,
  last: u32,
  coalesced_mmio: array(kvm_coalesced_mmio, 0),
});

export const kvm_irq_level = struct({ irq: u32, level: u32 });

export const kvm_irqfd = struct({
  fd: u32,
  gsi: u32,
  flags: u32,
  resamplefd: u32,
  pad: array(u8, 16),
});

export const kvm_ioeventfd = struct({
  datamatch: u64,
  addr: u64,
  len: u32,
  fd: s32,
  flags: u32,
  pad: array(u8, 36),
});

export const kvm_msi = struct({
  address_lo: u32,
  address_hi: u32,
  data: u32,
  flags: u32,
  devid: u32,
  pad: array(u8, 12),
});

export const kvm_create_device = struct({ type: u32, fd: u32, flags: u32 });

// On a vCPU.

export const kvm_one_reg = struct({ id: u64, addr: u64 });

export const kvm_reg_list = struct({ n: u64, reg: array(u64, 0) });

export const kvm_mp_state = struct({ mp_state: u32 });

export const kvm_vcpu_events = struct({
  exception: struct({
    serror_pending: u8,
    serror_has_esr: u8,
    ext_dabt_pending: u8,
    pad: array(u8, 5),
    serror_esr: u64,
  }),
  reserved: array(u32, 12),
});

export const kvm_guest_debug = struct({
  control: u32,
  pad: u32,
  arch: struct({
    dbg_bcr: array(u64, 16),
    dbg_bvr: array(u64, 16),
    dbg_wcr: array(u64, 16),
    dbg_wvr: array(u64, 16),
  }),
});

// On a device that KVM_CREATE_DEVICE made, a VM or a vCPU.

export const kvm_device_attr = struct({ flags: u32, group: u32, attr: u64, addr: u64 });

// io_uring's. What is `reserved` here has had several names.

const io_sqring_offsets = struct({
  head: u32,
  tail: u32,
  ring_mask: u32,
  ring_entries: u32,
  flags: u32,
  dropped: u32,
  array: u32,
  resv1: u32,
  reserved: u64,
});

const io_cqring_offsets = struct({
  head: u32,
  tail: u32,
  ring_mask: u32,
  ring_entries: u32,
  overflow: u32,
  cqes: u32,
  flags: u32,
  resv1: u32,
  reserved: u64,
});

export const io_uring_params = struct({
  sq_entries: u32,
  cq_entries: u32,
  flags: u32,
  sq_thread_cpu: u32,
  sq_thread_idle: u32,
  features: u32,
  wq_fd: u32,
  resv: array(u32, 3),
  sq_off: io_sqring_offsets,
  cq_off: io_cqring_offsets,
});

/** A submission; C has unions of many operations' arguments. */
export const io_uring_sqe = struct({
  opcode: u8,
  flags: u8,
  ioprio: u16,
  fd: s32,
  off: u64,
  addr: u64,
  len: u32,
  rw_flags: u32,
  user_data: u64,
  reserved: array(u8, 24),
});

/** A completion. */
export const io_uring_cqe = struct({ user_data: u64, res: s32, flags: u32 });

// libc's, as glibc lays them out on arm64 and x86-64.

/** `struct sigaction`; the handler's union has one member here. */
export const sigaction = struct({
  sa_handler: u64,
  sa_mask: array(u64, 16),
  sa_flags: s32,
  sa_restorer: u64,
});

/** `struct sigevent`, with the thread ID that SIGEV_THREAD_ID reads (C: `_sigev_un._tid`). */
export const sigevent = struct({
  sigev_value: u64,
  sigev_signo: s32,
  sigev_notify: s32,
  _sigev_un: union({ _tid: s32, _pad: array(s32, 12) }),
});

export const timespec = struct({ tv_sec: u64, tv_nsec: u64 });

export const itimerspec = struct({ it_interval: timespec, it_value: timespec });
