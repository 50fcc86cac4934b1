/** Numbers of the virtio specification's block device (virtio 1.2, section 5.2), under its own names. */

/** The type's number. */
export const VIRTIO_ID_BLOCK = 2;

// Feature bits (5.2.3).
export const VIRTIO_BLK_F_SEG_MAX = 2;
export const VIRTIO_BLK_F_RO = 5;
export const VIRTIO_BLK_F_BLK_SIZE = 6;
export const VIRTIO_BLK_F_FLUSH = 9;
export const VIRTIO_BLK_F_TOPOLOGY = 10;
export const VIRTIO_BLK_F_MQ = 12;
export const VIRTIO_BLK_F_DISCARD = 13;
export const VIRTIO_BLK_F_WRITE_ZEROES = 14;

// Types of requests (5.2.6).
export const VIRTIO_BLK_T_IN = 0;
export const VIRTIO_BLK_T_OUT = 1;
export const VIRTIO_BLK_T_FLUSH = 4;
export const VIRTIO_BLK_T_GET_ID = 8;
export const VIRTIO_BLK_T_DISCARD = 11;
export const VIRTIO_BLK_T_WRITE_ZEROES = 13;

// What became of one.
export const VIRTIO_BLK_S_OK = 0;
export const VIRTIO_BLK_S_IOERR = 1;
export const VIRTIO_BLK_S_UNSUPP = 2;

/** Flag of a piece of VIRTIO_BLK_T_WRITE_ZEROES. */
export const VIRTIO_BLK_WRITE_ZEROES_FLAG_UNMAP = 1;

/** What a disk is counted in, whatever its blocks are, in bytes. */
export const SECTOR_SIZE = 512;
/** How many ranges a request to discard or to zero may have here. */
export const MOST_RANGES = 16;
/** The most sectors that one of them may have here: 1 GiB. */
export const MOST_RANGE_SECTORS = 2 ** 21;
/** How long the answer to VIRTIO_BLK_T_GET_ID is, in bytes. */
export const ID_SIZE = 20;
