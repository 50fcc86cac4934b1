/** The operations of instructions as text: what an instruction does, in words that a test can compare. */

import { execute } from "../../soft/decode.ts";
import type { Access, AtomicOp, Condition, ConditionalCompare, Ops } from "../../soft/ops.ts";
import { systemIndex } from "../../soft/state.ts";

/** Where instructions are, as far as their description goes. */
export const TEXT_PC = 0x1_0000_0ff8n;

const conditions = "eq ne cs cc mi pl vs vc hi ls ge lt gt le al nv".split(" ");

function describe({ size, ordered, unprivileged, syndrome }: Access): string {
  const register = syndrome && ` for ${syndrome.sf ? "x" : "w"}${syndrome.rt}`;
  return `${8 * size}${ordered ? " ordered" : ""}${unprivileged ? " as EL0" : ""}` +
    `${register ?? ""}${syndrome?.signed ? " signed" : ""}`;
}

/** Notes what is done, in its order. A value is an expression; what memory gives is t1, t2, …. */
class TextOps implements Ops<string, string> {
  readonly pc = TEXT_PC;
  readonly effects: string[] = [];
  #results = 0;

  constant = (value: bigint | number) => {
    const n = BigInt.asIntN(64, BigInt(value));
    return n >= -1024n && n <= 1024n ? `${n}` : `0x${BigInt.asUintN(64, n).toString(16)}`;
  };
  once = (value: string) => value;
  add = (a: string, b: string) => `(${a} + ${b})`;
  sub = (a: string, b: string) => `(${a} - ${b})`;
  mul = (a: string, b: string) => `(${a} * ${b})`;
  and = (a: string, b: string) => `(${a} & ${b})`;
  or = (a: string, b: string) => `(${a} | ${b})`;
  xor = (a: string, b: string) => `(${a} ^ ${b})`;
  shl = (a: string, b: string) => `(${a} << ${b})`;
  shr = (a: string, b: string) => `(${a} >>> ${b})`;
  sar = (a: string, b: string) => `(${a} >> ${b})`;
  ror = (a: string, b: string) => `ror(${a}, ${b})`;
  ror32 = (a: string, b: string) => `ror32(${a}, ${b})`;
  clz = (a: string) => `clz(${a})`;
  udiv = (a: string, b: string) => `udiv(${a}, ${b})`;
  sdiv = (a: string, b: string) => `sdiv(${a}, ${b})`;
  umulh = (a: string, b: string) => `umulh(${a}, ${b})`;
  smulh = (a: string, b: string) => `smulh(${a}, ${b})`;
  w = (a: string) => `w(${a})`;
  signExtend = (a: string, bits: number) => `sx${bits}(${a})`;
  crc32 = (crc: string, data: string, size: number, castagnoli: boolean) =>
    `crc32${castagnoli ? "c" : ""}(${crc}, ${data}, ${8 * size})`;

  equal = (a: string, b: string) => `${a} == ${b}`;
  lessUnsigned = (a: string, b: string) => `${a} <u ${b}`;
  lessSigned = (a: string, b: string) => `${a} < ${b}`;
  not = (a: string) => `!(${a})`;
  fromTruth = (a: string) => a;
  select = (condition: string, yes: string, no: string) => `(${condition} ? ${yes} : ${no})`;

  x = (n: number) => n === 31 ? "zr" : `x${n}`;
  xOrSp = (n: number) => n === 31 ? "sp" : `x${n}`;
  setX = (n: number, value: string) => this.#note(`${this.x(n)} = ${value}`);
  setXOrSp = (n: number, value: string) => this.#note(`${this.xOrSp(n)} = ${value}`);

  addWithFlags = (a: string, b: string, carry: string | undefined, is64: boolean) =>
    this.#result(`adds${is64 ? 64 : 32}(${a}, ${b}${carry === undefined ? "" : `, ${carry}`})`);
  subWithFlags = (a: string, b: string, is64: boolean) =>
    this.#result(`subs${is64 ? 64 : 32}(${a}, ${b})`);
  logicFlags = (result: string, is64: boolean) => this.#result(`flags${is64 ? 64 : 32}(${result})`);
  compareIf = (
    condition: Condition,
    { a, b, is64, subtract, otherwise }: ConditionalCompare<string>,
  ) =>
    this.#note(
      `if ${this.holds(condition)} ${subtract ? "subs" : "adds"}${is64 ? 64 : 32}(${a}, ${b}) ` +
        `else nzcv = ${otherwise}`,
    );
  carry = () => "C";
  holds = (condition: Condition) => conditions[condition]!;
  nzcv = () => "nzcv";
  setNzcv = (value: string) => this.#note(`nzcv = ${value}`);

  stackBase = () => this.xOrSp(31);
  load = (address: string, access: Access) => this.#result(`load ${describe(access)} [${address}]`);
  store = (address: string, value: string, access: Access) =>
    this.#note(`store ${describe(access)} [${address}] ${value}`);
  loadPair = (address: string, access: Access): [string, string] => [
    this.#result(`load 2 x ${describe(access)} [${address}]`),
    this.#result("second"),
  ];
  storePair = (address: string, values: [string, string], access: Access) =>
    this.#note(`store 2 x ${describe(access)} [${address}] ${values}`);
  atomic = (op: AtomicOp, address: string, value: string, access: Access) =>
    this.#result(`${op} ${describe(access)} [${address}] ${value}`);
  compareAndSwap = (address: string, expected: string, value: string, access: Access) =>
    this.#result(`cas ${describe(access)} [${address}] ${expected} -> ${value}`);
  compareAndSwapPair = (
    address: string,
    expected: [string, string],
    value: [string, string],
    access: Access,
  ): [string, string] => [
    this.#result(`casp ${describe(access)} [${address}] ${expected} -> ${value}`),
    this.#result("second"),
  ];
  loadExclusive = (address: string, access: Access, pair: boolean): [string, string] => [
    this.#result(`load exclusive ${describe(access)} [${address}]`),
    pair ? this.#result("second") : "nothing",
  ];
  storeExclusive = (address: string, values: [string, string], access: Access, pair: boolean) =>
    this.#result(
      `store exclusive ${describe(access)} [${address}] ${pair ? values : values[0]}`,
    );
  clearExclusive = () => this.#note("clear exclusive");
  barrier = () => this.#note("barrier");

  jump = (target: bigint) => this.#note(`jump 0x${target.toString(16)}`);
  jumpIf = (condition: string, target: bigint) =>
    this.#note(`jump if ${condition} 0x${target.toString(16)}`);
  jumpTo = (target: string) => this.#note(`jump to ${target}`);
  call = (target: bigint) => this.#note(`call 0x${target.toString(16)}`);
  callTo = (target: string) => this.#note(`call ${target}`);
  returnTo = (target: string) => this.#note(`return to ${target}`);
  exception = (exceptionClass: number, iss: number, after = false) =>
    this.#note(`exception ${exceptionClass} ${iss}${after ? " after" : ""}`);
  undefined = () => this.#note("undefined");
  system = (word: number) => this.#note(`system 0x${word.toString(16)}`);
  systemRegister = (index: number) => systemIndex[index]!;
  setSystemRegister = (index: number, value: string) =>
    this.#note(`${systemIndex[index]} = ${value}`);

  #note(effect: string): void {
    this.effects.push(effect);
  }

  #result(effect: string): string {
    const name = `t${++this.#results}`;
    this.#note(`${name} = ${effect}`);
    return name;
  }
}

/** What an instruction does, in its order. */
export function effectsOf(word: number): string[] {
  const ops = new TextOps();
  execute(ops, word);
  return ops.effects;
}
