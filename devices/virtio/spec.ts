/** Numbers of the virtio specification, version 1.2, that all devices and both sides of a queue share, under its own names. */

// Device status (2.1).
export const ACKNOWLEDGE = 1;
export const DRIVER = 2;
export const DRIVER_OK = 4;
export const FEATURES_OK = 8;
export const DEVICE_NEEDS_RESET = 64;
export const FAILED = 128;

/** The size of a register of the transport over MMIO, in bytes (4.2.2). */
export const REGISTER_SIZE = 4;

// Feature bits that belong to no device type (6), as bit numbers.
export const VIRTIO_F_INDIRECT_DESC = 28;
export const VIRTIO_F_EVENT_IDX = 29;
export const VIRTIO_F_VERSION_1 = 32;
export const VIRTIO_F_RING_RESET = 40;

// Flags of a descriptor (2.7.5).
export const VIRTQ_DESC_F_NEXT = 1;
export const VIRTQ_DESC_F_WRITE = 2;
export const VIRTQ_DESC_F_INDIRECT = 4;
/** The size of a descriptor in bytes. */
export const DESC_SIZE = 16;

/** Flag of the available ring: the driver wants no interrupts (2.7.6). */
export const VIRTQ_AVAIL_F_NO_INTERRUPT = 1;
/** Flag of the used ring: the device wants no notifications (2.7.8). */
export const VIRTQ_USED_F_NO_NOTIFY = 1;

/** The largest queue there can be (2.7). */
export const MOST_DESCRIPTORS = 32768;

// Registers of a device on MMIO, version 2 (4.2.2), by their offsets.
export const MAGIC_VALUE = 0x000;
export const VERSION = 0x004;
export const DEVICE_ID = 0x008;
export const VENDOR_ID = 0x00c;
export const DEVICE_FEATURES = 0x010;
export const DEVICE_FEATURES_SEL = 0x014;
export const DRIVER_FEATURES = 0x020;
export const DRIVER_FEATURES_SEL = 0x024;
export const QUEUE_SEL = 0x030;
export const QUEUE_NUM_MAX = 0x034;
export const QUEUE_NUM = 0x038;
export const QUEUE_READY = 0x044;
export const QUEUE_NOTIFY = 0x050;
export const INTERRUPT_STATUS = 0x060;
export const INTERRUPT_ACK = 0x064;
export const STATUS = 0x070;
export const QUEUE_DESC_LOW = 0x080;
export const QUEUE_DESC_HIGH = 0x084;
export const QUEUE_DRIVER_LOW = 0x090;
export const QUEUE_DRIVER_HIGH = 0x094;
export const QUEUE_DEVICE_LOW = 0x0a0;
export const QUEUE_DEVICE_HIGH = 0x0a4;
export const SHM_SEL = 0x0ac;
export const SHM_LEN_LOW = 0x0b0;
export const SHM_BASE_HIGH = 0x0bc;
export const QUEUE_RESET = 0x0c0;
export const CONFIG_GENERATION = 0x0fc;
export const CONFIG = 0x100;

/** InterruptStatus and InterruptACK: a buffer has been used. */
export const INT_USED_BUFFER = 1;
/** InterruptStatus and InterruptACK: the configuration, or the status, has changed. */
export const INT_CONFIG_CHANGE = 2;
