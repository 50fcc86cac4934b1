/** Arithmetic and truths, written as WebAssembly: values are the pieces of code that push them. */

import { packAccess } from "./access.ts";
import { type Code, CodeWriter, get } from "./code_writer.ts";
import { HostCall, OPTION_SHIFT } from "./host_calls.ts";
import type { AccessSize } from "./ops.ts";
import { State } from "./state.ts";
import { I64, Op, signed64, unsigned } from "./wasm.ts";

/** The value operations of Ops. */
export class ValueWriter extends CodeWriter {
  constant(value: bigint | number): Code {
    return [Op.i64_const, signed64(BigInt(value))];
  }
  once(value: Code): Code {
    // Constants are as cheap as locals.
    if (value[0] === Op.i64_const) return value;
    const local = this.scratch(I64);
    this.append(value);
    this.push(Op.local_set, unsigned(local));
    return get(local);
  }
  add(a: Code, b: Code): Code {
    return [a, b, Op.i64_add];
  }
  sub(a: Code, b: Code): Code {
    return [a, b, Op.i64_sub];
  }
  mul(a: Code, b: Code): Code {
    return [a, b, Op.i64_mul];
  }
  and(a: Code, b: Code): Code {
    return [a, b, Op.i64_and];
  }
  or(a: Code, b: Code): Code {
    return [a, b, Op.i64_or];
  }
  xor(a: Code, b: Code): Code {
    return [a, b, Op.i64_xor];
  }
  shl(a: Code, amount: Code): Code {
    return [a, amount, Op.i64_shl];
  }
  shr(a: Code, amount: Code): Code {
    return [a, amount, Op.i64_shr_u];
  }
  sar(a: Code, amount: Code): Code {
    return [a, amount, Op.i64_shr_s];
  }
  ror(a: Code, amount: Code): Code {
    return [a, amount, Op.i64_rotr];
  }
  ror32(a: Code, amount: Code): Code {
    return [a, Op.i32_wrap_i64, amount, Op.i32_wrap_i64, Op.i32_rotr, Op.i64_extend_i32_u];
  }
  clz(a: Code): Code {
    return [a, Op.i64_clz];
  }
  udiv(a: Code, b: Code): Code {
    const dividend = this.once(a), divisor = this.once(b);
    const result = this.scratch(I64);
    this.branchHinted([divisor, Op.i64_eqz], false, () => {
      this.assign(result, this.constant(0));
    }, () => this.assign(result, [dividend, divisor, Op.i64_div_u]));
    return get(result);
  }
  sdiv(a: Code, b: Code): Code {
    const dividend = this.once(a), divisor = this.once(b);
    const result = this.scratch(I64);
    // 0 and -1, by which division traps: always, and where it overflows.
    const isSpecial = [divisor, this.constant(1), Op.i64_add, this.constant(2), Op.i64_lt_u];
    this.branchHinted(isSpecial, false, () => {
      this.assign(result, this.mul(dividend, divisor));
    }, () => this.assign(result, [dividend, divisor, Op.i64_div_s]));
    return get(result);
  }
  umulh(a: Code, b: Code): Code {
    const by32 = this.constant(32);
    const x = this.once(a), y = this.once(b);
    const [x0, x1] = [this.once(this.w(x)), this.once(this.shr(x, by32))];
    const [y0, y1] = [this.once(this.w(y)), this.once(this.shr(y, by32))];
    const low = this.mul(x0, y0);
    const cross = this.once(this.mul(x1, y0));
    const other = this.once(this.mul(x0, y1));
    const middle = this.add(this.add(this.shr(low, by32), this.w(cross)), this.w(other));
    const high = this.add(this.shr(cross, by32), this.shr(other, by32));
    return this.add(this.add(this.mul(x1, y1), high), this.shr(middle, by32));
  }
  smulh(a: Code, b: Code): Code {
    const x = this.once(a), y = this.once(b);
    const sign = this.constant(63);
    const fixX = this.and(this.sar(x, sign), y), fixY = this.and(this.sar(y, sign), x);
    return this.sub(this.sub(this.umulh(x, y), fixX), fixY);
  }
  w(a: Code): Code {
    return this.and(a, this.constant(0xffff_ffffn));
  }
  signExtend(a: Code, bits: number): Code {
    if (bits === 8) return [a, Op.i64_extend8_s];
    if (bits === 16) return [a, Op.i64_extend16_s];
    if (bits === 32) return [a, Op.i64_extend32_s];
    const by = this.constant(64 - bits);
    return this.sar(this.shl(a, by), by);
  }
  crc32(crc: Code, data: Code, size: AccessSize, castagnoli: boolean): Code {
    const argument = packAccess({ size }) | Number(castagnoli) << OPTION_SHIFT;
    this.storeState(Op.i64_store, State.VALUE0, crc);
    this.storeState(Op.i64_store, State.VALUE1, data);
    this.callHost(HostCall.crc32, argument);
    return this.once(this.loadState(Op.i64_load, State.VALUE0));
  }

  equal(a: Code, b: Code): Code {
    return [a, b, Op.i64_eq];
  }
  lessUnsigned(a: Code, b: Code): Code {
    return [a, b, Op.i64_lt_u];
  }
  lessSigned(a: Code, b: Code): Code {
    return [a, b, Op.i64_lt_s];
  }
  not(a: Code): Code {
    return [a, Op.i32_eqz];
  }
  fromTruth(a: Code): Code {
    return [a, Op.i64_extend_i32_u];
  }
  select(condition: Code, yes: Code, no: Code): Code {
    return [yes, no, condition, Op.select];
  }
}
