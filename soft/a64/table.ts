/** The instruction table: every A64 encoding that the software CPU knows. */

import { branches } from "./branches.ts";
import { dataProcessingImmediate } from "./data_processing_immediate.ts";
import { dataProcessingRegister } from "./data_processing_register.ts";
import { loadsStoresAtomic } from "./loads_stores_atomic.ts";
import { loadsStoresExclusive } from "./loads_stores_exclusive.ts";
import { loadsStoresPair } from "./loads_stores_pair.ts";
import { loadsStoresRegister } from "./loads_stores_register.ts";
import { multiplyDivide } from "./multiply_divide.ts";
import type { Row } from "./row.ts";
import { system } from "./system.ts";

/**
 * The base instructions of Armv8.0-A with FEAT_LSE, FEAT_CRC32 and FEAT_LOR's
 * loads and stores, in the groups of Arm ARM C4.1. What is not here is
 * undefined: so are all of SIMD and floating point, SVE and SME, pointer
 * authentication and memory tagging.
 */
export const a64: readonly Row[] = [
  ...dataProcessingImmediate,
  ...branches,
  ...system,
  ...loadsStoresRegister,
  ...loadsStoresPair,
  ...loadsStoresExclusive,
  ...loadsStoresAtomic,
  ...dataProcessingRegister,
  ...multiplyDivide,
];
